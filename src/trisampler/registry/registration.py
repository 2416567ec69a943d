"""A bundle into the registry, as champion or as challenger.

The gate decides from what it saw. Between that and the registration another champion may have come,
or this one been taken back, so that a decision counts only where it still fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trisampler import __version__
from trisampler.hashing import digest_file
from trisampler.registry.client import label_of, reaching
from trisampler.registry.gate import Decision, decision_text
from trisampler.registry.logged_model import log_bundle
from trisampler.registry.version import CHALLENGER, CHAMPION, Version, champion_of
from trisampler.release.manifest import MANIFEST, read_manifest

if TYPE_CHECKING:
    from trisampler.registry.registry import Registry


@dataclass(frozen=True)
class Release:
    """A bundle that is to be registered.

    Attributes:
        bundle: Its folder.
        encoder: Identity of its encoder.
        decision: Of the gate.
    """

    bundle: Path
    encoder: str
    decision: Decision


@dataclass(frozen=True)
class SourceRun:
    """The MLflow run that makes a version.

    Attributes:
        experiment_id: Of the run.
        run_id: Of the run.
        decide_again: The command by which the gate decides again about what this run has made.
    """

    experiment_id: str
    run_id: str
    decide_again: str = "kedro run --pipelines promotion --force"


def register(registry: Registry, release: Release, run: SourceRun) -> dict[str, Any]:
    """Make a version of the bundle, unless there is one, and give it the alias that is due.

    Returns:
        JSON values: `store`, `model`, `version`, `alias`, `reason`; `outdated`: a champion that
        stays and has other documents, as `version` and `documents`, else None.

    Raises:
        RegistryError: MLflow does not answer.
        BundleError: There is no bundle.
    """
    digest = digest_file(release.bundle / MANIFEST)
    versions = registry.versions()
    version = next((each for each in reversed(versions) if each.bundle == digest), None)
    promoted, reason = settle(release, version, versions, run.decide_again)
    tags = {"gate": "promoted" if promoted else "refused", "reason": reason}
    # MLflow's list of versions shows the first line.
    verdict = f"{tags['gate'].capitalize()}: {reason}"
    description = f"{verdict}\n\n```\n{decision_text(release.decision)}```"
    if version is None:
        tags |= _facts(release, digest)
        with reaching(registry.uri):
            model_id = log_bundle(
                registry.client, run.experiment_id, run.run_id, release.bundle, tags
            )
        version = registry.add(model_id, run.run_id, tags, description)
    else:
        registry.describe(version.number, tags, description)
    if promoted and CHAMPION not in version.aliases:
        registry.promote(version.number)
    return {
        "store": label_of(registry.uri),
        "model": registry.model,
        "version": version.number,
        "alias": CHAMPION if promoted else CHALLENGER,
        "reason": reason,
        "outdated": None if promoted else _outdated(versions, release.bundle),
    }


def settle(
    release: Release, version: Version | None, versions: Sequence[Version], decide_again: str
) -> tuple[bool, str]:
    """Whether the bundle is champion from now on, and why, or why not.

    Args:
        release: The bundle.
        version: Of the same bundle, where it was registered before.
        versions: All that there are.
        decide_again: The command that is told where the gate is to decide again.
    """
    champion = champion_of(versions)
    decision, encoder = release.decision, release.encoder
    if version is not None and version is champion:
        return True, "it is the champion"
    if version is not None and version.rolled_back:
        return False, f"version {version.number} was rolled back"
    if champion is not None and champion.encoder == encoder:
        return True, f"the encoder of version {champion.number}, with the documents of now"
    if decision.incumbent.candidate != encoder:
        return False, f"the gate has not seen this encoder: decide again with `{decide_again}`"
    unseen = _unseen(champion, decision, decide_again)
    if not decision.promoted:
        return False, _refusal(decision, unseen, decide_again)
    back = next((each for each in versions if each.rolled_back and each.encoder == encoder), None)
    if back is not None:
        return False, f"version {back.number}, of the same encoder, was rolled back"
    if unseen:
        return False, unseen
    return True, decision.reason


def _unseen(champion: Version | None, decision: Decision, decide_again: str) -> str:
    """That there is a champion that the gate has not seen; empty where there is none."""
    if champion is None or champion.encoder == decision.incumbent.champion:
        return ""
    return (
        f"the gate has not seen version {champion.number}, which is champion: decide again with "
        f"`{decide_again}`"
    )


def _refusal(decision: Decision, unseen: str, decide_again: str) -> str:
    """The gate's reason, with the command where the gate could not look at the champion."""
    if decision.incumbent.unread:
        return f"{decision.reason} with `{decide_again}`"
    if decision.incumbent.standing == "unknown" and unseen:
        return f"{decision.reason}; {unseen}"
    return decision.reason


def _outdated(versions: Sequence[Version], bundle: Path) -> dict[str, Any] | None:
    """The champion, where it is known to have other documents than the bundle."""
    champion = champion_of(versions)
    corpus = champion.tags.get("corpus") if champion else None
    if champion is None or corpus in (None, read_manifest(bundle).corpus_digest):
        return None
    return {"version": champion.number, "documents": int(champion.tags["documents"])}


def _facts(release: Release, digest: str) -> dict[str, str]:
    manifest = read_manifest(release.bundle)
    return {
        "bundle": digest,
        "encoder": release.encoder,
        "documents": str(manifest.documents),
        "corpus": manifest.corpus_digest,
        "trisampler": __version__,
    }
