"""Inference on a CPU, faster than PyTorch does it by itself.

Import this module inside functions: it loads torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from trisampler.encoders.blocked_attention import blocked_attention
from trisampler.encoders.onednn_linear import onednn_linear

_MOST_THAT_COUNTS = 31 << 20


@contextmanager
def cpu_kernels(module: nn.Module, backbone: Any, dtype: torch.dtype) -> Iterator[None]:
    """Inside, `module` computes in `dtype` by the faster kernels; afterwards as before.

    `backbone` is the transformer in it, or `module` itself. Batches must be padded on the right and
    need no gradient.
    """
    _keep_freed_memory()
    with onednn_linear(module, dtype):
        if dtype == torch.bfloat16:
            with blocked_attention(backbone):
                yield
        else:
            yield


def _keep_freed_memory() -> None:
    """Let the allocator keep some 60 MB for the next batch instead of asking for fresh pages.

    glibc gives freed memory back to the system beyond a limit that grows with the largest block
    freed so far, up to 32 MB. Clearing fresh pages for each layer would cost a tenth of the time.
    """
    torch.empty(_MOST_THAT_COUNTS, dtype=torch.uint8)
