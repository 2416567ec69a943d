"""The sentence of a docstring that says what its function does."""

from __future__ import annotations

import re

# A sentence ends before a capital letter, an opening bracket or a quotation mark.
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)\s+(?=[A-Z(\[`'\"])")
# Lines that begin a list of arguments, a section, an example or a rule, not a sentence.
_NO_PROSE = re.compile(
    r"\s*(:\w|@\w|>>>|\.\. |[-=~*]{3,}|[-*+] "
    r"|(args|arguments|parameters|returns|raises|yields):?\s*$)",
    re.IGNORECASE,
)


def docstring_summary(docstring: str, minimum_words: int) -> str | None:
    """The first sentence, or as many sentences of the first paragraph as reach `minimum_words`.

    The lines of the paragraph are joined; it ends at a blank line or where a list, a section or
    an example begins. None where the whole paragraph has fewer words.
    """
    paragraph: list[str] = []
    for line in docstring.strip().splitlines():
        if not line.strip() or _NO_PROSE.match(line):
            break
        paragraph.append(line)
    text = " ".join(" ".join(paragraph).split())
    if len(text.split()) < minimum_words:
        return None
    ends = [match.start() for match in _SENTENCE_END.finditer(text)] + [len(text)]
    return next(text[:end] for end in ends if len(text[:end].split()) >= minimum_words)
