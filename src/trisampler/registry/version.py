"""One version of a registered model: a bundle, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CHAMPION = "champion"
CHALLENGER = "challenger"


@dataclass(frozen=True)
class Version:
    """A version as the registry has it.

    Attributes:
        number: From 1.
        aliases: Such as `champion`.
        tags: What was said of it when it was registered, and since.
        model_id: Of the logged model that it stands for; None for one that was not made here.
        run_id: Of the run that made it.
        source: Where its files are, or the address that it was made of.
        created: Milliseconds since 1970.
    """

    number: int
    aliases: tuple[str, ...]
    tags: Mapping[str, str]
    model_id: str | None
    run_id: str | None
    source: str
    created: int

    @classmethod
    def of(cls, found: Any, aliases: Mapping[str, str]) -> Version:
        """From MLflow's own; `aliases` are those of the registered model."""
        own = sorted(
            alias for alias, number in aliases.items() if str(number) == str(found.version)
        )
        return cls(
            number=int(found.version),
            aliases=tuple(own),
            tags=dict(found.tags),
            model_id=found.tags.get("model_id"),
            run_id=found.run_id or None,
            source=found.source,
            created=int(found.creation_timestamp),
        )

    @property
    def encoder(self) -> str | None:
        """Identity of the bundle's encoder."""
        return self.tags.get("encoder")

    @property
    def bundle(self) -> str | None:
        """Digest of the bundle."""
        return self.tags.get("bundle")

    @property
    def rolled_back(self) -> bool:
        """It was champion and was taken back, and nobody has promoted it since."""
        return "rolled_back" in self.tags


def champion_of(versions: Iterable[Version]) -> Version | None:
    """The version to be used; None where there is none."""
    return next((version for version in versions if CHAMPION in version.aliases), None)
