"""A small collection that a tiny encoder can learn, and trainings that are killed on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from trisampler.training.dev_pool import DevPool, build_dev_pool
from trisampler.training.examples import TrainingExamples
from trisampler.training.settings import DevPoolSettings, TrainingSettings

RUN_SCHEMA = {"query_id": pl.String, "doc_id": pl.String, "rank": pl.Int32}


@dataclass(frozen=True)
class Toy:
    corpus: pl.DataFrame
    queries: pl.DataFrame
    train_judgements: pl.DataFrame
    dev_judgements: pl.DataFrame
    negatives: pl.DataFrame

    def examples(self) -> TrainingExamples:
        return TrainingExamples.build(
            self.corpus, self.queries, self.train_judgements, self.negatives
        )

    def dev_pool(self, **sizes: Any) -> DevPool:
        no_hits = pl.DataFrame(schema=RUN_SCHEMA)
        return build_dev_pool(
            self.corpus,
            self.queries,
            self.dev_judgements,
            no_hits,
            no_hits,
            DevPoolSettings(**sizes),
            seed=0,
        )


def toy() -> Toy:
    """40 topics: a query of two made-up words, two documents with their synonyms among others.

    A third of the queries has two positives; queries 0 to 29 are for training, the rest for dev.
    """
    random = np.random.default_rng(7)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = ["".join(random.choice(letters, 5)) for _ in range(120)]
    documents, queries, train, dev = [], [], [], []
    for topic in range(40):
        query_id, (first, second) = f"q{topic:02}", random.choice(words, 2, replace=False)
        queries.append((query_id, f"how to {first} {second}"))
        for copy in range(2):
            doc_id = f"d{topic:02}{copy}"
            filler = " ".join(random.choice(words, int(random.integers(1, 12))))
            documents.append((doc_id, first if copy else "", f"{second} {first} {filler}"))
            if copy == 0 or topic % 3 == 0:
                (train if topic < 30 else dev).append((query_id, doc_id, 1))
    judgement_schema = {"query_id": pl.String, "doc_id": pl.String, "relevance": pl.Int32}
    positives = {(query_id, doc_id) for query_id, doc_id, _ in train}
    negatives = [
        (query_id, positive_id, negative_id)
        for query_id, positive_id, _ in train
        for negative_id in random.choice([doc_id for doc_id, *_ in documents], 4, replace=False)
        if (query_id, negative_id) not in positives
    ]
    return Toy(
        corpus=pl.DataFrame(documents, schema=["doc_id", "title", "text"], orient="row"),
        queries=pl.DataFrame(queries, schema=["query_id", "text"], orient="row"),
        train_judgements=pl.DataFrame(train, schema=judgement_schema, orient="row"),
        dev_judgements=pl.DataFrame(dev, schema=judgement_schema, orient="row"),
        negatives=pl.DataFrame(
            negatives, schema=["query_id", "positive_id", "negative_id"], orient="row"
        ),
    )


# Five steps an epoch; dropout, so that random states matter; a checkpoint between measurements.
SETTINGS = TrainingSettings(
    steps=12,
    batch_queries=6,
    negatives_per_query=2,
    learning_rate=3e-3,
    dropout=True,
    evaluate_every=4,
    checkpoint_every=3,
    micro_batch_tokens=128,
    precision="float32",
    device="cpu",
)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before_step(number: int) -> Callable[[], None]:
    def install() -> None:
        from trisampler.training.loop import TrainingLoop

        step = TrainingLoop._step

        def killed(self: Any, at: int) -> Any:
            if at == number:
                _kill()
            return step(self, at)

        TrainingLoop._step = killed  # type: ignore[method-assign]

    return install


def _half_way_through_optimizer_file(number: int) -> Callable[[], None]:
    def install() -> None:
        import torch

        save, calls = torch.save, []

        def killed(value: Any, path: Path) -> None:
            save(value, path)
            calls.append(path)
            if len(calls) == number:
                os.truncate(path, path.stat().st_size // 2)
                _kill()

        torch.save = killed

    return install


def _before_position(number: int) -> Callable[[], None]:
    """After the best weights of the same step are written."""

    def install() -> None:
        from trisampler.training.checkpoints import Checkpoints

        save = Checkpoints.save

        def killed(self: Any, position: Any, step: int, best_step: int) -> None:
            if step == number:
                _kill()
            save(self, position, step, best_step)

        Checkpoints.save = killed  # type: ignore[method-assign]

    return install


def _before_old_ones_go(number: int) -> Callable[[], None]:
    """After the new checkpoint has its name."""

    def install() -> None:
        import shutil

        remove, calls = shutil.rmtree, []

        def killed(path: Path, **options: Any) -> None:
            calls.append(path)
            if len(calls) == number:
                _kill()
            remove(path, **options)

        shutil.rmtree = killed  # type: ignore[assignment]

    return install


KILL_POINTS: dict[str, Callable[[], None]] = {
    "before the first step": _before_step(1),
    "before the first checkpoint": _before_step(3),
    "between two checkpoints": _before_step(5),
    "in the second epoch": _before_step(8),
    "in the third epoch": _before_step(12),
    "inside the first checkpoint": _half_way_through_optimizer_file(1),
    "inside the third checkpoint": _half_way_through_optimizer_file(3),
    "between best weights and position": _before_position(8),
    "before the old checkpoint is removed": _before_old_ones_go(2),
    "after the last step": _before_position(12),
}


def train_toy(
    encoder_folder: Path,
    checkpoints: Path,
    result: Path,
    kill_point: str | None = None,
    **changes: Any,
) -> None:
    """Train in this process and write `result`.safetensors and `result`.parquet."""
    import torch
    from safetensors.torch import save_file

    from trisampler.encoders.encoder import Encoder
    from trisampler.training.trainer import train_encoder

    torch.set_num_threads(1)
    if kill_point is not None:
        KILL_POINTS[kill_point]()
    collection = toy()
    trained = train_encoder(
        Encoder.load_folder(encoder_folder),
        collection.examples(),
        collection.dev_pool(),
        SETTINGS.model_copy(update=changes),
        seed=3,
        round_number=1,
        checkpoint_folder=checkpoints,
    )
    save_file(trained.encoder.state_dict(), result.with_suffix(".safetensors"))
    trained.history.write_parquet(result.with_suffix(".parquet"))
