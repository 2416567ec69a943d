"""Precision and device are asked of the machine."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from trisampler.encoders.errors import EncoderError
from trisampler.encoders.precision import (
    autocast,
    cpu_computes_bfloat16,
    precision_name,
    resolve_device,
    resolve_precision,
)
from trisampler.encoders.settings import Precision

CPU = torch.device("cpu")


def cpu_flags() -> set[str]:
    with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
        lines = [line for line in file if line.startswith("flags")]
    return set(lines[0].split()) if lines else set()


def test_the_probe_agrees_with_what_the_kernel_says_of_the_cpu() -> None:
    flags = cpu_flags()
    if not flags:
        pytest.skip("no flags in /proc/cpuinfo")
    assert cpu_computes_bfloat16() == bool(flags & {"avx512_bf16", "amx_bf16"})


def test_auto_on_a_cpu_follows_the_probe() -> None:
    expected = torch.bfloat16 if cpu_computes_bfloat16() else torch.float32
    assert resolve_precision("auto", CPU) == expected


def test_float32_is_float32_everywhere_and_no_autocast() -> None:
    assert resolve_precision("float32", CPU) == torch.float32
    with autocast(CPU, torch.float32):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == torch.float32


def test_half_precision_is_refused_on_a_cpu() -> None:
    with pytest.raises(EncoderError, match="for GPUs"):
        resolve_precision("float16", CPU)


@pytest.mark.parametrize("name", get_args(Precision))
def test_precision_names_are_those_of_the_settings(name: Precision) -> None:
    assert precision_name(getattr(torch, name)) == name


@pytest.mark.parametrize("name", ["nonsense", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(EncoderError, match="cannot be used"):
        resolve_device(name)
