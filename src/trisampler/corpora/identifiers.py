"""What can be an id of a query or a document, and ids as numbers."""

from __future__ import annotations

import re

import polars as pl

from trisampler.corpora.surrogates import is_encodable

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def is_id(text: str) -> bool:
    """Whether the text is one word that can be encoded, without control characters.

    TREC run and judgement files separate their columns by white space, so that an id which holds
    any cannot be written to them; and at a zero byte trec_eval takes it for ended.
    """
    return text.split() == [text] and not _CONTROL.search(text) and is_encodable(text)


def id_numbers(ids: pl.Series, known: pl.Series) -> pl.Series:
    """Where each id (String or Categorical) stands in `known` (String, unique), null where nowhere.

    UInt8, UInt16 or UInt32, by the number of known ids: many millions of ids fit memory this way.
    """
    return ids.cast(pl.Enum(known), strict=False).to_physical()
