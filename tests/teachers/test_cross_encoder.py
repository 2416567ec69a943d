"""A cross-encoder's logits are those of sentence-transformers, whatever the batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tiny_cross_encoder import LONGEST, save_tiny_cross_encoder
from trisampler.encoders.errors import EncoderError
from trisampler.encoders.settings import ComputingSettings
from trisampler.teachers.cross_encoder import CrossEncoder, TextPair
from trisampler.teachers.errors import TeacherError
from trisampler.teachers.pair_scoring import pair_scoring

LENGTH = 96
PAIRS = [
    *(("how to sort a list", "a list of items " * number) for number in range(40)),
    ("", "a document without a query"),
    ("a query without a document", ""),
    ("", ""),
    ("a very long query " * 60, "short"),
    ("short", "a very long document " * 200),
    ("both are long " * 80, "each is cut " * 90),
    ("Ünïcode 漢字 \U0001f600", "\x00 \n\t"),
]


def logits(
    folder: Path, pairs: list[tuple[str, str]], length: int = LENGTH, **computing: object
) -> np.ndarray:
    settings = ComputingSettings.model_validate(
        {"device": "cpu", "precision": "float32"} | computing
    )
    told: list[int] = []
    with pair_scoring(CrossEncoder.load(str(folder), length), settings) as score:
        found = score([TextPair(*pair) for pair in pairs], told.append)
    assert sum(told) == len(pairs)
    return found


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
@pytest.mark.parametrize("classes", [1, 2])
def test_scores_are_those_of_sentence_transformers(tmp_path: Path, kind: str, classes: int) -> None:
    from sentence_transformers import CrossEncoder as PeerCrossEncoder

    save_tiny_cross_encoder(tmp_path, classes=classes, kind=kind)
    peer = PeerCrossEncoder(str(tmp_path), device="cpu", max_length=LENGTH)
    if classes == 1:
        expected = peer.predict(PAIRS, activation_fn=torch.nn.Identity())
    else:
        expected = peer.predict(PAIRS, apply_softmax=True)[:, 1]
    found = logits(tmp_path, PAIRS)
    assert found.dtype == np.float32
    if classes == 2:
        found = 1 / (1 + np.exp(-found))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.ptp(expected) > 0.2  # a model that says the same to all pairs would prove nothing


def test_batches_of_any_size_give_the_same(tiny_cross_encoder_folder: Path) -> None:
    one_by_one = logits(tiny_cross_encoder_folder, PAIRS, batch_tokens=1)
    for batch_tokens in (200, 100_000):
        found = logits(tiny_cross_encoder_folder, PAIRS, batch_tokens=batch_tokens)
        np.testing.assert_allclose(found, one_by_one, atol=1e-5)
    assert len(logits(tiny_cross_encoder_folder, [])) == 0


def test_bfloat16_is_near(tiny_cross_encoder_folder: Path) -> None:
    exact = logits(tiny_cross_encoder_folder, PAIRS)
    near = logits(tiny_cross_encoder_folder, PAIRS, precision="bfloat16")
    np.testing.assert_allclose(near, exact, atol=0.05)


def test_the_order_of_a_pair_matters_and_segments_reach_the_model(
    tiny_cross_encoder_folder: Path,
) -> None:
    there, back = logits(tiny_cross_encoder_folder, [("one", "other"), ("other", "one")])
    assert abs(there - back) > 1e-3
    loaded = CrossEncoder.load(str(tiny_cross_encoder_folder), LENGTH)
    (packed,) = loaded.packed_tokens([TextPair("one", "other")])
    segments = [token >> 32 for token in packed]
    assert segments == sorted(segments)
    assert set(segments) == {0, 1}


def test_its_fingerprint_covers_weights_length_and_precision_but_no_name(
    tmp_path: Path, tiny_cross_encoder_folder: Path
) -> None:
    def fingerprint(folder: Path, length: int = LENGTH, precision: str = "float32") -> str:
        return CrossEncoder.load(str(folder), length).fingerprint(precision)

    save_tiny_cross_encoder(tmp_path / "copy")
    save_tiny_cross_encoder(tmp_path / "other", classes=2)
    before = fingerprint(tiny_cross_encoder_folder)
    assert fingerprint(tmp_path / "copy") == before
    others = [
        fingerprint(tmp_path / "other"),
        fingerprint(tiny_cross_encoder_folder, length=64),
        fingerprint(tiny_cross_encoder_folder, precision="bfloat16"),
    ]
    assert len({before, *others}) == 4


def test_models_that_are_no_teacher_are_refused(
    tmp_path: Path, tiny_encoder_folder: Path, tiny_cross_encoder_folder: Path
) -> None:
    with pytest.raises(TeacherError, match=r"lack 2 tensors .*classifier.*bi-encoder"):
        CrossEncoder.load(str(tiny_encoder_folder), LENGTH)
    save_tiny_cross_encoder(tmp_path, classes=3)
    with pytest.raises(TeacherError, match="3 classes"):
        CrossEncoder.load(str(tmp_path), LENGTH)
    with pytest.raises(TeacherError, match=f"at most {LONGEST}"):
        CrossEncoder.load(str(tiny_cross_encoder_folder), LONGEST + 1)
    with pytest.raises(EncoderError, match="no model folder"):
        CrossEncoder.load(str(tmp_path / "nowhere"), LENGTH)
