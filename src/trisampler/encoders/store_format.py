"""The form of a vector store on disk: four files and what each must hold.

| file | content |
|---|---|
| `header.json` | encoder fingerprint, dimension, storage: what every row was made with |
| `vectors.bin` | rows, one after the other, little-endian floats |
| `digests.bin` | 16 bytes for each row: the digest of its text |
| `commits.bin` | one record for each chunk of rows that is wholly on the disk |

A row counts only once a record covers it. A record holds the checksums of its chunk and a seal over
itself and all records before it, beginning with the header; so a torn, foreign or altered record
ends the list, and rows beyond it were never there.

Shapes: N rows, D dimensions.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from trisampler.encoders.errors import VectorCacheError
from trisampler.encoders.settings import Storage

HEADER, VECTORS, DIGESTS, COMMITS = "header.json", "vectors.bin", "digests.bin", "commits.bin"
DIGEST_BYTES = 16
_FORM = 1
_RECORD = struct.Struct("<Q16s16s16s")  # rows so far, vectors' checksum, digests' checksum, seal


@dataclass(frozen=True)
class Header:
    """What every row of a store was made with."""

    fingerprint: str
    dimension: int
    storage: Storage

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """The numpy dtype of a stored number."""
        return np.dtype("<f4" if self.storage == "float32" else "<f2")

    @property
    def row_bytes(self) -> int:
        """The length of a row in `vectors.bin`."""
        return self.dimension * self.dtype.itemsize

    @property
    def folder_name(self) -> str:
        """The name of the store's folder inside a cache."""
        return f"{self.fingerprint[:32]}-{self.storage}"

    def to_json(self) -> str:
        """The content of `header.json`."""
        return json.dumps({"form": _FORM, **asdict(self)}, sort_keys=True) + "\n"


@dataclass(frozen=True)
class Commit:
    """A chunk of rows [start, stop) that is wholly on the disk."""

    start: int
    stop: int
    vectors_checksum: bytes
    digests_checksum: bytes
    seal: bytes


def read_header(folder: Path) -> Header:
    """The header of the store in `folder`.

    Raises:
        VectorCacheError: there is none, or it is damaged.
    """
    file = folder / HEADER
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content.pop("form") != _FORM:
            raise VectorCacheError(f"{file} is of a form that this version does not know.")
        return Header(**content)
    except FileNotFoundError as error:
        raise VectorCacheError(f"{folder} holds no vector store: {HEADER} is missing.") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise VectorCacheError(f"{file} is damaged: {error}") from error


def checksum(content: bytes) -> bytes:
    """16 bytes of SHA-256."""
    return hashlib.sha256(content).digest()[:16]


def make_commit(header: Header, before: Commit | None, vectors: bytes, digests: bytes) -> Commit:
    """The record for a chunk that follows the record `before`."""
    start = before.stop if before else 0
    stop = start + len(digests) // DIGEST_BYTES
    sums = (checksum(vectors), checksum(digests))
    return Commit(start, stop, *sums, _seal(header, before, stop, *sums))


def pack_commit(commit: Commit) -> bytes:
    """A record as it lies in `commits.bin`."""
    return _RECORD.pack(commit.stop, commit.vectors_checksum, commit.digests_checksum, commit.seal)


def read_commits(folder: Path, header: Header) -> tuple[list[Commit], int]:
    """The unbroken records of `commits.bin`, and how many bytes follow them.

    What follows is a record torn by a crash (shorter than a record) or damage.
    """
    try:
        content = (folder / COMMITS).read_bytes()
    except FileNotFoundError:
        content = b""
    commits: list[Commit] = []
    for offset in range(0, len(content) - _RECORD.size + 1, _RECORD.size):
        stop, vectors_sum, digests_sum, seal = _RECORD.unpack_from(content, offset)
        before = commits[-1] if commits else None
        start = before.stop if before else 0
        if stop <= start or seal != _seal(header, before, stop, vectors_sum, digests_sum):
            break
        commits.append(Commit(start, stop, vectors_sum, digests_sum, seal))
    return commits, len(content) - len(commits) * _RECORD.size


def torn(left_over: int) -> bool:
    """Whether so many bytes after the last good record are one that a crash cut short."""
    return left_over < _RECORD.size


def chunk_is_whole(folder: Path, header: Header, commit: Commit) -> bool:
    """Whether the rows of `commit` are on the disk just as they were written."""
    vectors = read_rows(folder / VECTORS, header.row_bytes, commit)
    digests = read_rows(folder / DIGESTS, DIGEST_BYTES, commit)
    return (
        checksum(vectors) == commit.vectors_checksum
        and checksum(digests) == commit.digests_checksum
    )


def read_rows(file: Path, row_bytes: int, commit: Commit) -> bytes:
    """The bytes of a chunk; fewer than there should be where the file ends early."""
    try:
        with file.open("rb") as opened:
            opened.seek(commit.start * row_bytes)
            return opened.read((commit.stop - commit.start) * row_bytes)
    except FileNotFoundError:
        return b""


def _seal(
    header: Header, before: Commit | None, stop: int, vectors_sum: bytes, digests_sum: bytes
) -> bytes:
    previous = before.seal if before else header.to_json().encode()
    return checksum(previous + struct.pack("<Q", stop) + vectors_sum + digests_sum)
