"""The README and the pages of docs/ as what they tell a reader to type.

Every fenced block names its language. Commands are the lines of `sh` blocks, and in `text` blocks
those after `$ `, with what they print below. A block that no test can run (it needs a network, a
GPU, a cluster, an environment of its own) has a line above it that says why:

    <!-- not run: needs a GPU -->
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
LANGUAGES = {"sh", "python", "text", "mermaid", "yaml", "json", "html", "dockerfile"}

_FENCE = re.compile(r"^( *)(```+)(.*)$")
_NOT_RUN = re.compile(r"^ *<!-- not run: (.+) -->$")
_ENDS = {"&&", "||", "|", ";", "&"}
_KEPT_OUTPUT = re.compile(r"^export \w+=\$\((.*)\)$")
_VARIABLE = re.compile(r"[A-Z_]+=.*")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        place: page and line of its first fence.
        language: what stands behind the fence.
        text: what is between the fences.
        not_run: why it is not run; None where it is.
    """

    place: str
    language: str
    text: str
    not_run: str | None

    @property
    def page(self) -> str:
        return self.place.rpartition(":")[0]


@dataclass(frozen=True)
class Typed:
    """One command as words, without what it is piped to and where its output goes."""

    words: tuple[str, ...]
    variables: tuple[str, ...]
    place: str
    not_run: str | None

    def __str__(self) -> str:
        return " ".join([*self.variables, shlex.join(self.words)])


def blocks(pages: tuple[Path, ...] = PAGES) -> list[Block]:
    """Every fenced block of the pages, in order."""
    return [block for page in pages for block in _blocks_of(page)]


def _blocks_of(page: Path) -> list[Block]:
    found, lines = [], page.read_text(encoding="utf-8").splitlines()
    at = 0
    while at < len(lines):
        if fence := _FENCE.match(lines[at]):
            indent, ticks, language = fence.groups()
            end = next(
                (n for n in range(at + 1, len(lines)) if lines[n].strip() == ticks), len(lines)
            )
            text = "\n".join(line.removeprefix(indent) for line in lines[at + 1 : end]) + "\n"
            above = _NOT_RUN.match(lines[at - 1]) if at else None
            place = f"{page.relative_to(ROOT)}:{at + 1}"
            found.append(Block(place, language.strip(), text, above[1] if above else None))
            at = end
        at += 1
    return found


def commands(found: list[Block]) -> list[Typed]:
    """Every command of the `sh` blocks, each once, in order; one that is run wins over its twin."""
    by_text: dict[str, Typed] = {}
    for block in found:
        if block.language in ("sh", "text"):
            for typed in _typed(block):
                known = by_text.get(str(typed))
                if known is None or (known.not_run and not typed.not_run):
                    by_text[str(typed)] = typed
    return list(by_text.values())


def typed_lines(block: Block) -> list[str]:
    """The lines of a block that a reader types, as they stand."""
    lines = block.text.replace("\\\n", " ").splitlines()
    lines = [_KEPT_OUTPUT.sub(r"\1", line) for line in lines]
    if block.language == "sh":
        return lines
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def _typed(block: Block) -> list[Typed]:
    found = []
    for line in typed_lines(block):
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        words: list[str] = []
        skipped = False
        for word in [*lexer, ";"]:
            if word in _ENDS:
                if words:
                    found.append(_one(words, block))
                words, skipped = [], False
            elif word.startswith((">", "<")):
                skipped = True  # the file that it names
            elif skipped:
                skipped = False
            else:
                words.append(word)
    return found


def _one(words: list[str], block: Block) -> Typed:
    count = 0
    while count < len(words) and _VARIABLE.fullmatch(words[count]):
        count += 1
    return Typed(tuple(words[count:]), tuple(words[:count]), block.place, block.not_run)
