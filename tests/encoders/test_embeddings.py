"""Nothing is encoded twice, and embeddings that cannot be trusted are not loaded."""

from __future__ import annotations

import json
import logging
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from trisampler.encoders import chunks as chunking
from trisampler.encoders import embeddings_folder, filling
from trisampler.encoders.chunk_encoding import EncodeChunks
from trisampler.encoders.embeddings import Embeddings, embed
from trisampler.encoders.embeddings_folder import save_self_contained
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.encoding import Encoding, encode_texts
from trisampler.encoders.errors import EmbeddingsError, EncoderError
from trisampler.encoders.filling import header_of
from trisampler.encoders.settings import EncoderSettings, EncodingSettings, Storage
from trisampler.encoders.store_format import COMMITS, DIGESTS, VECTORS
from trisampler.encoders.vector_cache import VectorCache
from trisampler.hashing import digest_text

FLOAT32 = EncodingSettings(precision="float32", device="cpu")


def texts_of(numbers: range) -> list[str]:
    return [f"text number {n} " + "and on " * (n % 9) for n in numbers]


def ids_of(count: int) -> list[str]:
    return [f"d{n:05d}" for n in range(count)]


@pytest.fixture
def encoder(tiny_encoder_folder: Path) -> Encoder:
    return Encoder.load(EncoderSettings(name=str(tiny_encoder_folder)))


@pytest.fixture
def cache(tmp_path: Path) -> VectorCache:
    return VectorCache(tmp_path / "cache")


def embed_documents(
    encoder: Encoder, texts: list[str], cache: VectorCache, settings: EncodingSettings = FLOAT32
) -> Embeddings:
    return embed(encoder, texts, ids_of(len(texts)), "document", cache, settings)


class TestRows:
    IDS = ("a", "b", "c", "d")
    VECTORS_ND = np.arange(8.0).reshape(4, 2)

    @pytest.mark.parametrize(
        "rows", [None, slice(1, 3), slice(0, 4, 2), slice(2, 2), np.array([3, 0, 0]), np.array([1])]
    )
    def test_vectors_of_any_rows(self, rows: slice | np.ndarray | None) -> None:
        found = Embeddings.from_array(self.IDS, self.VECTORS_ND).vectors(rows)
        expected = self.VECTORS_ND[slice(None) if rows is None else rows]
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)

    def test_vectors_are_a_copy(self) -> None:
        source = self.VECTORS_ND.astype(np.float32)
        Embeddings.from_array(self.IDS, source).vectors()[:] = 0
        np.testing.assert_array_equal(source, self.VECTORS_ND)

    @pytest.mark.parametrize(
        ("ids", "message"),
        [
            (["a", "c", "b", "d"], "row 2 has 'b' after 'c'"),
            (["a", "b", "b", "d"], "'b' twice"),
            (["a", "b"], "2 ids"),
        ],
    )
    def test_ids_must_be_increasing_and_as_many_as_rows(self, ids: list[str], message: str) -> None:
        with pytest.raises(EmbeddingsError, match=message):
            Embeddings.from_array(ids, self.VECTORS_ND)


