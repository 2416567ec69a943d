"""Weighted drawing without replacement, many rows at once.

Adding Gumbel noise to log-weights and taking the k greatest is exactly k draws without
replacement, each in proportion to the weights that are left (Plackett-Luce; Vieira 2014, Kool,
van Hoof, Welling, ICML 2019). It needs no exponential, so it cannot underflow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trisampler.negatives.arrays import Bool, Float64, Int64


class Draw(NamedTuple):
    """What was drawn, in the order of drawing.

    Attributes:
        columns_PM: the columns drawn; where the mask is False, the number says nothing.
        mask_PM: which places hold a draw: the first ones of each row.
        log_probability_PM: log-probability of each draw given the earlier draws of its row; 0
            where the mask is False.
    """

    columns_PM: Int64
    mask_PM: Bool
    log_probability_PM: Float64


def draw(log_weights_PK: Float64, keep: int | Int64, noise_PK: Float64) -> Draw:
    """Draw `keep` columns of each row without replacement, in proportion to the weights.

    Fastest on blocks of about 2^16 cells, which stay in the processor's cache.

    Args:
        log_weights_PK: -inf where a column must never be drawn; no NaN, no +inf.
        keep: how many to draw, one number or one per row (P,). Rows with fewer finite weights give
            as many as they have.
        noise_PK: standard Gumbel noise, as `noise.gumbels` makes it.
    """
    columns_PM, mask_PM = greatest(log_weights_PK + noise_PK, keep)
    return Draw(
        columns_PM, mask_PM, conditional_log_probabilities(log_weights_PK, columns_PM, mask_PM)
    )


def greatest(values_PK: Float64, keep: int | Int64) -> tuple[Int64, Bool]:
    """Columns of the `keep` greatest values of each row, greatest first, never one at -inf.

    Returns columns (P, M) and mask (P, M), M the greatest of `keep` and at most K.
    """
    pairs, columns = values_PK.shape
    keep_P = np.broadcast_to(np.asarray(keep, dtype=np.int64), (pairs,))
    most = min(int(keep_P.max(initial=0)), columns)
    negated_PK = -values_PK
    if 0 < most < columns:
        top_PM = np.argpartition(negated_PK, most - 1, axis=1)[:, :most]
        order_PM = np.argsort(np.take_along_axis(negated_PK, top_PM, axis=1), axis=1)
        columns_PM = np.take_along_axis(top_PM, order_PM, axis=1)
    else:
        columns_PM = np.argsort(negated_PK, axis=1)[:, :most]
    chosen_PM = np.take_along_axis(values_PK, columns_PM, axis=1)
    mask_PM = (np.arange(most) < keep_P[:, None]) & (chosen_PM > -np.inf)
    return columns_PM.astype(np.int64, copy=False), mask_PM


def conditional_log_probabilities(
    log_weights_PK: Float64, columns_PM: Int64, mask_PM: Bool
) -> Float64:
    """Log-probability of each draw given the earlier draws of its row: (P, M), 0 off the mask.

    The j-th draw has weight w_j out of what is left: w_j, w_j+1, .. and all that is never drawn.
    These sums are built from the last draw to the first, in log space, so that nothing is
    subtracted and nothing underflows.
    """
    drawn_PM = np.where(mask_PM, np.take_along_axis(log_weights_PK, columns_PM, axis=1), -np.inf)
    rest_PK = log_weights_PK.copy()
    blank_PM = np.where(mask_PM, -np.inf, np.take_along_axis(rest_PK, columns_PM, axis=1))
    np.put_along_axis(rest_PK, columns_PM, blank_PM, axis=1)
    left_P = log_sum(rest_PK)
    result_PM = np.zeros_like(drawn_PM)
    for place in range(columns_PM.shape[1] - 1, -1, -1):
        left_P = np.logaddexp(left_P, drawn_PM[:, place])
        np.subtract(drawn_PM[:, place], left_P, out=result_PM[:, place], where=mask_PM[:, place])
    return result_PM


def log_sum(log_weights_PK: Float64) -> Float64:
    """Log of the sum of the weights of each row (P,); -inf for a row of -inf."""
    greatest_P, scaled_PK = scaled_weights(log_weights_PK)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(scaled_PK.sum(axis=1)) + greatest_P)


def effective_size(log_weights_PK: Float64) -> Float64:
    """Effective sample size of each row's weights, (sum w)² / sum w² (Kish): (P,); 0 where none."""
    _, scaled_PK = scaled_weights(log_weights_PK)
    total_P = scaled_PK.sum(axis=1)
    squares_P = np.square(scaled_PK).sum(axis=1)
    size_P: Float64 = np.divide(
        total_P**2, squares_P, out=np.zeros_like(total_P), where=squares_P > 0
    )
    return size_P


def entropy(log_weights_PK: Float64) -> Float64:
    """Entropy of each row's first draw, in nats: (P,); 0 where nothing can be drawn."""
    greatest_P, scaled_PK = scaled_weights(log_weights_PK)
    total_P = scaled_PK.sum(axis=1)
    drawable_PK = scaled_PK > 0
    shifted_PK = np.where(drawable_PK, log_weights_PK - greatest_P[:, None], 0.0)
    mean_P = np.divide(
        (scaled_PK * shifted_PK).sum(axis=1), total_P, out=np.zeros_like(total_P), where=total_P > 0
    )
    return np.asarray(np.log(np.where(total_P > 0, total_P, 1.0)) - mean_P)


def scaled_weights(log_weights_PK: Float64) -> tuple[Float64, Float64]:
    """The greatest log-weight of each row (0 for a row of -inf), and the weights over it."""
    greatest_P = log_weights_PK.max(axis=1, initial=-np.inf)
    greatest_P = np.where(np.isneginf(greatest_P), 0.0, greatest_P)
    return greatest_P, np.exp(log_weights_PK - greatest_P[:, None])
