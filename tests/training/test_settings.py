from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from trisampler.training.settings import DevPoolSettings, TrainingSettings


def test_a_query_needs_something_to_be_told_apart_from() -> None:
    with pytest.raises(ValidationError, match="negatives_per_query"):
        TrainingSettings(in_batch_negatives=False, negatives_per_query=0)


def test_a_learned_temperature_starts_at_its_floor_or_above() -> None:
    with pytest.raises(ValidationError, match=r"never goes below 0\.01; begin there"):
        TrainingSettings(temperature=0.005, learn_temperature=True)
    TrainingSettings(temperature=0.01, learn_temperature=True)
    TrainingSettings(temperature=0.005)


@pytest.mark.parametrize(
    "wrong",
    [{"steps": 0}, {"temperature": 0}, {"stepps": 3}, {"warmup_fraction": 1}, {"gradient_clip": 0}],
)
def test_refuses_what_makes_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        TrainingSettings.model_validate(wrong)


def test_every_field_is_described() -> None:
    for model in (TrainingSettings, DevPoolSettings):
        assert all(field.description for field in model.model_fields.values())


def test_importing_the_package_loads_no_torch() -> None:
    code = (
        "import sys, trisampler.training.trainer, trisampler.training.dev_pool\n"
        "loaded = {'torch', 'transformers', 'safetensors'} & set(sys.modules)\n"
        "sys.exit(', '.join(loaded) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
