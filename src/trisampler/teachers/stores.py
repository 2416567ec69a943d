"""Where in a cache what a teacher computes lies."""

from __future__ import annotations

from typing import get_args

from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import SIDES, Precision
from trisampler.encoders.store_format import Header
from trisampler.teachers.cross_encoder import CrossEncoder
from trisampler.teachers.model import teacher_kind
from trisampler.teachers.settings import TeacherSettings


def store_names(settings: TeacherSettings) -> set[str]:
    """The names of the stores that the teacher of `settings` may have, in whichever precision.

    Loads the teacher.

    Raises:
        EncoderError: the model cannot be found or loaded.
        TeacherError: its kind cannot be told, or it does not fit.
    """
    if settings.name is None:
        return set()
    precisions = get_args(Precision)
    if teacher_kind(settings, settings.name) == "cross-encoder":
        cross_encoder = CrossEncoder.load(settings.name, settings.pair_length)
        headers = [Header(cross_encoder.fingerprint(name), 1, "float32") for name in precisions]
    else:
        encoder = Encoder.load(settings.encoder(settings.name))
        storage = settings.encoding.storage
        headers = [
            Header(encoder.fingerprint(side, name), encoder.dimension, storage)
            for side in SIDES
            for name in precisions
        ]
    return {header.folder_name for header in headers}
