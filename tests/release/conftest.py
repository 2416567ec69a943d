"""A small bundle, written once, and copies of it to damage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from trisampler.corpora.documents import document_texts
from trisampler.encoders.embeddings import embed
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import EncoderSettings, EncodingSettings
from trisampler.encoders.vector_cache import VectorCache
from trisampler.release import BundleParts, write_bundle
from trisampler.release.former import FormerBundle
from trisampler.search.index_building import build_index
from trisampler.search.settings import IndexSettings

EXACT = EncodingSettings(precision="float32", device="cpu")
EXACT_SEARCH = IndexSettings()
WORDS = ["sort", "list", "open", "file", "read", "line", "close", "socket", "parse", "date"]
WORDS += ["find", "path", "copy", "tree", "join", "split"]


def corpus_of(numbers: range | list[int], *, edited: frozenset[int] = frozenset()) -> pl.DataFrame:
    """Documents whose text follows from their number; those edited have another."""
    rows = []
    for number in numbers:
        words = [WORDS[(number * step + step) % len(WORDS)] for step in range(1, 8)]
        words += ["edited"] if number in edited else []
        title = f"Title {number}" if number % 3 else ""
        rows.append((f"d{number:03d}", title, " ".join([*words, str(number)])))
    return pl.DataFrame(rows, schema=["doc_id", "title", "text"], orient="row").sort("doc_id")


class Workshop:
    """Makes bundles with one vector cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = VectorCache(folder / "cache")

    def parts(
        self,
        corpus: pl.DataFrame,
        encoder: str = "untrained:0",
        former: FormerBundle | None = None,
        index: IndexSettings = EXACT_SEARCH,
    ) -> BundleParts:
        loaded = Encoder.load(EncoderSettings(name=encoder))
        texts, ids = document_texts(corpus), corpus["doc_id"].to_list()
        embeddings = embed(loaded, texts, ids, "document", self.cache, EXACT)
        built = build_index(embeddings, index, seed=0)
        return BundleParts.of(loaded, corpus, embeddings, built, former)

    def make(self, folder: Path, corpus: pl.DataFrame, encoder: str = "untrained:0") -> Path:
        """Write a bundle over the one that stands there, if one does."""
        write_bundle(self.parts(corpus, encoder, FormerBundle.read(folder)), folder)
        return folder


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def pristine(workshop: Workshop) -> Path:
    """A bundle of 60 documents that no test changes."""
    return workshop.make(workshop.folder / "pristine", corpus_of(range(60)))


@pytest.fixture
def copied(pristine: Path, tmp_path: Path) -> Callable[[], Path]:
    """Makes a copy elsewhere."""
    return lambda: Path(shutil.copytree(pristine, tmp_path / "copy"))
