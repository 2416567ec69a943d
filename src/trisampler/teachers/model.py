"""Which kind of model a teacher's name means, and what its files are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trisampler.encoders.locate import digest_encoder, digest_models, locate_model
from trisampler.teachers.errors import TeacherError
from trisampler.teachers.settings import TeacherKind, TeacherSettings

_CROSS_ENCODER = "ForSequenceClassification"
# Heads that a bi-encoder's file may name and does not use; "Model" is none at all, unless it is a
# language model's.
_BI_ENCODER = ("Model", "ForMaskedLM", "ForPreTraining")
_LANGUAGE_MODEL = "LMHeadModel"


def digest_teacher(settings: TeacherSettings) -> str:
    """The kind and the SHA-256 (hex) over the files of what `settings` name.

    Raises:
        TeacherError: the kind cannot be told.
        EncoderError: there is no such model.
    """
    if settings.name is None:
        return "no teacher"
    kind = teacher_kind(settings, settings.name)
    if kind == "cross-encoder":
        return f"{kind} {digest_models([settings.name], modules=False)}"
    return f"{kind} {digest_encoder(settings.encoder(settings.name))}"


def teacher_kind(settings: TeacherSettings, name: str) -> TeacherKind:
    """The kind that `settings` say, or that the config.json of the model `name` tells.

    Raises:
        TeacherError: the architecture is of neither kind.
        EncoderError: there is no such model.
    """
    if settings.kind != "auto":
        return settings.kind
    architectures = _architectures(locate_model(name, modules=False))
    if any(architecture.endswith(_CROSS_ENCODER) for architecture in architectures):
        return "cross-encoder"
    if any(
        architecture.endswith(_BI_ENCODER) and not architecture.endswith(_LANGUAGE_MODEL)
        for architecture in architectures
    ):
        return "bi-encoder"
    folder = locate_model(name)
    # sentence-transformers writes modules.json for what gives vectors.
    if (folder / "modules.json").is_file():
        return "bi-encoder"
    raise TeacherError(
        f"The model {name!r} ({folder}) does not tell whether it is a cross-encoder or a "
        f"bi-encoder: its config.json names the architectures {architectures}. Set teacher.kind."
    )


def _architectures(folder: Path) -> list[str]:
    try:
        config: Any = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return [str(name) for name in config.get("architectures") or []]
    except (OSError, ValueError, AttributeError) as error:
        raise TeacherError(
            f"{folder / 'config.json'} is no readable model configuration ({error}). Get the "
            "model's files again, or set teacher.kind."
        ) from error
