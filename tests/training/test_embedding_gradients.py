"""Gradients by row against PyTorch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from trisampler.training.embedding_gradients import gradients_by_row

_CPU = torch.device("cpu")
_WORDS, _DIMENSION = 9_000, 128


class Words(nn.Module):
    """A table of words and something to train above it."""

    def __init__(self, padding_id: int | None = 0) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.table = nn.Embedding(_WORDS, _DIMENSION, padding_idx=padding_id)
        self.above = nn.Linear(_DIMENSION, 4)

    def forward(self, ids_BL: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.above(self.table(ids_BL)).tanh().sum()
        return out


def _batches() -> list[torch.Tensor]:
    """Two batches with words that come often, in both, and padding."""
    generator = torch.Generator().manual_seed(5)
    first = torch.randint(0, 50, (6, 17), generator=generator)
    second = torch.randint(20, _WORDS, (3, 11), generator=generator)
    first[:, -3:] = 0
    return [first, second]


@pytest.mark.parametrize("padding_id", [0, None])
def test_gradients_of_several_passes_add_up_as_pytorchs(padding_id: int | None) -> None:
    plain, by_row = Words(padding_id), Words(padding_id)
    for ids in _batches():
        plain(ids).backward()
        with gradients_by_row(by_row, _CPU):
            value = by_row(ids)
        value.backward()
    for (name, wanted), found in zip(plain.named_parameters(), by_row.parameters(), strict=True):
        assert wanted.grad is not None
        assert found.grad is not None, name
        torch.testing.assert_close(found.grad, wanted.grad, rtol=1e-6, atol=1e-6)
    assert by_row.table.weight.grad is not None
    assert bool((by_row.table.weight.grad != 0).any(dim=1).sum() > 60)


def test_values_are_the_same_and_the_table_is_itself_again_afterwards() -> None:
    words = Words()
    ids = _batches()[0]
    wanted = words.table(ids)
    with gradients_by_row(words, _CPU):
        found = words.table(ids)
    assert torch.equal(found, wanted)
    assert "forward" not in vars(words.table)
    words(ids).backward()
    assert words.table.weight.grad is not None


def test_a_frozen_table_has_no_gradient() -> None:
    words = Words()
    words.table.weight.requires_grad_(False)
    with gradients_by_row(words, _CPU):
        words(_batches()[0]).backward()
    assert words.table.weight.grad is None
    assert words.above.weight.grad is not None


def test_both_passes_over_a_batch_give_the_same_bits() -> None:
    gradients = []
    for _ in range(2):
        words = Words()
        with gradients_by_row(words, _CPU):
            words(_batches()[0]).backward()
        gradients.append(words.table.weight.grad)
    assert torch.equal(*gradients)  # type: ignore[arg-type]
