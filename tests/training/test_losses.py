"""Each loss against a naive reference in float64, one pair at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.training.losses import info_nce, kl_divergence, margin_mse, reversed_info_nce

Matrix = list[list[float]]


@dataclass(frozen=True)
class Case:
    logits: np.ndarray
    target: np.ndarray
    allowed: np.ndarray
    teacher: np.ndarray

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return (
            torch.from_numpy(self.logits),
            torch.from_numpy(self.target),
            torch.from_numpy(self.allowed),
        )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    queries, documents = draw(st.integers(1, 6)), draw(st.integers(1, 9))
    scale = draw(st.sampled_from([0.1, 3.0, 50.0]))
    logits = (scale * random.normal(size=(queries, documents))).astype(np.float32)
    target = random.integers(documents, size=queries)
    allowed = random.random((queries, documents)) < draw(st.floats(0, 1))
    allowed[np.arange(queries), target] = True
    teacher = random.normal(size=(queries, documents)).astype(np.float32)
    teacher[random.random((queries, documents)) < draw(st.floats(0, 1))] = np.nan
    return Case(logits, target, allowed, teacher)


def log_softmax(values: list[float]) -> list[float]:
    top = max(values)
    total = top + math.log(sum(math.exp(value - top) for value in values))
    return [value - total for value in values]


def naive_info_nce(case: Case) -> float:
    losses = []
    for row, column in enumerate(case.target):
        chosen = [c for c in range(case.logits.shape[1]) if case.allowed[row, c]]
        logs = log_softmax([float(case.logits[row, c]) for c in chosen])
        losses.append(-logs[chosen.index(int(column))])
    return sum(losses) / len(losses)


def naive_reversed(case: Case) -> float:
    losses = []
    for row, column in enumerate(case.target):
        chosen = [
            other
            for other in range(len(case.target))
            if other == row or (case.allowed[other, column] and case.target[other] != column)
        ]
        logs = log_softmax([float(case.logits[other, column]) for other in chosen])
        losses.append(-logs[chosen.index(row)])
    return sum(losses) / len(losses)


def naive_kl(case: Case) -> float:
    losses = []
    for row in range(len(case.target)):
        chosen = [c for c in range(case.logits.shape[1]) if not math.isnan(case.teacher[row, c])]
        if len(chosen) < 2:
            continue
        teacher = log_softmax([float(case.teacher[row, c]) for c in chosen])
        student = log_softmax([float(case.logits[row, c]) for c in chosen])
        losses.append(sum(math.exp(t) * (t - s) for t, s in zip(teacher, student, strict=True)))
    return sum(losses) / len(losses) if losses else 0.0


def naive_margin_mse(case: Case) -> float:
    squares = []
    for row, column in enumerate(case.target):
        for other in range(case.logits.shape[1]):
            taught = float(case.teacher[row, column]) - float(case.teacher[row, other])
            if other != column and not math.isnan(taught):
                margin = float(case.logits[row, column]) - float(case.logits[row, other])
                squares.append((margin - taught) ** 2)
    return sum(squares) / len(squares) if squares else 0.0


@given(cases())
@settings(deadline=None, max_examples=150)
def test_losses_agree_with_float64_references(case: Case) -> None:
    logits, target, allowed = case.tensors()
    teacher = torch.from_numpy(case.teacher)
    for found, expected in (
        (info_nce(logits, target, allowed), naive_info_nce(case)),
        (reversed_info_nce(logits, target, allowed), naive_reversed(case)),
        (kl_divergence(logits, teacher), naive_kl(case)),
        (margin_mse(logits, teacher, target), naive_margin_mse(case)),
    ):
        assert found.dtype == torch.float32
        assert float(found) == pytest.approx(expected, rel=2e-5, abs=2e-5)


@given(cases())
@settings(deadline=None, max_examples=60)
def test_gradients_are_finite_whatever_is_masked(case: Case) -> None:
    _, target, allowed = case.tensors()
    teacher = torch.from_numpy(case.teacher)
    for loss in (
        lambda logits: info_nce(logits, target, allowed),
        lambda logits: reversed_info_nce(logits, target, allowed),
        lambda logits: kl_divergence(logits, teacher),
        lambda logits: margin_mse(logits, teacher, target),
    ):
        logits = torch.from_numpy(case.logits).requires_grad_()
        loss(logits).backward()
        assert logits.grad is not None
        assert bool(logits.grad.isfinite().all())


def test_info_nce_by_hand() -> None:
    # Scores 1, 0 and -1: -log(e^1 / (e^1 + e^0 + e^-1)); the last one masked for the second query.
    logits = torch.tensor([[1.0, 0.0, -1.0], [1.0, 0.0, -1.0]])
    allowed = torch.tensor([[True, True, True], [True, True, False]])
    loss = info_nce(logits, torch.tensor([0, 1]), allowed)
    first = math.log(math.e + 1 + 1 / math.e) - 1
    second = math.log(math.e + 1)
    assert float(loss) == pytest.approx((first + second) / 2, rel=1e-6)


def test_a_teacher_that_agrees_leaves_nothing_to_learn() -> None:
    scores = torch.tensor([[2.0, 1.0, -1.0]])
    assert float(kl_divergence(scores, scores + 7)) == pytest.approx(0, abs=1e-6)
    assert float(margin_mse(scores, scores + 7, torch.tensor([0]))) == pytest.approx(0, abs=1e-9)


def test_masked_documents_get_no_gradient() -> None:
    logits = torch.tensor([[0.3, 0.2, 0.9]], requires_grad=True)
    info_nce(logits, torch.tensor([0]), torch.tensor([[True, True, False]])).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert (logits.grad[0] != 0).tolist() == [True, True, False]
