r"""Text that JSON's and Python's `\ud800` escapes can write but no encoding can hold."""

from __future__ import annotations


def is_encodable(text: str) -> bool:
    """Whether the text is free of unpaired surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def replace_surrogates(text: str) -> str:
    """The text itself where it can be encoded, else with U+FFFD for each unpaired surrogate."""
    if is_encodable(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
