"""Vectors of encoders, and scores of teachers, that nothing points to any more.

Embeddings name the store that holds their vectors. A store that none names was an encoder's that
another took the place of, or is one that is being filled: that one was written to after all
embeddings that there are, and stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path

from trisampler.encoders.embeddings_folder import MANIFEST
from trisampler.encoders.store_format import COMMITS, HEADER
from trisampler.encoders.vector_cache import VectorCache
from trisampler.retention.errors import RetentionError
from trisampler.retention.leftover import Leftover, size_of
from trisampler.retention.workspace import Workspace


def leftover_vectors(workspace: Workspace, without: list[Path]) -> Iterator[Leftover]:
    """Stores of the vector cache whose encoder is no longer any system's.

    Args:
        workspace: Where.
        without: Folders that go anyway: what embeddings in them name does not count.
    """
    manifests = [
        file
        for file in workspace.features.rglob(MANIFEST)
        if not any(gone in file.parents for gone in without)
    ]
    try:
        named = {_named_in(file) for file in manifests}
    except (OSError, ValueError, KeyError, TypeError):
        return  # damaged embeddings: those that are made in their place may use any store
    newest = max((file.stat().st_mtime_ns for file in manifests), default=0)
    cache = VectorCache(workspace.features / "vector_cache")
    for store in cache.stores():
        if store.resolve() not in named and _last_written(store) < newest:
            yield _leftover(cache, store, workspace, "no embeddings have rows in it any more")


def leftover_scores(
    workspace: Workspace, keep: int, of_the_teacher: Callable[[], Collection[str]]
) -> Iterator[Leftover]:
    """Stores of the teacher cache, but for the present teacher's and the `keep` newest others.

    Args:
        workspace: Where.
        keep: How many others stay: no artifact says which teacher it was asked from.
        of_the_teacher: Names of the present teacher's stores; it is not asked where there are few.
    """
    cache = VectorCache(workspace.features / "teacher_cache")
    stores = cache.stores()
    if len(stores) <= keep:
        return
    present = of_the_teacher()
    others = sorted((s for s in stores if s.name not in present), key=_last_written, reverse=True)
    for store in others[keep:]:
        yield _leftover(cache, store, workspace, "of a former teacher")


def _leftover(cache: VectorCache, store: Path, workspace: Workspace, why: str) -> Leftover:
    return Leftover(workspace.shown(store), why, size_of(store), partial(_remove, cache, store))


def _remove(cache: VectorCache, store: Path) -> None:
    if not cache.remove(store):
        raise RetentionError(f"Another process is writing to {store}.")


def _named_in(manifest: Path) -> Path | None:
    """The store that the embeddings beside `manifest` have their vectors in."""
    store = json.loads(manifest.read_text(encoding="utf-8"))["store"]
    return None if store is None else (manifest.parent / store).resolve()


def _last_written(store: Path) -> int:
    files = (store / COMMITS, store / HEADER)
    return max((file.stat().st_mtime_ns for file in files if file.exists()), default=0)
