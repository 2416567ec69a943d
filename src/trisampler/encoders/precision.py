"""Which device and number format to compute in: asked of the hardware, never assumed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Literal

from trisampler.encoders.errors import EncoderError
from trisampler.encoders.settings import Precision

if TYPE_CHECKING:
    import torch


def resolve_device(name: str) -> torch.device:
    """The device that `name` means here; `auto` is a GPU where there is one.

    Raises:
        EncoderError: `name` is no device, or one that this machine has not.
    """
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise EncoderError(
            f"The device {name!r} cannot be used on this machine "
            f"({str(error).splitlines()[0]}). Set device to auto or cpu."
        ) from error
    return device


def cpu_computes_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 matrices in hardware (AVX512-BF16 or AMX).

    Others emulate it, far slower than float32.
    """
    import torch

    supported = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in supported)


def resolve_precision(name: Literal["auto"] | Precision, device: torch.device) -> torch.dtype:
    """The dtype that `name` means on `device`; `auto` is probed, anything else taken at its word.

    Raises:
        EncoderError: float16 was asked for on a CPU, where it is slow and overflows.
    """
    import torch

    if name == "auto":
        if device.type == "cuda":
            return torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float16
        if device.type == "cpu" and cpu_computes_bfloat16():
            return torch.bfloat16
        return torch.float32
    if name == "float16" and device.type == "cpu":
        raise EncoderError(
            "The precision float16 is for GPUs; this would run on the CPU. "
            "Set precision to auto, bfloat16 or float32."
        )
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]


def precision_name(dtype: torch.dtype) -> str:
    """`torch.bfloat16` -> `bfloat16`."""
    return str(dtype).removeprefix("torch.")


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[None]:
    """Matrix products in `dtype`, sums and weights in float32; nothing at all for float32."""
    import torch

    return torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32)
