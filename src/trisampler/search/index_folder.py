"""An index in a folder.

| file | content |
|---|---|
| `manifest.json` | what the index is and of what; version of FAISS, size and SHA-256 of its file |
| `index.faiss` | FAISS's index, where there is one |
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from trisampler.atomic import replaced_folder, write_json
from trisampler.errors import told
from trisampler.hashing import digest_file
from trisampler.search.errors import SearchError
from trisampler.search.index import Index, IndexDescription
from trisampler.search.settings import EXACT

MANIFEST, LISTS = "manifest.json", "index.faiss"


class ListsFile(BaseModel):
    """FAISS's file, as it was written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    faiss_version: str
    size: int
    sha256: str


class IndexManifest(BaseModel):
    """The manifest; `lists` is None for an exact index."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: Literal[1]
    index: IndexDescription
    lists: ListsFile | None


def save_index(index: Index, folder: Path) -> None:
    """Write `index` to `folder`; see `Index.save`."""
    with replaced_folder(Path(folder)) as temporary:
        lists = None
        if index.lists is not None:
            import faiss

            path = temporary / LISTS
            faiss.write_index(index.lists, str(path))
            lists = ListsFile(
                faiss_version=faiss.__version__,
                size=path.stat().st_size,
                sha256=digest_file(path),
            )
        manifest = IndexManifest(form=1, index=index.description, lists=lists)
        write_json(temporary / MANIFEST, manifest.model_dump(mode="json"))


def read_manifest(folder: Path) -> IndexManifest:
    """The manifest of a folder that is whole by the size of its file.

    Raises:
        SearchError: it is not there, not of this form, or the file is not there or cut off.
    """
    folder = Path(folder)
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        manifest = IndexManifest.model_validate_json(text)
    except FileNotFoundError as error:
        raise _wrong(folder, f"{MANIFEST} is missing") from error
    except ValidationError as error:
        raise _wrong(folder, f"{MANIFEST} is not what this version writes: {told(error)}") from None
    except (OSError, ValueError) as error:
        raise _wrong(folder, f"{MANIFEST} cannot be read ({error})") from error
    if (manifest.lists is None) != (manifest.index.settings.factory == EXACT):
        raise _wrong(folder, f"{MANIFEST} contradicts itself")
    if manifest.lists is not None:
        path = folder / LISTS
        if not path.is_file():
            raise _wrong(folder, f"{LISTS} is missing")
        if path.stat().st_size != manifest.lists.size:
            raise _wrong(
                folder,
                f"{LISTS} has {path.stat().st_size} bytes, and {manifest.lists.size} were written",
            )
    return manifest


def load_index(folder: Path) -> Index:
    """Read what `save_index` wrote; see `Index.load`."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest.lists is None:
        return Index(manifest.index)
    if digest_file(folder / LISTS) != manifest.lists.sha256:
        raise _wrong(folder, f"{LISTS} is not the file that was written: its SHA-256 differs")
    return Index(manifest.index, _read_lists(folder, manifest))


def _read_lists(folder: Path, manifest: IndexManifest) -> Any:
    import faiss

    from trisampler.search.index_faiss import widen

    assert manifest.lists is not None
    try:
        lists = faiss.read_index(str(folder / LISTS))
    except RuntimeError as error:
        raise _wrong(
            folder,
            f"FAISS {faiss.__version__} cannot read what {manifest.lists.faiss_version} wrote "
            f"({str(error).rpartition('Error: ')[2]})",
        ) from error
    if (lists.ntotal, lists.d) != (manifest.index.documents, manifest.index.dimension):
        raise _wrong(folder, f"{LISTS} has {lists.ntotal} x {lists.d} vectors, unlike {MANIFEST}")
    widen(lists, manifest.index.settings)
    return lists


def _wrong(folder: Path, what: str) -> SearchError:
    return SearchError(
        f"The index in {folder} cannot be used: {what}. Delete the folder and build it again."
    )
