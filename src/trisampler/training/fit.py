"""Whether an encoder and the settings of its training fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trisampler.encoders.fit import prompt_fills
from trisampler.training.errors import TrainingError
from trisampler.training.settings import TrainingSettings

if TYPE_CHECKING:
    from trisampler.encoders.encoder import Encoder


def check_encoder(encoder: Encoder, settings: TrainingSettings) -> None:
    """Check that the encoder has the dimensions and the tokens that the settings ask for.

    Raises:
        TrainingError: a beginning of its vectors is asked for that is none, or its document prompt
            leaves documents no token.
    """
    too_long = [each for each in settings.matryoshka_dimensions if each >= encoder.dimension]
    if too_long:
        raise TrainingError(
            f"training.matryoshka_dimensions has {too_long[0]}, and the encoder's vectors have "
            f"{encoder.dimension} dimensions: name shorter beginnings only; the whole is always "
            "trained"
        )
    length = settings.document_length
    if length and prompt_fills(encoder, "document", length):
        raise TrainingError(
            f"document_prompt alone fills the {length} tokens of training.document_length, so "
            "every document would get the same vector. Raise the length or shorten the prompt."
        )
