"""The triangle of a query q, a positive d+ and a negative d-, from its three cosines.

All functions are for unit vectors and broadcast over arrays:

    a = cos(q, d+)      x = cos(q, d-)      y = cos(d+, d-)

The quasi-triangular principle (a negative forms a triangle-like region with q and d+, with
60 degrees as the boundary) is TriSampler's: Yang, Shao, Dong, Tang, AAAI 2024. Two readings of
its angle are in circulation, T1 and T2 below. The derivations are ours.
"""

from __future__ import annotations

import numpy as np

from trisampler.negatives.arrays import Bool, Floats

SIXTY_DEGREES = float(np.pi / 3)


def _chord(cosine: Floats | float) -> Floats:
    """Distance of two unit vectors over sqrt(2): |u - v|^2 = 2 - 2 cos(u, v)."""
    return np.asarray(np.sqrt(np.maximum(1.0 - cosine, 0.0)))


def relu_support(x: Floats, y: Floats) -> Bool:
    """Where r = ReLU(s(d+,d-) - s(q,d-)) is above zero: y > x.

    |d+ - d-|^2 - |q - d-|^2 = (2 - 2y) - (2 - 2x) = 2 (x - y), so y > x says that the negative is
    nearer to the positive than to the query. As y - x = <d+ - q, d->, all weights of one query
    are one product with d+ - q.
    """
    return np.asarray(y > x)


def leaning_cap(a: Floats | float) -> Floats:
    """The x that no negative with y > x reaches: cos(theta+ / 2) = sqrt((1 + a) / 2).

    theta+ is the angle between q and d+. The angle of d- to d+ is at least |theta- - theta+|, so
    y > x needs |theta- - theta+| < theta-, that is theta- > theta+ / 2.
    """
    return np.asarray(np.sqrt((1.0 + np.asarray(a)) / 2.0))


def feasible_range(a: Floats | float, x: Floats) -> tuple[Floats, Floats]:
    """The least and the greatest y that three unit vectors can have: ax -/+ sqrt((1-a²)(1-x²)).

    With d+ = a q + sqrt(1-a²) u and d- = x q + sqrt(1-x²) v, for unit u and v orthogonal to q,
    y = ax + sqrt((1-a²)(1-x²)) <u, v>, and <u, v> takes every value of [-1, 1] (in two dimensions
    only the two ends).
    """
    a, x = np.asarray(a), np.asarray(x)
    spread = np.sqrt(np.maximum((1.0 - a * a) * (1.0 - x * x), 0.0))
    return a * x - spread, a * x + spread


def t1_angle(a: Floats | float, x: Floats, y: Floats) -> Floats:
    """T1: the angle at q between d+ - q and d- - q, in radians.

    cos = <d+ - q, d- - q> / (|d+ - q| |d- - q|) = (y - a - x + 1) / (2 sqrt((1-a)(1-x))). Where
    d+ or d- is q itself there is no angle, and the result is NaN.
    """
    product = 2.0 * _chord(a) * _chord(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = (y - a - x + 1.0) / np.where(product > 0.0, product, np.nan)
    return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)))


def t1_floor(a: Floats | float, x: Floats, angle: float = SIXTY_DEGREES) -> Floats:
    """The least y for which T1 is at most `angle` (radians): a + x - 1 + 2 cos(angle) sqrt(..).

    At 60 degrees it is a + x - 1 + sqrt((1-a)(1-x)). How it compares with the ReLU's y > x:
    floor - x = sqrt(1-a) (sqrt(1-x) - sqrt(1-a)), which is 0 at x = a, above 0 (T1 is stricter)
    for x < a, below 0 (T1 is looser) for x > a. Near x = a, where `tri`'s Gaussian peaks, T1 and
    the ReLU ask for the same thing: an isosceles triangle with at most 60 degrees at its apex q.
    """
    return np.asarray(a + x - 1.0 + 2.0 * np.cos(angle) * _chord(a) * _chord(x))


def t2_angle(a: Floats | float, x: Floats) -> Floats:
    """T2: |acos(a) - acos(x)|, the difference of the two angles to the query, in radians.

    It filters almost nothing at 60 degrees: it never looks at y, and where both cosines are at
    least 0.5 both angles lie in [0, 60] degrees, so their difference does too.
    """
    return np.asarray(np.abs(np.arccos(np.clip(a, -1.0, 1.0)) - np.arccos(np.clip(x, -1.0, 1.0))))
