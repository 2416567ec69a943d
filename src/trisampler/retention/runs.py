"""The large artifacts that old MLflow runs logged: copies of encoders, and rankings.

All else of a run stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import partial

from trisampler.registry.registry import Registry
from trisampler.retention.artifacts import ArtifactFolder
from trisampler.retention.elsewhere import WantedElsewhere
from trisampler.retention.leftover import Leftover
from trisampler.retention.tracked_runs import TrackedRun, fate_tag

LARGE = {"models": "models", "runs": "rankings"}
"""Folders of a run's artifacts, and what is in them."""


def leftover_artifacts(
    registry: Registry,
    runs: Sequence[TrackedRun],
    needed: Collection[str],
    elsewhere: WantedElsewhere,
    keep: int,
    folder: str,
) -> Iterator[Leftover]:
    """What all runs that logged some of it have in `folder`, but for the `keep` newest.

    A run from which it is being removed says so in a tag, so that it is found again where that was
    interrupted.

    Args:
        registry: Has the runs' tags.
        runs: Of the workspace, the newest first.
        needed: Ids of runs whose versions stay: their artifacts stay too.
        elsewhere: Keeps what it wants of the others.
        keep: So many runs keep theirs besides.
        folder: One of `LARGE`.
    """
    kept = 0
    for run in runs:
        fate = run.fate(folder)
        if run.running or fate == "pruned":
            continue
        artifacts = ArtifactFolder(run.artifacts, folder, registry.uri)
        size = artifacts.size()
        if not size and fate is None:
            continue
        if fate is None and kept < keep:
            kept += 1
        elif run.run_id not in needed and not _wanted(run, artifacts, elsewhere):
            what = f"{LARGE[folder]} of run {run.name} ({run.run_id[:8]})"
            remove = partial(_remove, registry, run, artifacts)
            yield Leftover(what, f"{keep} newer runs have theirs", size, remove)


def _wanted(run: TrackedRun, artifacts: ArtifactFolder, elsewhere: WantedElsewhere) -> bool:
    return run.run_id in elsewhere.runs or elsewhere.folder(f"{run.artifacts}/{artifacts.inside}")


def _remove(registry: Registry, run: TrackedRun, artifacts: ArtifactFolder) -> None:
    tag = fate_tag(artifacts.inside)
    registry.client.set_tag(run.run_id, tag, "pruning")
    artifacts.remove()
    registry.client.set_tag(run.run_id, tag, "pruned")
