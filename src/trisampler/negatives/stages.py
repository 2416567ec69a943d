"""Running a sampler's stages over a block of pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trisampler.negatives.arrays import Bool, Float64, Int64, UInt64
from trisampler.negatives.draw import conditional_log_probabilities, draw, greatest
from trisampler.negatives.errors import NegativesError
from trisampler.negatives.noise import gumbels
from trisampler.negatives.sampler import LogWeight, Sampler, Stage
from trisampler.negatives.scores import PairScores


@dataclass(frozen=True)
class Chance:
    """Where a block's randomness comes from.

    Attributes:
        keys_of: from a stage's name to the noise keys of the block's pairs (P,).
        digests_PK: the candidates' id digests.
        order_log_probability_PK: how likely the pool put each candidate where it stands, given
            what stands before; 0 for ranked lists.
    """

    keys_of: Callable[[str], UInt64]
    digests_PK: UInt64
    order_log_probability_PK: Float64

    def noise(self, stage: str, columns_SM: Int64, pairs_S: Int64 | None = None) -> Float64:
        """Gumbel noise of these columns of these pairs (of all pairs) in that stage."""
        keys_P, digests_PK = self.keys_of(stage), self.digests_PK
        if pairs_S is not None:
            keys_P, digests_PK = keys_P[pairs_S], digests_PK[pairs_S]
        return gumbels(keys_P[:, None], _take(digests_PK, columns_SM))


class Outcome(NamedTuple):
    """What the stages left over, n columns per pair in the order of drawing.

    Attributes:
        columns_Pn: candidate columns.
        mask_Pn: which places hold a negative: the first ones of each row.
        log_probability_Pn: given the earlier draws of the last stage; 0 off the mask.
        filled_Pn: drawn by the last stage's `fill`, for want of weight.
        kept_P: how many the first stage was to keep.
        first_log_weights_PK: the first stage's weights, -inf where not eligible.
    """

    columns_Pn: Int64
    mask_Pn: Bool
    log_probability_Pn: Float64
    filled_Pn: Bool
    kept_P: Int64
    first_log_weights_PK: Float64

    @property
    def drawn_PK(self) -> Bool:
        """Which candidates are negatives."""
        drawn_PK = np.zeros(self.first_log_weights_PK.shape, dtype=bool)
        pairs, places = np.nonzero(self.mask_Pn)
        drawn_PK[pairs, self.columns_Pn[pairs, places]] = True
        return drawn_PK


class _Step(NamedTuple):
    """One stage done: what it chose from, by which weights, and what it chose."""

    within_PM: Int64
    within_mask_PM: Bool
    log_weights_PM: Float64
    keep_P: Int64
    places_Pn: Int64
    mask_Pn: Bool

    @property
    def columns_Pn(self) -> Int64:
        """The candidate columns chosen."""
        return _take(self.within_PM, self.places_Pn)


@dataclass(frozen=True)
class StageRunner:
    """Thins the candidates of P pairs out, stage by stage.

    Attributes:
        sampler: with at least one stage.
        scores: of the pairs and their candidates.
        negatives: n, how many to draw per pair.
        chance: noise keys and digests.
        order_K: the candidates' places in the order of their pools, which the first stage follows
            where it draws in order.
        name_pair: from a pair's place in the block to its name, for messages.
    """

    sampler: Sampler
    scores: PairScores
    negatives: int
    chance: Chance
    order_K: Int64
    name_pair: Callable[[int], str]

    def run(self) -> Outcome:
        """At most n columns per pair.

        Raises:
            NegativesError: a log-weight that is NaN or +inf.
        """
        shape = self.scores.eligible_PK.shape
        columns_PM, mask_PM = np.broadcast_to(np.arange(shape[1]), shape), self.scores.eligible_PK
        steps: list[_Step] = []
        order_M = self.order_K
        for number, stage in enumerate(self.sampler.stages):
            steps.append(self._thin(stage, str(number), columns_PM, mask_PM, order_M))
            columns_PM, mask_PM = steps[-1].columns_Pn, steps[-1].mask_Pn
            order_M = np.arange(columns_PM.shape[1])
        outcome = self._outcome(steps)
        return outcome if stage.fill is None else self._filled(outcome, steps[-1], stage.fill)

    def _thin(
        self, stage: Stage, name: str, within_PM: Int64, mask_PM: Bool, order_M: Int64
    ) -> _Step:
        log_weights_PM = np.where(mask_PM, self._weigh(stage.log_weight, within_PM), -np.inf)
        keep = stage.keep(log_weights_PM, self.negatives) if stage.keep else self.negatives
        if stage.in_order:
            values_PM = np.where(np.isfinite(log_weights_PM), -order_M.astype(np.float64), -np.inf)
        else:
            values_PM = log_weights_PM + self.chance.noise(name, within_PM)
        places_Pn, chosen_Pn = greatest(values_PM, keep)
        keep_P = np.broadcast_to(np.asarray(keep), len(within_PM))
        return _Step(within_PM, mask_PM, log_weights_PM, keep_P, places_Pn, chosen_Pn)

    def _weigh(self, log_weight: LogWeight, columns_PM: Int64) -> Float64:
        weights_PM: Float64 = _take(log_weight(self.scores), columns_PM)
        eligible_PM: Bool = _take(self.scores.eligible_PK, columns_PM)
        bad_PM = eligible_PM & ~(weights_PM < np.inf)
        if bad_PM.any():
            pair = int(np.nonzero(bad_PM)[0][0])
            raise NegativesError(
                f"sampler {self.sampler.name!r} gives {self.name_pair(pair)} a candidate of "
                f"log-weight {weights_PM[bad_PM][0]}; it must be finite, or -inf for 'never'"
            )
        return weights_PM

    def _outcome(self, steps: list[_Step]) -> Outcome:
        last = steps[-1]
        if self.sampler.stages[-1].in_order:
            chances_PK = self.chance.order_log_probability_PK
            log_probability_Pn = np.where(last.mask_Pn, _take(chances_PK, last.columns_Pn), 0.0)
        else:
            log_probability_Pn = conditional_log_probabilities(
                last.log_weights_PM, last.places_Pn, last.mask_Pn
            )
        width = self.negatives
        return Outcome(
            columns_Pn=_widened(last.columns_Pn, width),
            mask_Pn=_widened(last.mask_Pn, width),
            log_probability_Pn=_widened(log_probability_Pn, width),
            filled_Pn=np.zeros((len(last.mask_Pn), width), dtype=bool),
            kept_P=steps[0].keep_P,
            first_log_weights_PK=steps[0].log_weights_PM,
        )

    def _filled(self, outcome: Outcome, last: _Step, fill: LogWeight) -> Outcome:
        """Where weight ran out before n were drawn, draw on by `fill` from what is left."""
        count_P = np.count_nonzero(outcome.mask_Pn, axis=1)
        short = np.flatnonzero(count_P < self.negatives)
        if not short.size:
            return outcome
        left_SM = (last.within_mask_PM & np.isneginf(last.log_weights_PM))[short]
        within_SM = last.within_PM[short]
        log_weights_SM = np.where(left_SM, self._weigh(fill, last.within_PM)[short], -np.inf)
        noise_SM = self.chance.noise("fill", within_SM, short)
        drawn = draw(log_weights_SM, self.negatives - count_P[short], noise_SM)
        row, draw_number = np.nonzero(drawn.mask_PM)
        place = (short[row], count_P[short[row]] + draw_number)
        outcome.columns_Pn[place] = _take(within_SM, drawn.columns_PM)[row, draw_number]
        outcome.log_probability_Pn[place] = drawn.log_probability_PM[row, draw_number]
        outcome.mask_Pn[place] = outcome.filled_Pn[place] = True
        return outcome


def _take(values_PK: npt.NDArray[Any], columns_PM: Int64) -> npt.NDArray[Any]:
    if columns_PM.strides[0] == 0 and columns_PM.shape == values_PK.shape:
        return values_PK  # all columns, as broadcast by `run`
    return np.take_along_axis(values_PK, columns_PM, axis=1)


def _widened(values_PM: npt.NDArray[Any], width: int) -> npt.NDArray[Any]:
    return np.pad(values_PM, ((0, 0), (0, width - values_PM.shape[1])))
