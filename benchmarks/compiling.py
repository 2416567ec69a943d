"""Would `torch.compile` make training faster? MiniLM forward and backward, compiled and not.

Both sides in turn on batches of several shapes, compiled once for all of them. The time that
compiling takes is printed too.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from benchmarks.claim import Claim, hardware, report

_SHAPES = [(16, 128), (24, 81), (64, 32)]
_REPEATS = 5
_WORTH_IT = 1.15


def _tower(precision: Any) -> Any:
    import torch

    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.settings import EncoderSettings

    backbone = Encoder.load(EncoderSettings()).tower("document").backbone
    backbone.set_attn_implementation("eager" if precision == torch.bfloat16 else "sdpa")
    return backbone


def _step(backbone: Any, ids_BL: Any, mask_BL: Any, precision: Any) -> float:
    import torch

    started = time.perf_counter()
    with torch.autocast("cpu", precision, enabled=precision != torch.float32):
        hidden_BLD = backbone(input_ids=ids_BL, attention_mask=mask_BL).last_hidden_state
    hidden_BLD.float().mean().backward()
    return time.perf_counter() - started


def _compare(precision: Any) -> Claim:
    import torch

    plain, compiled = _tower(precision), torch.compile(_tower(precision), dynamic=True)
    ratios, compiling = [], 0.0
    for texts, tokens in _SHAPES:
        ids_BL = torch.randint(1000, 20_000, (texts, tokens))
        mask_BL = torch.ones_like(ids_BL)
        mask_BL[:, -2:] = 0
        compiling += _step(compiled, ids_BL, mask_BL, precision)
        _step(plain, ids_BL, mask_BL, precision)
        seconds = [
            [_step(each, ids_BL, mask_BL, precision) for each in (plain, compiled)]
            for _ in range(_REPEATS)
        ]
        plain_seconds, compiled_seconds = map(statistics.median, zip(*seconds, strict=True))
        ratios.append(plain_seconds / compiled_seconds)
    name = str(precision).removeprefix("torch.")
    each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"{name}: {each} times as fast, {compiling:.0f} s to compile")
    value = statistics.median(ratios)
    claim = f"times faster with torch.compile, which is offered from the bar on: {name}"
    return Claim(claim, value, _WORTH_IT, value < _WORTH_IT, hardware())


def main() -> None:
    """Both precisions."""
    import torch

    import trisampler  # noqa: F401  its settings of threads, before torch reads them

    report([_compare(precision) for precision in (torch.bfloat16, torch.float32)])


if __name__ == "__main__":
    main()
