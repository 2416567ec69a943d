"""Cross-encoders small enough for tests, with random weights that tell pairs apart."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from trisampler.encoders.untrained import build_untrained_encoder

LONGEST = 128


def save_tiny_cross_encoder(folder: Path, *, classes: int = 1, kind: str = "bert") -> None:
    """Write a two-layer classifier of pairs to `folder`, in transformers' own form.

    Args:
        folder: where to.
        classes: of the head.
        kind: bert, which is told queries from documents by segments, or distilbert, which is not.
    """
    import torch
    from transformers import AutoTokenizer

    with tempfile.TemporaryDirectory() as temporary:
        build_untrained_encoder(Path(temporary), seed=0)
        tokenizer = AutoTokenizer.from_pretrained(temporary)
    if kind == "distilbert":
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = _model(kind, len(tokenizer), classes)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _model(kind: str, words: int, classes: int) -> Any:
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        DistilBertConfig,
        DistilBertForSequenceClassification,
    )

    shared: Any = {
        "vocab_size": words,
        "max_position_embeddings": LONGEST,
        "num_labels": classes,
        "initializer_range": 0.2,
    }
    if kind == "distilbert":
        config = DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64, **shared)
        return DistilBertForSequenceClassification(config)
    config = BertConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        **shared,
    )
    return BertForSequenceClassification(config)
