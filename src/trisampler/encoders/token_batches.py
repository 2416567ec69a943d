"""Batches of token ids, made in a second thread while the model computes.

Shapes: N texts, B texts of a batch, L tokens.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence, Sized
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

# Texts tokenised at a time: enough to keep the tokenizer's own threads busy, few enough that the
# model starts early.
_TEXTS_AT_A_TIME = 512
_BATCHES_AHEAD = 8
# Widths are multiples of this: a CPU compiles and keeps a kernel for each new shape, and fewer
# shapes are faster, padding and all, and take half a gigabyte less in a MiniLM's training.
_WIDTH_STEP = 8
_Text = TypeVar("_Text", bound=Sized)


@dataclass(frozen=True)
class TokenBatch:
    """One batch: which texts, and their token ids and mask, padded on the right."""

    rows_B: np.ndarray
    input_ids_BL: np.ndarray
    attention_mask_BL: np.ndarray


def token_batches(
    texts: Sequence[_Text],
    tokenize: Callable[[list[_Text]], list[list[int]]],
    *,
    padding_id: int,
    batch_tokens: int,
    most_tokens: int,
) -> Iterator[TokenBatch]:
    """Batches that hold every text once, long texts first.

    Depends on nothing but the arguments: the same texts give the same batches.

    Args:
        texts: N texts, or whatever else is the longer in tokens the greater its `len`.
        tokenize: token ids of each of a list of texts.
        padding_id: fills a row up.
        batch_tokens: most tokens of a batch, padding included; a longer text is a batch of its own.
        most_tokens: no batch is padded to more than this; no text has more.
    """
    # Characters foretell tokens well enough to keep alike lengths together.
    order_N = np.argsort([-len(text) for text in texts], kind="stable")
    for start in range(0, len(order_N), _TEXTS_AT_A_TIME):
        rows = order_N[start : start + _TEXTS_AT_A_TIME]
        ids = tokenize([texts[row] for row in rows])
        lengths = np.array([len(one) for one in ids])
        by_length = np.argsort(-lengths, kind="stable")
        widths = np.minimum(-(-lengths // _WIDTH_STEP) * _WIDTH_STEP, most_tokens).clip(min=1)
        for group in _cut(widths[by_length], batch_tokens):
            chosen = by_length[group]
            width = int(widths[chosen[0]])
            yield _padded(rows[chosen], [ids[number] for number in chosen], width, padding_id)


def _cut(widths: np.ndarray, batch_tokens: int) -> Iterator[slice]:
    """Slices of descending `widths`, each within `batch_tokens` once padded."""
    start = 0
    while start < len(widths):
        stop = start + max(1, batch_tokens // int(widths[start]))
        yield slice(start, stop)
        start = stop


def _padded(rows_B: np.ndarray, ids: list[list[int]], width: int, padding_id: int) -> TokenBatch:
    shape = (len(ids), width)
    input_ids_BL = np.full(shape, padding_id, dtype=np.int64)
    attention_mask_BL = np.zeros(shape, dtype=np.int64)
    for row, one in enumerate(ids):
        input_ids_BL[row, : len(one)] = one
        attention_mask_BL[row, : len(one)] = 1
    return TokenBatch(rows_B, input_ids_BL, attention_mask_BL)


def made_ahead(batches: Iterator[TokenBatch]) -> Iterator[TokenBatch]:
    """The same batches, made by a second thread a few ahead of where they are used.

    An exception in the thread is raised here. Leaving early stops the thread.
    """
    ready: queue.Queue[TokenBatch | BaseException | None] = queue.Queue(_BATCHES_AHEAD)
    stopped = threading.Event()

    def put(item: TokenBatch | BaseException | None) -> None:
        while not stopped.is_set():
            with suppress(queue.Full):
                ready.put(item, timeout=0.1)
                return

    def produce() -> None:
        try:
            for batch in batches:
                put(batch)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:  # handed over, and raised where the batches are used
            put(error)

    thread = threading.Thread(target=produce, name="tokenize", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()
