"""Linear layers in float32 through oneDNN rather than PyTorch's default BLAS.

The default, MKL, uses half the vector width on CPUs that are not Intel's; oneDNN uses all of it and
is 2.3 times faster there. The sums are the same up to their order.

Import this module inside functions: it loads torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn


def onednn_serves_linear() -> bool:
    """Whether this PyTorch and CPU can, and gain from it."""
    return (
        torch.backends.mkldnn.is_available()
        and torch.backends.cpu.get_cpu_capability() == "AVX512"
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


@contextmanager
def onednn_linear(module: nn.Module) -> Iterator[None]:
    """Inside, the linear layers of `module` compute by oneDNN, on their own weights, not copies.

    For inference in float32 on a CPU only: there is no backward pass.
    """
    served = onednn_serves_linear()
    layers = [one for one in module.modules() if type(one) is nn.Linear] if served else []
    for layer in layers:
        layer.__dict__["forward"] = partial(_linear, layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.__dict__["forward"]


def _linear(layer: nn.Linear, input_: Tensor) -> Tensor:
    result: Tensor = torch.ops.mkldnn._linear_pointwise(
        input_, layer.weight, layer.bias, "none", [], ""
    )
    return result
