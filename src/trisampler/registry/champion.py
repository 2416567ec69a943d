"""The present champion as the gate meets it: its encoder, or why there is none to measure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import SIDES
from trisampler.failures import passes
from trisampler.registry.errors import NoAnswerError, RegistryError
from trisampler.registry.logged_model import encoder_folder

if TYPE_CHECKING:
    from trisampler.registry.registry import Registry

Standing = Literal["champion", "none", "unloadable", "unknown"]


@dataclass(frozen=True)
class Champion:
    """What the registry says of the champion.

    Attributes:
        standing: `champion`: `encoder` is its encoder. `none`: nothing was promoted yet.
            `unloadable`: there is one, and it cannot be opened. `unknown`: nobody could ask, or
            MLflow did not hand its files over.
        version: Its number, where that is known.
        identity: Of its encoder; None where `standing` is `none` or `unknown`.
        encoder: Its encoder.
        trouble: What stood in the way.
    """

    standing: Standing
    version: int | None = None
    identity: str | None = None
    encoder: Encoder | None = None
    trouble: str = ""


class Incumbent(BaseModel):
    """What a new encoder is measured against, and which encoder that is.

    Attributes:
        standing: Of the champion, as in `Champion`.
        version: The champion's number, where that is known.
        champion: Identity of the champion's encoder; None where there is none or nobody knows.
        candidate: Identity of the new encoder.
        trouble: Why encoder_0 is measured in the champion's place, where there is or may be one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    standing: Standing
    version: int | None
    champion: str | None
    candidate: str
    trouble: str

    @property
    def unread(self) -> bool:
        """There is a champion, and its encoder could not be measured."""
        return self.version is not None and self.standing in ("unloadable", "unknown")


def load_champion(find: Callable[[], Registry | None], cache: Path) -> Champion:
    """The champion of a registry, whatever is wrong with either.

    Args:
        find: Finds the registry; None where there is to be none.
        cache: Where what is not on this machine is copied to.

    Raises:
        Exception: Memory or open files ran out, or a connection broke, while its encoder was being
            opened: that says nothing of the champion.
    """
    try:
        registry = find()
        version = registry.champion() if registry is not None else None
    except RegistryError as error:
        return Champion("unknown", trouble=str(error))
    if registry is None:
        return Champion("unknown", trouble="MLflow is off")
    if version is None:
        return Champion("none")
    try:
        encoder = Encoder.load_folder(encoder_folder(registry, version, cache))
    except NoAnswerError as error:
        return Champion("unknown", version.number, trouble=str(error))
    except Exception as error:  # of any of the libraries that read weights
        if passes(error):
            raise
        told = f"{type(error).__name__}: {error}".splitlines()[0]
        return Champion("unloadable", version.number, version.encoder, trouble=told)
    return Champion(
        "champion", version.number, version.encoder or encoder_identity(encoder), encoder
    )


def find_incumbent(
    champion: Champion, stand_in: Encoder, candidate: Encoder
) -> tuple[Encoder, dict[str, Any]]:
    """The encoder that `candidate` is measured against, and an `Incumbent` as JSON values.

    Args:
        champion: As the registry has it.
        stand_in: Takes its place where there is none that could be measured.
        candidate: The new encoder.
    """
    incumbent = Incumbent(
        standing=champion.standing,
        version=champion.version,
        champion=champion.identity,
        candidate=encoder_identity(candidate),
        trouble=champion.trouble,
    )
    return champion.encoder or stand_in, incumbent.model_dump(mode="json")


def encoder_identity(encoder: Encoder) -> str:
    """SHA-256 (hex) of all that decides the vectors of both sides but the precision."""
    sides = (encoder.fingerprint(side, "any") for side in SIDES)
    return hashlib.sha256("\n".join(sides).encode()).hexdigest()
