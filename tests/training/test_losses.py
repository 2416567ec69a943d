from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trisampler.training.losses import info_nce


def naive(
    queries: np.ndarray,
    documents: np.ndarray,
    target: np.ndarray,
    allowed: np.ndarray,
    temperature: float,
) -> float:
    losses = []
    for row, query in enumerate(queries):
        logits = {
            column: sum(float(a) * float(b) for a, b in zip(query, document, strict=True))
            / temperature
            for column, document in enumerate(documents)
            if allowed[row, column]
        }
        top = max(logits.values())
        total = sum(math.exp(logit - top) for logit in logits.values())
        losses.append(math.log(total) + top - logits[int(target[row])])
    return sum(losses) / len(losses)


@given(
    seed=st.integers(0, 2**32 - 1),
    query_count=st.integers(1, 6),
    document_count=st.integers(1, 9),
    temperature=st.sampled_from([0.02, 0.05, 1.0]),
    share=st.floats(0, 1),
)
@settings(deadline=None, max_examples=60)
def test_agrees_with_a_float64_reference(
    seed: int, query_count: int, document_count: int, temperature: float, share: float
) -> None:
    random = np.random.default_rng(seed)
    queries = random.normal(size=(query_count, 5)).astype(np.float32)
    documents = random.normal(size=(document_count, 5)).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    documents /= np.linalg.norm(documents, axis=1, keepdims=True)
    target = random.integers(document_count, size=query_count)
    allowed = random.random((query_count, document_count)) < share
    allowed[np.arange(query_count), target] = True
    loss = info_nce(
        torch.from_numpy(queries),
        torch.from_numpy(documents),
        torch.from_numpy(target),
        torch.from_numpy(allowed),
        temperature,
    )
    assert loss.dtype == torch.float32
    expected = naive(queries, documents, target, allowed, temperature)
    assert float(loss) == pytest.approx(expected, rel=2e-5, abs=2e-5)


def test_by_hand() -> None:
    # Scores 1, 0 and -1: -log(e^1 / (e^1 + e^0 + e^-1)); the last one masked for the second query.
    queries = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    documents = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    allowed = torch.tensor([[True, True, True], [True, True, False]])
    loss = info_nce(queries, documents, torch.tensor([0, 1]), allowed, 1.0)
    first = math.log(math.e + 1 + 1 / math.e) - 1
    second = math.log(math.e + 1)
    assert float(loss) == pytest.approx((first + second) / 2, rel=1e-6)


def test_masked_documents_get_no_gradient() -> None:
    torch.manual_seed(0)
    documents = torch.randn(3, 4, requires_grad=True)
    allowed = torch.tensor([[True, True, False]])
    info_nce(torch.randn(1, 4), documents, torch.tensor([0]), allowed, 0.05).backward()
    assert documents.grad is not None
    assert bool((documents.grad[2] == 0).all())
    assert bool((documents.grad[1] != 0).any())


def test_is_float32_inside_autocast() -> None:
    random = torch.Generator().manual_seed(0)
    vectors = torch.nn.functional.normalize(torch.randn(9, 64, generator=random), dim=1)
    arguments = (
        vectors[:4],
        vectors[4:],
        torch.arange(4),
        torch.ones(4, 5, dtype=torch.bool),
        0.02,
    )
    outside = info_nce(*arguments)
    with torch.autocast("cpu", torch.bfloat16):
        inside = info_nce(*arguments)
    assert torch.equal(inside, outside)
