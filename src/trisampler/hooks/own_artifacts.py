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
from urllib.parse import unquote, urlsplit

from trisampler.hooks.tracking_settings import TrackingError, TrackingSettings

_logger = logging.getLogger(__name__)

# All that MLflow keeps of places in its database, but for where data came from.
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def foreign_artifacts(settings: TrackingSettings, project: Path) -> Path | None:
    """The folder outside the project that its database names for artifacts; None without such.

    Where all that the database names is in the project's own folder too, or nowhere, the project
    was moved or copied: the database is told the new place. A server keeps its own artifacts.

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
            if not _is_all_in(own, named, location, connection):
                return named
            with connection:
                for table, column in _PLACES:
                    _rewrite(connection, table, column, location, own.as_uri())
    except sqlite3.Error:  # whoever opens it through MLflow says what is wrong
        return None
    _logger.warning(
        "The project was moved or copied: %s says %s for its artifacts in place of %s.",
        *(database.name, own, named),
    )
    return None


def check_artifacts(settings: TrackingSettings, project: Path) -> None:
    """Check that a run's artifacts go where tracking.yml says, as `foreign_artifacts` does.

    Raises:
        TrackingError: They would go to a folder outside the project.
    """
    foreign = foreign_artifacts(settings, project)
    if foreign is not None:
        own = project / settings.artifacts
        raise TrackingError(
            f"{settings.database}: the artifacts of the experiment {settings.experiment!r} are in "
            f"{foreign}, outside this project, and not all of them in {own} too. Where the project "
            f"is a copy, copy those as well (cp -r {foreign}/. {own}) or remove "
            f"{settings.database}; where that folder is meant, name it as `artifacts` in "
            "conf/<env>/tracking.yml."
        )


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
