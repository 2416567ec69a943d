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
    waiting: list[tuple[int, list[int]]] = []
    for start in range(0, len(order_N), _TEXTS_AT_A_TIME):
        rows = order_N[start : start + _TEXTS_AT_A_TIME]
        waiting += zip(rows, tokenize([texts[row] for row in rows]), strict=True)
        waiting.sort(key=lambda one: -len(one[1]))
        last = start + _TEXTS_AT_A_TIME >= len(order_N)
        # Batches are full but for the last, so that there are few shapes.
        while waiting and (last or len(waiting) >= _texts_of(waiting, batch_tokens, most_tokens)):
            count = _texts_of(waiting, batch_tokens, most_tokens)
            yield _padded(waiting[:count], _width(waiting, most_tokens), padding_id)
            del waiting[:count]


def _width(waiting: list[tuple[int, list[int]]], most_tokens: int) -> int:
    """To how many tokens a batch is padded that begins with the longest waiting text."""
    longest = len(waiting[0][1])
    return max(1, min(-(-longest // _WIDTH_STEP) * _WIDTH_STEP, most_tokens))


def _texts_of(waiting: list[tuple[int, list[int]]], batch_tokens: int, most_tokens: int) -> int:
    """How many texts of that width a batch holds."""
    return max(1, batch_tokens // _width(waiting, most_tokens))


def _padded(texts: list[tuple[int, list[int]]], width: int, padding_id: int) -> TokenBatch:
    shape = (len(texts), width)
    input_ids_BL = np.full(shape, padding_id, dtype=np.int64)
    attention_mask_BL = np.zeros(shape, dtype=np.int64)
    for place, (_, ids) in enumerate(texts):
        input_ids_BL[place, : len(ids)] = ids
        attention_mask_BL[place, : len(ids)] = 1
    return TokenBatch(np.array([row for row, _ in texts]), input_ids_BL, attention_mask_BL)


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
