"""The MLflow runs of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Each comes with all its parameters and metrics: many at once would take memory that grows with the
# number of runs.
_AT_ONCE = 10


@dataclass(frozen=True)
class TrackedRun:
    """A run.

    Attributes:
        run_id: Its id.
        name: Its name.
        running: Nobody has closed it.
        artifacts: Where its artifacts are.
        tags: Its tags.
    """

    run_id: str
    name: str
    running: bool
    artifacts: str
    tags: Mapping[str, str]

    def fate(self, folder: str) -> str | None:
        """`pruning` or `pruned`, for a folder of its artifacts that was not left alone."""
        return self.tags.get(fate_tag(folder))


def fate_tag(folder: str) -> str:
    """A run's tag: what became of a folder of its artifacts."""
    return f"trisampler.{folder}"


def tracked_runs(client: MlflowClient, experiment_id: str, workspace: str) -> list[TrackedRun]:
    """The runs of a workspace, the newest first; not the cells inside of comparisons."""

    def page(token: str | None) -> Any:
        return client.search_runs(
            [experiment_id],
            filter_string=f"params.workspace = '{workspace}'",
            order_by=["attributes.start_time DESC"],
            max_results=_AT_ONCE,
            page_token=token,
        )

    return [
        TrackedRun(
            run.info.run_id,
            run.info.run_name,
            run.info.status == "RUNNING",
            run.info.artifact_uri,
            run.data.tags,
        )
        for run in all_pages(page)
    ]


def all_pages(page: Callable[[str | None], Any]) -> Iterator[Any]:
    """What MLflow lists page by page; `page` gets the token of each."""
    token = None
    while True:
        found = page(token)
        yield from found
        token = found.token
        if not token:
            return
