"""The losses of a batch put together, against the same by hand in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from training.toy import SETTINGS
from trisampler.training.batches import Batch
from trisampler.training.objective import Objective

RANDOM = np.random.default_rng(0)
QUERIES = torch.from_numpy(RANDOM.normal(size=(3, 8)).astype(np.float32))
DOCUMENTS = torch.from_numpy(RANDOM.normal(size=(5, 8)).astype(np.float32))
TEACHER = np.full((3, 5), np.nan, dtype=np.float32)
TEACHER[:, :3] = RANDOM.random((3, 3))
BATCH = Batch(
    query_rows_B=np.arange(3),
    document_rows_N=np.arange(5),
    target_B=np.array([0, 1, 2]),
    allowed_BN=np.array([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 1]], dtype=bool),
    teacher_BN=TEACHER,
)


def objective(*, normalize: bool = True, **settings: Any) -> Objective:
    changed = {"temperature": 0.1, "dropout": False, **settings}
    return Objective(SETTINGS.model_copy(update=changed), normalize=normalize)


def value(found: Objective) -> float:
    return float(found(QUERIES, DOCUMENTS, BATCH).detach())


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum())


def contrastive(scores: np.ndarray, temperature: float = 0.1) -> float:
    losses = []
    for row in range(3):
        allowed = BATCH.allowed_BN[row]
        logits = np.where(allowed, scores[row] / temperature, -np.inf)
        losses.append(-log_softmax(logits)[row])
    return float(np.mean(losses))


SCORES = QUERIES.numpy().astype(float) @ DOCUMENTS.numpy().astype(float).T


def test_dimensions_are_trained_as_vectors_of_their_own() -> None:
    queries, documents = QUERIES.numpy().astype(float), DOCUMENTS.numpy().astype(float)
    for normalize in (True, False):
        expected = [contrastive(SCORES)]
        for length in (2, 5):
            parts = queries[:, :length], documents[:, :length]
            shorter = [unit(part) if normalize else part for part in parts]
            expected.append(contrastive(shorter[0] @ shorter[1].T))
        found = objective(matryoshka_dimensions=(2, 5), normalize=normalize)
        assert value(found) == pytest.approx(np.mean(expected), rel=1e-5)


def test_symmetric_is_the_mean_of_both_ways() -> None:
    backward = []
    for row in range(3):
        allowed = [other == row or BATCH.allowed_BN[other, row] for other in range(3)]
        logits = np.where(allowed, SCORES[:, row] / 0.1, -np.inf)
        backward.append(-log_softmax(logits)[row])
    expected = (contrastive(SCORES) + np.mean(backward)) / 2
    assert value(objective(symmetric=True)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_distillation_shares_the_loss(share: float) -> None:
    settings = {"distillation_share": share, "teacher_temperature": 0.2}
    divergences, squares = [], []
    for row in range(3):
        student = log_softmax(SCORES[row, :3] / 0.1)
        teacher = log_softmax(TEACHER[row, :3].astype(float) / 0.2)
        divergences.append((np.exp(teacher) * (teacher - student)).sum())
        for other in {0, 1, 2} - {row}:
            taught = (TEACHER[row, row] - TEACHER[row, other]) / 0.2
            squares.append((SCORES[row, row] - SCORES[row, other] - taught) ** 2)
    for name, distilled in (("kl", np.mean(divergences)), ("margin-mse", np.mean(squares))):
        expected = (1 - share) * contrastive(SCORES) + share * distilled
        found = objective(distillation=name, **settings)
        assert value(found) == pytest.approx(expected, rel=1e-4)


def test_the_temperature_has_a_gradient_only_where_it_is_learned() -> None:
    fixed, learned = objective(), objective(learn_temperature=True)
    assert value(fixed) == value(learned)
    assert not [weight for weight in fixed.parameters() if weight.requires_grad]
    learned(QUERIES, DOCUMENTS, BATCH).backward()
    step = 1e-3
    slope = (contrastive(SCORES, 0.1 * np.exp(-step)) - contrastive(SCORES, 0.1 * np.exp(step))) / (
        2 * step
    )
    (weight,) = learned.parameters()
    assert weight.grad is not None
    assert float(weight.grad) == pytest.approx(slope, rel=1e-3)


def test_a_learned_temperature_has_a_floor_and_a_fixed_one_none() -> None:
    for learned, expected in ((True, 0.01), (False, 0.001)):
        found = objective(temperature=0.001, learn_temperature=learned)
        found.keep_above_floor()
        assert float(found.temperature.detach()) == pytest.approx(expected)


def test_is_float32_inside_autocast() -> None:
    outside = objective(matryoshka_dimensions=(4,))(QUERIES, DOCUMENTS, BATCH)
    with torch.autocast("cpu", torch.bfloat16):
        inside = objective(matryoshka_dimensions=(4,))(QUERIES, DOCUMENTS, BATCH)
    assert torch.equal(inside, outside)
