"""Whether settings, models and their folders fit together, and what `auto` stands for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from trisampler.encoders.backbone import most_tokens
from trisampler.encoders.errors import EncoderError
from trisampler.encoders.model_folder import FolderModules
from trisampler.encoders.settings import SIDES, EncoderSettings, Pooling, Side

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder

_LOGGER = logging.getLogger(__name__)
_Value = TypeVar("_Value")


def resolve_settings(
    settings: EncoderSettings, modules: Mapping[Side, FolderModules]
) -> EncoderSettings:
    """`settings` with pooling and normalisation as the models' folders say where they are `auto`.

    Args:
        settings: as the user gave them.
        modules: what the folder of each tower says; only `query` where the tower is shared.

    Raises:
        EncoderError: two towers disagree, a model leaves its prompt out of the pooling, or `auto`
            is a pooling that is not supported here.
    """
    for side in SIDES:
        _check_prompt(settings, side, modules.get(side, modules["query"]))
    pooling = settings.pooling
    if pooling == "auto":
        pooling = _agreed(
            "pooling", {side: _pooling(side, found) for side, found in modules.items()}
        )
    normalize = settings.normalize
    if normalize == "auto":
        said = {side: found.normalize is not False for side, found in modules.items()}
        normalize = _agreed("normalize", said)
    return settings.model_copy(update={"pooling": pooling, "normalize": normalize})


def check_fit(encoder: Encoder) -> None:
    """Raise EncoderError where towers, lengths and prompts cannot work together."""
    query, document = encoder.tower("query").dimension, encoder.tower("document").dimension
    if query != document:
        raise EncoderError(
            f"The query tower gives {query} dimensions and the document tower {document}: "
            "their vectors cannot be compared. Choose two models of one dimension."
        )
    for side in SIDES:
        length = encoder.settings.length(side)
        limit = most_tokens(encoder.tower(side).backbone)
        if limit is not None and length > limit:
            raise EncoderError(
                f"{side}_length is {length}, but the model has positions for {limit} tokens. "
                f"Set {side}_length to at most {limit}."
            )
        if prompt_fills(encoder, side, length):
            raise EncoderError(
                f"{side}_prompt alone fills the {length} tokens of {side}_length, so every text "
                "would get the same vector. Shorten the prompt or raise the length."
            )


def prompt_fills(encoder: Encoder, side: Side, length: int) -> bool:
    """Whether the prompt of a side leaves its texts none of `length` tokens."""
    prompt = encoder.settings.prompt(side)
    return bool(prompt) and len(encoder.token_ids([""], side, length)[0]) >= length


def _pooling(side: Side, found: FolderModules) -> Pooling:
    match found.pooling:
        case "mean" | None:
            return "mean"
        case "cls":
            return "cls"
    raise EncoderError(
        f"The modules.json of the model of the {side} tower asks for pooling {found.pooling}; mean "
        "and cls are supported. Set pooling to one of them if that is what you want."
    )


def _agreed(what: str, said: Mapping[Side, _Value]) -> _Value:
    values = set(said.values())
    if len(values) > 1:
        raise EncoderError(
            f"The two models differ in {what} ({said['query']} for queries, {said['document']} for "
            f"documents). Set {what} to the one that both shall use."
        )
    return values.pop()


def _check_prompt(settings: EncoderSettings, side: Side, found: FolderModules) -> None:
    prompt = settings.prompt(side)
    if prompt and not found.include_prompt:
        raise EncoderError(
            f"The model of the {side} tower leaves its prompt out of the pooling, which is not "
            f"supported here. Set {side}_prompt to the empty string or choose another model."
        )
    own = found.prompts.get(side)
    if own and own != prompt:
        _LOGGER.warning(
            "The model's folder names the %s prompt %r; the settings use %r.", side, own, prompt
        )
