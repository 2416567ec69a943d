"""What can be an id of a query or a document."""

from __future__ import annotations

from trisampler.corpora.surrogates import is_encodable


def is_id(text: str) -> bool:
    """Whether the text is one word that can be encoded.

    TREC run and judgement files separate their columns by white space, so that an id which holds
    any cannot be written to them.
    """
    return text.split() == [text] and is_encodable(text)
