"""Colours, sizes and text of every figure, so that they read as one set."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart with every common kind of colour blindness.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, SKY = "#CC79A7", "#E69F00", "#56B4E9"
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
INK, PALE_INK, GRID = "#222222", "#6B6B6B", "#E3E3E3"

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.edgecolor": PALE_INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": PALE_INK,
    "ytick.color": PALE_INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
}


@contextmanager
def figure(width: float = 12.0, height: float = 6.0) -> Iterator[Figure]:
    """A new figure of `width` x `height` inches at 100 dots an inch, in our style."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        yield Figure(figsize=(width, height), dpi=100, layout="constrained")


def png(drawn: Figure) -> bytes:
    """The figure as a PNG, the same bytes for the same figure."""
    buffer = BytesIO()
    drawn.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()


def data_uri(drawn: Figure) -> str:
    """The figure as a PNG inside an address, for pages that stand alone."""
    return "data:image/png;base64," + b64encode(png(drawn)).decode()
