r"""Text that no encoding can hold: JSON's `\ud800`, and file names that are not UTF-8."""

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


def escape_surrogates(name: str) -> str:
    r"""The name with each unpaired surrogate as Python writes it: `caf\udce9.txt`."""
    return name.encode("utf-8", "backslashreplace").decode()
