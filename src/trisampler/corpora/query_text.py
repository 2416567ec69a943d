"""When two query texts are the same query."""

from __future__ import annotations

import unicodedata


def normalize_query(text: str) -> str:
    """The form by which query texts are compared.

    Unicode's compatibility caseless form (NFKC and full case folding, applied until stable), with
    runs of white space collapsed to one space and none at the ends. Applying it twice changes
    nothing more.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    folded = unicodedata.normalize("NFKC", folded.casefold())
    return " ".join(folded.split())
