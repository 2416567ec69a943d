"""`manifest.json`: what a bundle holds, and the state of each of its files.

It is written last, so that a folder with a manifest was finished.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from trisampler.atomic import flush, write_json
from trisampler.errors import told
from trisampler.hashing import digest_file
from trisampler.release.changes import Changes
from trisampler.release.errors import BundleError

MANIFEST = "manifest.json"
ENCODER, VECTORS, INDEX, DOCUMENTS = "encoder", "vectors", "index", "documents.parquet"
FORM = 1
# Looked into through a memory map, which reading them whole would defeat; the index compares the
# checksum of its own file.
_NOT_READ = (f"{VECTORS}/vectors.npy", DOCUMENTS, f"{INDEX}/index.faiss")


class FileFacts(BaseModel):
    """One file of a bundle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int
    sha256: str


class Manifest(BaseModel):
    """What a bundle holds.

    Attributes:
        form: of the folder; this version writes and reads `FORM`.
        trisampler: version that wrote it.
        documents: how many.
        dimension: of a vector.
        fingerprint: of the encoder, its settings for documents and the precision that made the
            vectors.
        index: what the index says of itself.
        corpus_digest: SHA-256 over ids, titles and texts, in the order of ids.
        changes: from the bundle before this one.
        files: every other file by its name in the folder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: int
    trisampler: str
    documents: int
    dimension: int
    fingerprint: str
    index: dict[str, Any]
    corpus_digest: str
    changes: Changes
    files: dict[str, FileFacts]


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of the bundle in `folder`.

    Raises:
        BundleError: no folder, no manifest in it, or one that is damaged or of another form.
    """
    if not folder.is_dir():
        raise BundleError.of(folder, "there is no such folder")
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError.of(folder, f"{MANIFEST} is missing") from None
    except (OSError, ValueError) as error:
        raise BundleError.of(folder, f"{MANIFEST} is damaged ({error})") from error
    form = content.get("form") if isinstance(content, dict) else None
    if form != FORM:
        raise BundleError.of(folder, f"it has the form {form!r}, and this version reads {FORM}")
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise BundleError.of(folder, f"{MANIFEST} is damaged: {told(error)}") from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a folder that is otherwise finished."""
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))


def file_facts(folder: Path) -> dict[str, FileFacts]:
    """Size and SHA-256 of every file in `folder` but the manifest; each is flushed to the disk."""
    facts = {}
    for name in _names(folder):
        path = folder / name
        flush(path)
        facts[name] = FileFacts(size=path.stat().st_size, sha256=digest_file(path))
    return facts


def check_names_and_sizes(folder: Path, manifest: Manifest) -> None:
    """Check that every file is there in its size, and no other.

    A library would take a file more in the encoder's folder for a part of the model. Hidden files
    are of no concern.

    Raises:
        BundleError: naming the first file that is missing, cut off or no part of it.
    """
    for name, facts in manifest.files.items():
        try:
            size = (folder / name).stat().st_size
        except OSError:
            raise BundleError.of(folder, f"{name} is missing") from None
        if size != facts.size:
            raise BundleError.of(folder, f"{name} has {size} bytes, and had {facts.size}")
    foreign = [name for name in _names(folder) if name not in manifest.files]
    if foreign:
        raise BundleError.of(folder, f"{foreign[0]} is in it and is no part of it")


def check_files(folder: Path, manifest: Manifest) -> None:
    """Check names, sizes, and the bytes of what opening the bundle reads whole anyway.

    Raises:
        BundleError: naming the first file that is missing, cut off, altered or no part of it.
    """
    check_names_and_sizes(folder, manifest)
    _check_bytes(folder, manifest, [name for name in manifest.files if name not in _NOT_READ])


def check_all_files(folder: Path, manifest: Manifest) -> None:
    """Read every file and check that it is what was written; else as `check_files`."""
    check_names_and_sizes(folder, manifest)
    _check_bytes(folder, manifest, manifest.files)


def _check_bytes(folder: Path, manifest: Manifest, names: Iterable[str]) -> None:
    for name in names:
        if digest_file(folder / name) != manifest.files[name].sha256:
            raise BundleError.of(
                folder, f"{name} is not the file that was written: it was altered, or is another's"
            )


def _names(folder: Path) -> list[str]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    shown = (file for file in files if not any(part.startswith(".") for part in file.parts))
    return sorted(file.as_posix() for file in shown if file.as_posix() != MANIFEST)
