"""Two ways to the gradient of a batch's loss: plain, and with memory for one micro-batch at a time.

Legend: B queries, N documents, M texts of this process, D dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from trisampler.encoders.settings import Side
from trisampler.encoders.token_batches import TokenBatch
from trisampler.hashing import derive_seed
from trisampler.training.batch_encoder import BatchEncoder, in_order
from trisampler.training.batches import Batch
from trisampler.training.contrast import BatchLoss, Contrast
from trisampler.training.examples import Rows
from trisampler.training.processes import Processes, shares_of


class Gradients(Protocol):
    """A way to the gradient of a batch's loss."""

    def backward(self, batch: Batch, seed: int) -> BatchLoss:
        """Add this process's part of the gradient to that of every weight.

        Args:
            batch: of all processes.
            seed: of this step's dropout.

        Returns:
            That of the whole batch, without graph.
        """
        ...


@dataclass(frozen=True)
class Part:
    """The queries or the documents of a batch, as one process encodes them.

    Attributes:
        side: which of them.
        shares: for each process the numbers of the texts that it encodes.
        micro_batches: this process's texts.
        seeds: of each micro-batch's dropout.
    """

    side: Side
    shares: Sequence[Rows]
    micro_batches: list[TokenBatch]
    seeds: list[int]


@dataclass(frozen=True)
class Work:
    """What both ways start from: the encoder, what is contrasted, and who works along."""

    encoder: BatchEncoder
    contrast: Contrast
    processes: Processes

    def parts(self, batch: Batch, seed: int) -> list[Part]:
        """The texts to encode, tokenised where they are this process's."""
        return [self._part(side, texts, seed) for side, texts in self.contrast.texts(batch)]

    def _part(self, side: Side, texts: list[str], seed: int) -> Part:
        rank = self.processes.rank
        shares = shares_of(texts, self.processes.count)
        micro_batches = self.encoder.micro_batches([texts[row] for row in shares[rank]], side)
        seeds = [derive_seed(seed, side, rank, number) for number in range(len(micro_batches))]
        return Part(side, shares, micro_batches, seeds)

    def vectors(self, part: Part) -> torch.Tensor:
        """The vectors of this process's texts (M, D), with their graph where gradients are on."""
        if not part.micro_batches:
            return self.encoder.no_vectors(part.side)
        vectors = [
            self.encoder.encode(micro_batch, part.side, seed)
            for micro_batch, seed in zip(part.micro_batches, part.seeds, strict=True)
        ]
        return in_order(vectors, part.micro_batches)


class PlainGradients:
    """Keeps the graph of the whole batch: the fastest, and the most memory."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def loss(self, batch: Batch, seed: int) -> BatchLoss:
        """The loss of a batch, with its graph."""
        work = self._work
        vectors = [
            work.processes.bring_together(work.vectors(part), part.shares)
            for part in work.parts(batch, seed)
        ]
        return work.contrast.loss(vectors, batch, seed)

    def backward(self, batch: Batch, seed: int) -> BatchLoss:
        """See `Gradients`."""
        loss = self.loss(batch, seed)
        loss.value.backward()  # type: ignore[no-untyped-call]
        return loss.detached()


class CachedGradients:
    """GradCache: a batch of any size in the memory of one micro-batch, for one more forward pass.

    Gao, Zhang, Han, Callan, RepL4NLP 2021: encode without a graph; take the loss's gradient with
    respect to the vectors; encode each micro-batch again, with a graph, and send its vectors'
    gradient back through it. Dropout is a function of the micro-batch's place, so the second time
    it is the same, and the gradient is that of `PlainGradients`.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    def backward(self, batch: Batch, seed: int) -> BatchLoss:
        """See `Gradients`."""
        work = self._work
        parts = work.parts(batch, seed)
        with torch.no_grad():
            own_vectors = [work.vectors(part) for part in parts]
        for vectors_MD in own_vectors:
            vectors_MD.requires_grad_()
        whole = [
            work.processes.bring_together(vectors_MD, part.shares)
            for vectors_MD, part in zip(own_vectors, parts, strict=True)
        ]
        loss = work.contrast.loss(whole, batch, seed)
        loss.value.backward()  # type: ignore[no-untyped-call]
        for vectors_MD, part in zip(own_vectors, parts, strict=True):
            assert vectors_MD.grad is not None
            for micro_batch, seed_of_one in zip(part.micro_batches, part.seeds, strict=True):
                vectors_BD = work.encoder.encode(micro_batch, part.side, seed_of_one)
                rows_B = torch.from_numpy(micro_batch.rows_B).to(vectors_BD.device)
                vectors_BD.backward(vectors_MD.grad[rows_B])  # type: ignore[no-untyped-call]
        return loss.detached()
