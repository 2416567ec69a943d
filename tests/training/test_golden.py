"""A tiny seeded training whose losses are committed: an unintended change of numerics shows.

Where a change is intended: `python tests/training/test_golden.py`, and say why in the commit.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from training.toy import SETTINGS, toy
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import EncoderSettings
from trisampler.training.trainer import train_encoder

GOLDEN = Path(__file__).with_name("golden_losses.json")


def losses() -> dict[str, list[float]]:
    """Without dropout, whose random numbers may differ between versions and machines."""
    collection = toy()
    with tempfile.TemporaryDirectory() as folder:
        history = train_encoder(
            Encoder.load(EncoderSettings(name="untrained:0", document_length=64)),
            collection.examples(),
            collection.dev_pool(),
            SETTINGS.model_copy(update={"dropout": False}),
            seed=0,
            round_number=1,
            checkpoint_folder=Path(folder),
        ).history
    return {
        "loss": history["loss"].drop_nulls().to_list(),
        "gradient_norm": history["gradient_norm"].drop_nulls().to_list(),
    }


def test_losses_are_those_committed() -> None:
    golden, found = json.loads(GOLDEN.read_text()), losses()
    assert found["loss"] == pytest.approx(golden["loss"], rel=1e-3, abs=1e-4)
    assert found["gradient_norm"] == pytest.approx(golden["gradient_norm"], rel=2e-2)


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(losses(), indent=1) + "\n")