class TestEmbed:
    def test_vectors_are_those_of_the_encoder_in_order(
        self, encoder: Encoder, cache: VectorCache
    ) -> None:
        texts = texts_of(range(100))
        found = embed_documents(encoder, texts, cache)
        expected = encode_texts(encoder, texts, "document", FLOAT32)
        np.testing.assert_array_equal(found.vectors(), expected)
        assert found.fingerprint == encoder.fingerprint("document", "float32")
        assert (found.dimension, len(found), found.encoded) == (32, 100, 100)

    def test_a_second_time_encodes_nothing(
        self, encoder: Encoder, cache: VectorCache, caplog: pytest.LogCaptureFixture
    ) -> None:
        texts = texts_of(range(30))
        first = embed_documents(encoder, texts, cache)
        with caplog.at_level(logging.INFO):
            second = embed_documents(encoder, texts, cache)
        assert second.encoded == 0
        assert "30 texts (document): 0 encoded" in caplog.text
        np.testing.assert_array_equal(second.vectors(), first.vectors())

    def test_equal_texts_are_encoded_once(self, encoder: Encoder, cache: VectorCache) -> None:
        found = embed_documents(encoder, ["same", "other", "same", "same"], cache)
        assert found.encoded == 2
        vectors_ND = found.vectors()
        np.testing.assert_array_equal(vectors_ND[[2, 3]], vectors_ND[[0, 0]])

    def test_new_and_edited_texts_are_encoded_and_removed_ones_disappear(
        self, encoder: Encoder, cache: VectorCache
    ) -> None:
        texts = texts_of(range(50))
        embed_documents(encoder, texts, cache)
        edited = [*texts[:10], "edited", *texts[11:40], "new"]
        found = embed_documents(encoder, edited, cache)
        assert (found.encoded, len(found)) == (2, 41)
        expected = encode_texts(encoder, edited, "document", FLOAT32)
        np.testing.assert_allclose(found.vectors(), expected, atol=1e-5)
        np.testing.assert_allclose(found.vectors(np.array([40, 10])), expected[[40, 10]], atol=1e-5)

    def test_a_corpus_grown_by_a_hundredth_encodes_that_hundredth(
        self, encoder: Encoder, cache: VectorCache
    ) -> None:
        before = embed_documents(encoder, texts_of(range(200)), cache)
        # New ids stand among the old ones.
        texts = texts_of(range(200))
        grown = [*texts[:50], "new", *texts[50:120], "newer", *texts[120:]]
        found = embed_documents(encoder, grown, cache)
        assert found.encoded == 2
        kept = np.setdiff1d(np.arange(202), [50, 121])
        np.testing.assert_array_equal(found.vectors(kept), before.vectors())

    def test_one_weight_changed_by_a_thousandth_makes_every_row_a_miss(
        self, encoder: Encoder, cache: VectorCache
    ) -> None:
        texts = texts_of(range(20))
        embed_documents(encoder, texts, cache)
        with torch.no_grad():
            next(encoder.parameters()).view(-1)[7] += 1e-3
        assert embed_documents(encoder, texts, cache).encoded == 20

    def test_sides_share_vectors_only_where_they_mean_the_same(
        self, tiny_encoder_folder: Path, cache: VectorCache
    ) -> None:
        texts, ids = texts_of(range(5)), ids_of(5)
        same = EncoderSettings(name=str(tiny_encoder_folder), query_length=256)
        embed(Encoder.load(same), texts, ids, "document", cache, FLOAT32)
        assert embed(Encoder.load(same), texts, ids, "query", cache, FLOAT32).encoded == 0
        prompted = Encoder.load(same.model_copy(update={"query_prompt": "query: "}))
        assert embed(prompted, texts, ids, "query", cache, FLOAT32).encoded == 5

    def test_half_precision_storage(self, encoder: Encoder, cache: VectorCache) -> None:
        texts = texts_of(range(20))
        half = FLOAT32.model_copy(update={"storage": "float16"})
        found = embed_documents(encoder, texts, cache, half).vectors()
        expected = encode_texts(encoder, texts, "document", FLOAT32)
        np.testing.assert_array_equal(found, expected.astype(np.float16).astype(np.float32))

    def test_chunks_are_committed_one_by_one_and_taken_up_again(
        self, encoder: Encoder, cache: VectorCache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(filling, "CHUNK_TEXTS", 16)
        texts = texts_of(range(50))
        calls = 0
        encode = Encoding.encode

        def failing(*arguments: object) -> np.ndarray:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise KeyboardInterrupt
            return encode(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(Encoding, "encode", failing)
        with pytest.raises(KeyboardInterrupt):
            embed_documents(encoder, texts, cache)
        found = embed_documents(encoder, texts, cache)
        assert found.encoded == 50 - 32
        undisturbed = embed_documents(encoder, texts, VectorCache(cache.folder / "undisturbed"))
        np.testing.assert_array_equal(found.vectors(), undisturbed.vectors())

    def test_chunks_computed_elsewhere_in_any_order_end_as_the_same_bytes(
        self, encoder: Encoder, cache: VectorCache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(filling, "CHUNK_TEXTS", 16)
        elsewhere = VectorCache(cache.folder / "elsewhere")

        @contextmanager
        def last_chunk_first(*arguments: Any) -> Iterator[EncodeChunks]:
            with Encoding(*arguments) as encoding:

                def encode(
                    chunks: Iterable[Sequence[str]], on_done: Callable[[int], object]
                ) -> Iterator[np.ndarray]:
                    done = [encoding.encode(texts, on_done) for texts in reversed(list(chunks))]
                    return reversed(done)

                yield encode

        texts, ids = texts_of(range(50)), ids_of(50)
        embed(encoder, texts, ids, "document", elsewhere, FLOAT32, last_chunk_first)
        embed_documents(encoder, texts, cache)
        header = header_of(encoder, "document", FLOAT32)
        for name in (COMMITS, DIGESTS, VECTORS):
            found, expected = (
                (one.store_folder(header) / name).read_bytes() for one in (elsewhere, cache)
            )
            assert found == expected, name

    def test_much_work_is_committed_in_more_chunks_to_the_same_vectors(
        self, encoder: Encoder, cache: VectorCache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        texts = texts_of(range(50))
        whole = embed_documents(encoder, texts, VectorCache(cache.folder / "whole"))
        monkeypatch.setitem(chunking._CHUNK_PRODUCTS, "cpu", 1e6)
        found = embed_documents(encoder, texts, cache)
        assert whole.store is not None
        assert found.store is not None
        assert len(whole.store.commits) == 1
        assert 5 < len(found.store.commits) < 50
        np.testing.assert_allclose(found.vectors(), whole.vectors(), atol=1e-6)

    def test_a_damaged_cache_is_rebuilt_with_a_warning(
        self, encoder: Encoder, cache: VectorCache, caplog: pytest.LogCaptureFixture
    ) -> None:
        texts = texts_of(range(20))
        expected = embed_documents(encoder, texts, cache).vectors()
        file = cache.store_folder(header_of(encoder, "document", FLOAT32)) / VECTORS
        content = bytearray(file.read_bytes())
        content[100] ^= 255
        file.write_bytes(content)
        found = embed_documents(encoder, texts, cache)
        assert found.encoded == 20
        assert "cut off or altered" in caplog.text
        np.testing.assert_array_equal(found.vectors(), expected)

    def test_no_texts_are_fine(self, encoder: Encoder, cache: VectorCache, tmp_path: Path) -> None:
        found = embed_documents(encoder, [], cache)
        found.save(tmp_path / "artifact")
        assert Embeddings.load(tmp_path / "artifact").vectors().shape == (0, 32)

    def test_texts_and_ids_must_match(self, encoder: Encoder, cache: VectorCache) -> None:
        with pytest.raises(EmbeddingsError, match="2 texts but 1 ids"):
            embed(encoder, ["a", "b"], ["1"], "query", cache, FLOAT32)
        with pytest.raises(EmbeddingsError, match="increasing order"):
            embed(encoder, ["a", "b"], ["2", "1"], "query", cache, FLOAT32)

    def test_float16_on_a_cpu_is_refused_before_anything_is_written(
        self, encoder: Encoder, cache: VectorCache
    ) -> None:
        with pytest.raises(EncoderError):
            embed_documents(
                encoder, ["a"], cache, EncodingSettings(precision="float16", device="cpu")
            )
        assert not cache.folder.exists()


class TestSelfContained:
    @pytest.mark.parametrize("storage", ["float32", "float16"])
    def test_it_loads_without_the_cache_and_is_the_same(
        self, encoder: Encoder, cache: VectorCache, tmp_path: Path, storage: Storage
    ) -> None:
        # The last text comes first into the store, so that rows are not in the order of ids.
        texts = texts_of(range(40))
        settings = FLOAT32.model_copy(update={"storage": storage})
        embed_documents(encoder, texts[::-1], cache, settings)
        embeddings = embed_documents(encoder, texts, cache, settings)
        expected_ND = embeddings.vectors()
        save_self_contained(embeddings, tmp_path / "alone")
        shutil.rmtree(cache.folder)
        loaded = Embeddings.load(tmp_path / "alone")
        assert (loaded.ids, loaded.fingerprint) == (embeddings.ids, embeddings.fingerprint)
        assert loaded.source_ND.dtype == np.dtype(storage)
        assert isinstance(loaded.source_ND, np.memmap)
        np.testing.assert_array_equal(loaded.vectors(), expected_ND)
        digests_N = np.array([digest_text(text) for text in texts], dtype="S16")
        np.testing.assert_array_equal(loaded.text_digests(), digests_N)
        assert loaded.digest == embeddings.digest

    def test_it_is_copied_block_by_block(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vectors_ND = np.arange(50, dtype=np.float32).reshape(25, 2)
        embeddings = Embeddings.from_array(ids_of(25), vectors_ND)
        monkeypatch.setattr(embeddings_folder, "_ROWS_AT_ONCE", 7)
        save_self_contained(embeddings, tmp_path / "alone")
        np.testing.assert_array_equal(np.load(tmp_path / "alone" / "vectors.npy"), vectors_ND)
        loaded = Embeddings.load(tmp_path / "alone")
        assert loaded.text_digests() is None
        assert loaded.digest == embeddings.digest

    def test_of_no_documents_it_is_empty(self, tmp_path: Path) -> None:
        embeddings = Embeddings.from_array([], np.empty((0, 3), dtype=np.float32))
        save_self_contained(embeddings, tmp_path / "alone")
        assert Embeddings.load(tmp_path / "alone").vectors().shape == (0, 3)


def edit_manifest(**changes: object) -> Callable[[Path], None]:
    def damage(project: Path) -> None:
        file = project / "artifact" / "manifest.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    return damage


def edit_rows(change: pl.Expr) -> Callable[[Path], None]:
    def damage(project: Path) -> None:
        file = project / "artifact" / "rows.parquet"
        pl.read_parquet(file).with_columns(change).write_parquet(file)

    return damage


def remove(name: str) -> Callable[[Path], None]:
    return lambda project: (project / name).unlink()


def cut_cache(name: str) -> Callable[[Path], None]:
    def damage(project: Path) -> None:
        file = next((project / "cache").glob(f"*/{name}"))
        file.write_bytes(file.read_bytes()[:-1])

    return damage


def drop_commits(project: Path) -> None:
    next((project / "cache").glob(f"*/{COMMITS}")).write_bytes(b"")


class TestArtifact:
    @pytest.fixture
    def project(self, encoder: Encoder, tmp_path: Path) -> Path:
        cache = VectorCache(tmp_path / "project" / "cache")
        embed_documents(encoder, texts_of(range(5)), cache)
        embed_documents(encoder, texts_of(range(3, 20)), cache).save(
            tmp_path / "project" / "artifact"
        )
        return tmp_path / "project"

    def test_it_is_small_and_gives_back_what_was_saved(
        self, project: Path, encoder: Encoder
    ) -> None:
        found = Embeddings.load(project / "artifact")
        assert found.ids == ids_of(17)
        assert found.encoded == 0
        assert isinstance(found.source_ND, np.memmap)
        expected = encode_texts(encoder, texts_of(range(3, 20)), "document", FLOAT32)
        np.testing.assert_allclose(found.vectors(), expected, atol=1e-5)

    def test_it_moves_with_its_project(self, project: Path, tmp_path: Path) -> None:
        before = Embeddings.load(project / "artifact").vectors()
        moved = Path(shutil.move(project, tmp_path / "elsewhere"))
        np.testing.assert_array_equal(Embeddings.load(moved / "artifact").vectors(), before)

    def test_saved_again_it_is_the_same_bytes(self, project: Path) -> None:
        Embeddings.load(project / "artifact").save(project / "again")
        for name in ("manifest.json", "rows.parquet"):
            again, first = ((project / one / name).read_bytes() for one in ("again", "artifact"))
            assert again == first

    @pytest.mark.parametrize(
        ("damage", "message"),
        [
            (remove("artifact/manifest.json"), r"manifest\.json is missing"),
            (remove("artifact/rows.parquet"), r"rows\.parquet is missing"),
            (edit_manifest(complete=False), "incomplete"),
            (edit_manifest(rows=16), "not the table"),
            (edit_manifest(fingerprint="0" * 64), "another encoder"),
            (edit_manifest(dimension=33), "another encoder"),
            (edit_manifest(form=99), "not of the form"),
            (edit_manifest(store="../nowhere"), "holds no vector store"),
            (edit_rows(pl.col("row") + 1), "no longer holds their texts"),
            (edit_rows(pl.col("row") - 30), "no longer holds their texts"),
            (edit_rows(pl.col("digest").reverse()), "no longer holds their texts"),
            (edit_rows(pl.col("row").cast(pl.Float64)), "not the table"),
            (cut_cache(VECTORS), "cut off or altered"),
            (cut_cache(DIGESTS), "cut off or altered"),
            (drop_commits, "no longer holds their texts"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, project: Path, damage: Callable[[Path], None], message: str
    ) -> None:
        damage(project)
        with pytest.raises(EmbeddingsError, match=message):
            Embeddings.load(project / "artifact")

    def test_vectors_without_a_cache_are_saved_with_the_artifact(self, tmp_path: Path) -> None:
        vectors_ND = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
        Embeddings.from_array(["a", "b", "c"], vectors_ND, "mine").save(tmp_path / "artifact")
        found = Embeddings.load(tmp_path / "artifact")
        assert (found.ids, found.fingerprint, found.store) == (["a", "b", "c"], "mine", None)
        np.testing.assert_array_equal(found.vectors(), vectors_ND)
        np.save(tmp_path / "artifact" / "vectors.npy", vectors_ND[:2])
        with pytest.raises(EmbeddingsError, match=r"shape \(2, 4\)"):
            Embeddings.load(tmp_path / "artifact")


@pytest.mark.slow
def test_killed_or_run_twice_at_once_it_ends_with_the_same_bytes(
    tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    def start(cache: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, __file__, str(tiny_encoder_folder), str(cache)])

    def committed(cache: Path) -> int:
        return sum(file.stat().st_size for file in cache.glob(f"*/{COMMITS}"))

    assert start(tmp_path / "undisturbed").wait() == 0
    whole = committed(tmp_path / "undisturbed")
    for share in (0.1, 0.4, 0.6, 0.8):
        process = start(tmp_path / "killed")
        while process.poll() is None and committed(tmp_path / "killed") < share * whole:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert 0 < committed(tmp_path / "killed") < whole
    assert start(tmp_path / "killed").wait() == 0
    both = [start(tmp_path / "both") for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    for name in (VECTORS, DIGESTS, COMMITS):
        killed, at_once, undisturbed = (
            next((tmp_path / one).glob(f"*/{name}")).read_bytes()
            for one in ("killed", "both", "undisturbed")
        )
        assert killed == undisturbed
        assert at_once == undisturbed


if __name__ == "__main__":  # the program that the last test kills: FOLDER CACHE
    torch.set_num_threads(1)
    filling.CHUNK_TEXTS = 50
    embed_documents(
        Encoder.load(EncoderSettings(name=sys.argv[1])),
        texts_of(range(6000)),
        VectorCache(Path(sys.argv[2])),
    )
