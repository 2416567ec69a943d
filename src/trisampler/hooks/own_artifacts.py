"""Where the artifacts of a project's own MLflow database are, also once the project was moved.

MLflow keeps the whole path of every folder of artifacts, as it was when the experiment was made. A
project that was moved or copied as a whole has its artifacts with it; its database still says the
old place, to which new runs would write, and in which pruning would remove what belongs to another.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from trisampler.hooks.abandoned_runs import PROCESS, is_gone
from trisampler.hooks.tracking_settings import TrackingError, TrackingSettings

if TYPE_CHECKING:
    from trisampler.registry.registry import Registry

_logger = logging.getLogger(__name__)

# All that MLflow keeps of places in its database, but for where data came from.
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


class Elsewhere(NamedTuple):
    """A folder outside the project that its database names for artifacts.

    Attributes:
        named: That folder.
        location: The same as the database has it.
        own: The project's own folder.
        is_moved: Whether all that the database names is in the project's own folder too, or
            nowhere: the project was moved or copied, or is seen by another path, as in a container.
    """

    named: Path
    location: str
    own: Path
    is_moved: bool


def artifacts_elsewhere(settings: TrackingSettings, project: Path) -> Elsewhere | None:
    """What a project's database names in place of its own folder; None where it names that.

    Nothing is written. A server keeps its own artifacts.

    Args:
        settings: Of tracking.yml.
        project: The project's folder.
    """
    database = settings.own_database(project)
    if database is None or not database.is_file():
        return None
    own = project / settings.artifacts
    try:
        with closing(sqlite3.connect(database)) as connection:
            location = _location(connection, settings.experiment)
            named = _folder(location)
            if named is None or _is_of(named, own, project):
                return None
            return Elsewhere(named, location, own, _is_all_in(own, named, location, connection))
    except sqlite3.Error:  # whoever opens it through MLflow says what is wrong
        return None


def registry_of(settings: TrackingSettings, project: Path) -> Registry:
    """The registry of a project, which finds artifacts where they are, moved or not."""
    from trisampler.registry.registry import Registry

    elsewhere = artifacts_elsewhere(settings, project)
    moved = (elsewhere.named, elsewhere.own) if elsewhere and elsewhere.is_moved else None
    return Registry(settings.uri(project), settings.registered_model, moved)


def check_artifacts(settings: TrackingSettings, project: Path) -> None:
    """Check that a run that begins writes artifacts where tracking.yml says.

    The database of a project that was moved is told the new place, unless a run goes on that
    writes to the old one.

    Raises:
        TrackingError: They would go to a folder outside the project, or a run goes on.
    """
    elsewhere = artifacts_elsewhere(settings, project)
    if elsewhere is None:
        return
    named, _, own, is_moved = elsewhere
    if not is_moved:
        raise TrackingError(
            f"{settings.database}: the artifacts of the experiment {settings.experiment!r} are in "
            f"{named}, outside this project, and not all of them in {own} too. Where the project "
            f"is a copy, copy those as well (cp -r {named}/. {own}) or remove "
            f"{settings.database}; where that folder is meant, name it as `artifacts` in "
            "conf/<env>/tracking.yml."
        )
    with closing(sqlite3.connect(project / settings.database)) as connection, connection:
        running = _running(connection, elsewhere.location)
        if running is not None:
            raise TrackingError(
                f"{settings.database}: the run {running} is not known to have ended, and its "
                f"artifacts go to {named}, which is {own} here. Begin once it has. Where it never "
                'will, as it was killed or goes on in the original of this copy: python -c "import '
                f"mlflow; mlflow.MlflowClient('{settings.uri(project)}')"
                f".set_terminated('{running}', 'KILLED')\""
            )
        for table, column in _PLACES:
            _rewrite(connection, table, column, elsewhere.location, own.as_uri())
    _logger.warning(
        "The project was moved or copied: %s says %s for its artifacts in place of %s.",
        *(settings.database, own, named),
    )


def _running(connection: sqlite3.Connection, location: str) -> str | None:
    """The id of a run with artifacts there whose process may live; cells end with the run's own."""
    runs = connection.execute(
        "SELECT runs.run_uuid, artifact_uri, value FROM runs "
        "LEFT JOIN tags ON tags.run_uuid = runs.run_uuid AND tags.key = ? "
        "WHERE status = 'RUNNING' AND lifecycle_stage = 'active' AND NOT EXISTS (SELECT 1 FROM "
        "tags AS t WHERE t.run_uuid = runs.run_uuid AND t.key = 'mlflow.parentRunId')",
        (PROCESS,),
    )
    for run_id, place, process in runs:
        is_there = str(place).startswith(f"{location}/")
        if is_there and (process is None or not is_gone(process)):
            return str(run_id)
    return None


def _location(connection: sqlite3.Connection, experiment: str) -> str:
    found = connection.execute(
        "SELECT artifact_location FROM experiments WHERE name = ?", (experiment,)
    ).fetchone()
    return str(found[0]).rstrip("/") if found else ""


def _folder(location: str) -> Path | None:
    """The folder on this machine that a location names; None where it names none."""
    if location.startswith("file:"):
        return Path(unquote(urlsplit(location).path))
    return Path(location) if location.startswith("/") else None


def _is_of(folder: Path, own: Path, project: Path) -> bool:
    named = folder.resolve()
    if named == own.resolve():
        return True
    # Moved up into its parent folder, a project has its former place below it: nothing is there.
    return _is_there(folder) and named.is_relative_to(project.resolve())


def _is_all_in(own: Path, named: Path, location: str, connection: sqlite3.Connection) -> bool:
    """Whether what is there of all runs and logged models in `named` is in `own` as well."""
    for table, column in _PLACES[1:3]:
        for (place,) in connection.execute(f"SELECT {column} FROM {table}"):
            if not str(place).startswith(f"{location}/"):
                continue
            folder = _folder(place)
            assert folder is not None
            if _is_there(folder) and not _is_there(own / os.path.relpath(folder, named)):
                return False
    return True


def _is_there(folder: Path) -> bool:
    """No, where it may not be looked for: in another user's home."""
    try:
        return folder.exists()
    except PermissionError:
        return False


def _rewrite(
    connection: sqlite3.Connection, table: str, column: str, location: str, own: str
) -> None:
    connection.execute(
        f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
        f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
        (own, len(location) + 1, location, len(location) + 1, f"{location}/"),
    )
