"""What each training step measured, and what follows from it: the best step, when to stop."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import Self

import polars as pl

from trisampler.training.dev_measure import MEASURE

_SCHEMA = pl.Schema(
    {
        "step": pl.Int32(),
        "loss": pl.Float64(),
        "learning_rate": pl.Float64(),
        "gradient_norm": pl.Float64(),
        "queries_per_second": pl.Float64(),
        "temperature": pl.Float64(),
        f"dev_{MEASURE}": pl.Float64(),
        "documents": pl.Int32(),
    }
)


@dataclass(frozen=True)
class StepRecord:
    """One step; step 0 is the encoder before training, of which only `dev` is known.

    `gradient_norm` is before clipping; `dev` is None where it was not measured; `documents` is how
    many different ones the batch's queries were contrasted with, encoded unless they are frozen.
    """

    step: int
    loss: float | None = None
    learning_rate: float | None = None
    gradient_norm: float | None = None
    queries_per_second: float | None = None
    temperature: float | None = None
    dev: float | None = None
    documents: int | None = None


@dataclass
class History:
    """The records of all steps so far, in order."""

    records: list[StepRecord] = field(default_factory=list)

    @property
    def last_step(self) -> int:
        """0 before the first step."""
        return self.records[-1].step if self.records else 0

    @property
    def first_loss(self) -> float | None:
        """The loss of step 1."""
        return next((record.loss for record in self.records if record.loss is not None), None)

    @property
    def best_step(self) -> int:
        """The first of the steps that measured best; the last step where none was measured."""
        measured = self._measured()
        return max(measured, key=lambda pair: pair[1])[0] if measured else self.last_step

    @property
    def measurements_since_best(self) -> int:
        """How many measurements in a row brought no new best."""
        return sum(step > self.best_step for step, _ in self._measured())

    def add(self, record: StepRecord) -> None:
        """Append the record of the next step."""
        self.records.append(record)

    def table(self) -> pl.DataFrame:
        """One row per step: step, loss, learning_rate, gradient_norm, ..., `dev_nDCG@10`."""
        return pl.DataFrame(
            [astuple(record) for record in self.records], schema=_SCHEMA, orient="row"
        )

    @classmethod
    def from_table(cls, table: pl.DataFrame) -> Self:
        """The history that gave `table`."""
        return cls([StepRecord(*row) for row in table.iter_rows()])

    def _measured(self) -> list[tuple[int, float]]:
        return [(record.step, record.dev) for record in self.records if record.dev is not None]
