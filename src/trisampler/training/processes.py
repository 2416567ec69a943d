"""One training in one process or in several that work on the same batches.

Each process encodes its share of a batch's texts; the vectors of all are brought together, so that
every process computes the loss of the whole batch. Its gradient flows back through the process's
own texts alone, and the sum of these gradients over the processes is that of the batch.

Legend: N texts of a batch, M those of one process, D dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np
import torch

from trisampler.training.examples import Rows

T = TypeVar("T")


class Processes(Protocol):
    """Those that train together."""

    @property
    def rank(self) -> int:
        """The number of this process; 0 alone writes and logs."""
        ...

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def bring_together(self, own_vectors_MD: torch.Tensor, shares: Sequence[Rows]) -> torch.Tensor:
        """The vectors of all texts (N, D); the graph leads to this process's own.

        Args:
            own_vectors_MD: of this process's texts, in the order of its share.
            shares: for each process the numbers of its texts.
        """
        ...

    def add_up(self, weights: Iterable[torch.nn.Parameter]) -> None:
        """Replace the gradients by their sums over the processes: one synchronisation."""
        ...

    def agree_on(self, value: T) -> T:
        """What process 0 calls it with, in all processes."""
        ...


class Alone:
    """The only process."""

    rank = 0
    count = 1

    def bring_together(self, own_vectors_MD: torch.Tensor, shares: Sequence[Rows]) -> torch.Tensor:
        """The vectors in the order of the texts."""
        return own_vectors_MD[_tensor(np.argsort(shares[0]), own_vectors_MD)]

    def add_up(self, weights: Iterable[torch.nn.Parameter]) -> None:
        """Nothing to add."""

    def agree_on(self, value: T) -> T:
        """That value."""
        return value


class Group:
    """The processes of torch.distributed's default group, which is there already."""

    def __init__(self) -> None:
        from torch import distributed

        self.rank = distributed.get_rank()
        self.count = distributed.get_world_size()

    def bring_together(self, own_vectors_MD: torch.Tensor, shares: Sequence[Rows]) -> torch.Tensor:
        """See `Processes`."""
        from torch import distributed

        most = max(len(share) for share in shares)
        padded_MD = own_vectors_MD.new_zeros((most, own_vectors_MD.shape[1]))
        padded_MD[: len(own_vectors_MD)] = own_vectors_MD.detach()
        gathered = [torch.empty_like(padded_MD) for _ in shares]
        distributed.all_gather(gathered, padded_MD)
        parts = [
            vectors_MD[: len(share)] for vectors_MD, share in zip(gathered, shares, strict=True)
        ]
        parts[self.rank] = own_vectors_MD
        order_N = np.argsort(np.concatenate(shares))
        return torch.cat(parts)[_tensor(order_N, own_vectors_MD)]

    def add_up(self, weights: Iterable[torch.nn.Parameter]) -> None:
        """See `Processes`."""
        from torch import distributed

        # Every process names the same weights, those without a gradient of its own too.
        trained = [weight for weight in weights if weight.requires_grad]
        flat = torch.cat([_gradient(weight).reshape(-1) for weight in trained])
        distributed.all_reduce(flat)
        start = 0
        for weight in trained:
            weight.grad = flat[start : start + weight.numel()].view_as(weight)
            start += weight.numel()

    def agree_on(self, value: T) -> T:
        """See `Processes`."""
        from torch import distributed

        told = [value]
        distributed.broadcast_object_list(told, src=0)
        return told[0]


def shares_of(texts: Sequence[str], processes: int) -> list[Rows]:
    """For each process the numbers of the texts that it encodes: alike in number and lengths."""
    order_N = np.argsort([-len(text) for text in texts], kind="stable")
    return [np.sort(order_N[rank::processes]) for rank in range(processes)]


def _gradient(weight: torch.nn.Parameter) -> torch.Tensor:
    return torch.zeros_like(weight) if weight.grad is None else weight.grad


def _tensor(order_N: Rows, beside: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(order_N).to(beside.device)
