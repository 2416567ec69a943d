"""The artifact of embeddings: small, and worth nothing without the cache it points into.

| file | content |
|---|---|
| `rows.parquet` | id, row in the store, digest of the text |
| `manifest.json` | rows, dimension, storage, encoder fingerprint, the store's relative path |
| `vectors.npy` | the vectors, only where they lie in no store |

The manifest is written last and says `complete`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from trisampler.atomic import replaced_folder, write_json
from trisampler.encoders.embeddings import Embeddings
from trisampler.encoders.errors import EmbeddingsError, VectorCacheError
from trisampler.encoders.settings import Storage
from trisampler.encoders.store_format import DIGEST_BYTES
from trisampler.encoders.vector_store import VectorStore

MANIFEST, ROWS, VECTORS = "manifest.json", "rows.parquet", "vectors.npy"
_FORM = 1
_ROWS_AT_ONCE = 16_384
_SCHEMA = {"id": pl.String, "row": pl.Int64, "digest": pl.Binary}
_FIELDS = {"form", "complete", "rows", "dimension", "storage", "fingerprint", "store"}


def save_embeddings(embeddings: Embeddings, folder: Path) -> None:
    """Write `embeddings` to `folder`, whole or not at all; see `Embeddings.save`."""
    store = embeddings.store
    if store is None:
        save_self_contained(embeddings, folder)
        return
    folder = Path(folder)
    with replaced_folder(folder) as temporary:
        _write_rows(temporary, embeddings, embeddings.rows_N)
        where = _relative(store.folder, folder)
        _write_manifest(temporary, embeddings, store.header.storage, where)


def save_self_contained(embeddings: Embeddings, folder: Path) -> None:
    """Write `embeddings` to `folder` with their vectors, whole or not at all.

    The vectors keep the dtype that they are stored in (float32 where that is neither of the two)
    and are copied block by block.

    Args:
        embeddings: wherever their vectors lie.
        folder: made or replaced; `Embeddings.load` reads it anywhere, without any cache.
    """
    half = embeddings.source_ND.dtype == np.float16
    storage: Storage = "float16" if half else "float32"
    with replaced_folder(Path(folder)) as temporary:
        _write_vectors(temporary / VECTORS, embeddings, np.dtype(storage))
        _write_rows(temporary, embeddings, np.arange(len(embeddings)))
        _write_manifest(temporary, embeddings, storage, None)


def load_embeddings(folder: Path) -> Embeddings:
    """Read what `save_embeddings` wrote; see `Embeddings.load`."""
    folder = Path(folder)
    manifest = _read_manifest(folder)
    table = _read_rows(folder, manifest)
    ids, rows_N = table["id"].to_list(), table["row"].to_numpy()
    digests_N = np.array(table["digest"].to_list(), dtype=f"S{DIGEST_BYTES}")
    made_by = (manifest["fingerprint"], manifest["dimension"])
    if manifest["store"] is None:
        known_N = digests_N if digests_N.any() else None
        vectors_ND = _read_own_vectors(folder, manifest)
        return Embeddings(ids, *made_by, vectors_ND, rows_N, known_digests_N=known_N)
    store = _open_store(folder, manifest)
    _check_rows(folder, store, rows_N, digests_N)
    return Embeddings(ids, *made_by, store.vectors_ND, rows_N, store)


def _write_vectors(file: Path, embeddings: Embeddings, dtype: np.dtype[Any]) -> None:
    """A .npy file, as `np.save` writes it."""
    shape = (len(embeddings), embeddings.dimension)
    header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    with file.open("wb") as opened:
        np.lib.format.write_array_header_1_0(opened, header)
        for start in range(0, len(embeddings), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            opened.write(embeddings.vectors(rows).astype(dtype, copy=False).tobytes())


def _write_rows(folder: Path, embeddings: Embeddings, rows_N: np.ndarray) -> None:
    digests_N = embeddings.text_digests()
    if digests_N is None:
        digests = [b""] * len(embeddings)
    else:
        # numpy drops trailing zero bytes of an S16 item.
        digests = [bytes(d).ljust(DIGEST_BYTES, b"\0") for d in digests_N]
    table = {"id": embeddings.ids, "row": rows_N, "digest": digests}
    pl.DataFrame(table, schema=_SCHEMA).write_parquet(folder / ROWS)


def _write_manifest(
    folder: Path, embeddings: Embeddings, storage: Storage, store: str | None
) -> None:
    manifest = {
        "form": _FORM,
        "complete": True,
        "rows": len(embeddings),
        "dimension": embeddings.dimension,
        "storage": storage,
        "fingerprint": embeddings.fingerprint,
        "store": store,
    }
    write_json(folder / MANIFEST, manifest)


def _relative(store: Path, folder: Path) -> str:
    return Path(os.path.relpath(store.resolve(), folder.resolve())).as_posix()


def _wrong(folder: Path, what: str) -> EmbeddingsError:
    return EmbeddingsError(
        f"The embeddings in {folder} cannot be used: {what}. Delete the folder and run the step "
        "that makes it again; vectors still in the cache are not encoded again."
    )


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _wrong(folder, f"{MANIFEST} is missing") from error
    except (OSError, ValueError) as error:
        raise _wrong(folder, f"{MANIFEST} is damaged ({error})") from error
    if not isinstance(manifest, dict) or set(manifest) != _FIELDS or manifest["form"] != _FORM:
        raise _wrong(folder, f"{MANIFEST} is not of the form that this version writes")
    if manifest["complete"] is not True:
        raise _wrong(folder, "they are incomplete")
    return manifest


def _read_rows(folder: Path, manifest: dict[str, Any]) -> pl.DataFrame:
    try:
        table = pl.read_parquet(folder / ROWS)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _wrong(folder, f"{ROWS} is missing or damaged ({error})") from error
    if dict(table.schema) != _SCHEMA or len(table) != manifest["rows"]:
        raise _wrong(folder, f"{ROWS} is not the table that {MANIFEST} describes")
    return table


def _read_own_vectors(folder: Path, manifest: dict[str, Any]) -> np.ndarray:
    try:
        vectors_ND: np.ndarray = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise _wrong(folder, f"{VECTORS} is missing or damaged ({error})") from error
    if vectors_ND.shape != (manifest["rows"], manifest["dimension"]):
        raise _wrong(folder, f"{VECTORS} has the shape {vectors_ND.shape}")
    return vectors_ND


def _open_store(folder: Path, manifest: dict[str, Any]) -> VectorStore:
    try:
        store = VectorStore.open((folder / manifest["store"]).resolve())
    except VectorCacheError as error:
        raise _wrong(folder, f"their cache is not there or damaged: {error}") from error
    header = store.header
    made_with = (header.fingerprint, header.dimension, header.storage)
    if made_with != tuple(manifest[key] for key in ("fingerprint", "dimension", "storage")):
        raise _wrong(folder, f"the store {store.folder} was made by another encoder")
    return store


def _check_rows(
    folder: Path, store: VectorStore, rows_N: np.ndarray, digests_N: np.ndarray
) -> None:
    inside = len(rows_N) == 0 or (rows_N.min() >= 0 and rows_N.max() < len(store))
    if not inside or not np.array_equal(store.digests_N[rows_N], digests_N):
        raise _wrong(folder, f"the store {store.folder} no longer holds their texts at these rows")
