"""The small record beside each artifact: the key it was made under and the state of its files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trisampler.atomic import write_json
from trisampler.hashing import digest_file

_SUFFIX = ".record.json"


@dataclass(frozen=True)
class FileState:
    """One file of an artifact as it was left."""

    size: int
    modified_ns: int
    sha256: str


@dataclass(frozen=True)
class Record:
    """What made an artifact.

    Attributes:
        key: The artifact's input key.
        node: Name of the node that made it.
        parts: What the key was computed from, by name; tells why two keys differ.
        files: The artifact's files by relative name ("" for a single file).
    """

    key: str
    node: str
    parts: dict[str, str]
    files: dict[str, FileState]


def record_path(artifact: Path) -> Path:
    """Where the record of `artifact` stands."""
    return artifact.with_name(artifact.name + _SUFFIX)


def read_record(artifact: Path) -> Record | None:
    """The record beside `artifact`; None where there is none or it cannot be read."""
    try:
        content: dict[str, Any] = json.loads(record_path(artifact).read_text(encoding="utf-8"))
        files = {name: FileState(**state) for name, state in content.pop("files").items()}
        return Record(files=files, **content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write_record(artifact: Path, key: str, node: str, parts: dict[str, str]) -> None:
    """Write the record of a finished artifact."""
    files = {name: _state(path) for name, path in _files(artifact).items()}
    write_json(record_path(artifact), asdict(Record(key, node, parts, files)))


def remove_record(artifact: Path) -> None:
    """Forget `artifact`: whatever happens next, it is not up to date until recorded again."""
    record_path(artifact).unlink(missing_ok=True)


def content_digest(artifact: Path) -> str:
    """Digest of an artifact's bytes, for one that was put in place by hand and has no record."""
    digest = hashlib.sha256()
    for name, path in sorted(_files(artifact).items()):
        digest.update(f"{name}\0{digest_file(path)}\n".encode())
    return digest.hexdigest()


def is_untouched(artifact: Path, record: Record) -> bool:
    """Whether the artifact's files, but for hidden ones, are those that the record describes.

    A file whose size and time are as recorded counts as the same; one with another time is read.
    """
    files = _files(artifact)
    recorded = {name: state for name, state in record.files.items() if not _is_hidden(name)}
    if files.keys() != recorded.keys():
        return False
    return all(_is_same(path, recorded[name]) for name, path in files.items())


def _files(artifact: Path) -> dict[str, Path]:
    if artifact.is_file():
        return {"": artifact}
    found = {path.relative_to(artifact).as_posix(): path for path in sorted(artifact.rglob("*"))}
    return {name: path for name, path in found.items() if not _is_hidden(name) and path.is_file()}


def _is_hidden(name: str) -> bool:
    """Whether it is none of the artifact's: .DS_Store, .nfs..., left by who looks or deletes."""
    return any(part.startswith(".") for part in name.split("/"))


def _state(path: Path) -> FileState:
    status = path.stat()
    return FileState(status.st_size, status.st_mtime_ns, digest_file(path))


def _is_same(path: Path, state: FileState) -> bool:
    status = path.stat()
    if status.st_size != state.size:
        return False
    return status.st_mtime_ns == state.modified_ns or digest_file(path) == state.sha256
