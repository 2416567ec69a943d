"""The connection to MLflow: imported on first use, and never waited for long.

Retries and timeouts are short, so that an unreachable server costs seconds, not minutes.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from trisampler.errors import TrisamplerError
from trisampler.file_lock import is_held, lock_beside, locked
from trisampler.registry.errors import NoAnswerError, RegistryError
from trisampler.secrets import first_line

if TYPE_CHECKING:
    from mlflow import MlflowClient

_logger = logging.getLogger(__name__)

_ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
# What addresses have a meaning of their own for: the mark of a query, and what looks quoted.
_QUOTED = re.compile(r"\?|%(?=[0-9A-Fa-f]{2})")


def connect(uri: str) -> MlflowClient:
    """A client of the tracking server, or the database, at `uri`; nothing global is set."""
    for variable, value in _ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    from mlflow import MlflowClient

    # Making the database is none of the user's business; what fails is told by whoever calls.
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    for name in ("mlflow.store", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with _alone_at_first(uri):
        return MlflowClient(tracking_uri=uri)


@contextmanager
def _alone_at_first(uri: str) -> Iterator[None]:
    """Inside, nobody else makes the database of `uri`: MLflow stumbles where two do."""
    database = database_of(uri)
    if database is None or not database.parent.is_dir():
        yield
        return
    lock = lock_beside(database)
    if database.exists() and not is_held(lock):
        yield
        return

    def say() -> None:
        _logger.info("Waiting for another run, which makes %s.", database.name)

    with locked(lock, say):
        yield


def uri_of_database(database: Path) -> str:
    """The address of a SQLite database, whatever its folders are called.

    Beside a folder whose name has to be quoted, MLflow makes an empty one by the quoted name.
    """
    return f"sqlite:///{_QUOTED.sub(lambda found: quote(found[0]), database.as_posix())}"


def database_of(uri: str) -> Path | None:
    """The file of a SQLite database, without the address's query; None for a server."""
    scheme, _, rest = uri.partition(":///")
    return Path(unquote(rest.partition("?")[0])) if scheme == "sqlite" else None


def label_of(uri: str) -> str:
    """`uri` without folders, user and password, for records and messages."""
    if (database := database_of(uri)) is not None:
        return database.name
    parts = urlsplit(uri)
    if parts.hostname is None:
        return parts.path.rpartition("/")[2] or uri
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def digest_of(uri: str, folder: Path) -> str:
    """SHA-256 (hex) of `uri` but for user, password and query, so that none is kept.

    The file of a SQLite database counts by its way from `folder`: a project that is moved or
    copied as a whole has the store that it had.
    """
    parts = urlsplit(uri)
    host, path = parts.netloc.rpartition("@")[2], parts.path
    if (database := database_of(uri)) is not None:
        path = Path(os.path.relpath(database, folder)).as_posix()
    return hashlib.sha256(f"{parts.scheme}://{host}{path}".encode()).hexdigest()


@contextmanager
def reaching(uri: str) -> Iterator[None]:
    """Whatever fails in MLflow as an error that its user can mend.

    Raises:
        RegistryError: naming the store and what MLflow said; a NoAnswerError unless that is that
            what was asked for is not there.
    """
    try:
        yield
    except TrisamplerError:
        raise
    except Exception as error:  # MLflow's own, the database's, the network's
        said = first_line(error)
        gone = getattr(error, "error_code", None) == "RESOURCE_DOES_NOT_EXIST"
        raise (RegistryError if gone else NoAnswerError)(
            f"MLflow at {label_of(uri)} does not answer as it should: {type(error).__name__}: "
            f"{said[:300]}. See that it runs, and that MLFLOW_TRACKING_URI or conf/<env>/"
            "tracking.yml says where."
        ) from error
