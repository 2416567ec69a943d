"""Loading one transformer from a folder, and asking it for its limits."""

from __future__ import annotations

import hashlib
import json
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from trisampler.encoders.errors import EncoderError

# Entries of a model's config that do not change its vectors.
_NOT_COMPUTED_WITH = """
_name_or_path transformers_version architectures dtype torch_dtype use_cache id2label label2id
output_attentions output_hidden_states return_dict problem_type gradient_checkpointing
hidden_dropout_prob attention_probs_dropout_prob classifier_dropout initializer_range
"""


def load_backbone(folder: Path) -> Any:
    """The transformer in `folder`: float32, SDPA attention, safetensors only, no foreign code.

    Raises:
        EncoderError: it cannot be loaded so, it has no vector for each token, or weights that its
            vectors depend on are missing.
    """
    from transformers import AutoModel

    model, lacking = load_model(AutoModel, folder)
    _check_outputs(model, folder)
    missing = [name for name in lacking if not name.startswith("pooler.")]
    if missing:
        raise EncoderError(
            f"The weights in {folder} lack {len(missing)} tensors that the model needs "
            f"({missing[0]}, ...): its vectors would be random. The file is damaged or belongs to "
            "another model."
        )
    if lacking:
        # Left in, the pooler, which no vector passes through, would be random and save as such.
        model.pooler = None
    return model.eval()


def _check_outputs(model: Any, folder: Path) -> None:
    """Refuse a model whose output has no token vectors to pool."""
    if getattr(model.config, "is_encoder_decoder", False):
        found = "has an encoder and a decoder"
    elif "last_hidden_state" not in (_declared_outputs(model) or {"last_hidden_state"}):
        found = "gives no vector for each token (last_hidden_state)"
    else:
        return
    raise EncoderError(
        f"The model in {folder} ({type(model).__name__}) {found}, so there is nothing to pool to "
        "a text's vector. Name an encoder such as BERT, RoBERTa or MPNet."
    )


def _declared_outputs(model: Any) -> set[str]:
    """Names of what the model's class says that it returns; empty where it does not say."""
    try:
        returned = typing.get_type_hints(type(model).forward).get("return")
    except (NameError, TypeError):  # names that only a type checker sees
        return set()
    kinds = [kind for kind in typing.get_args(returned) or (returned,) if is_dataclass(kind)]
    return {field.name for kind in kinds for field in fields(kind)}


def load_model(factory: Any, folder: Path) -> tuple[Any, list[str]]:
    """The model in `folder` as `factory` (an AutoModel class) makes it, and what it lacks.

    float32, SDPA attention where the architecture has it, safetensors only, no foreign code.

    Returns:
        The model, and the names of its tensors that the folder has no weights for.

    Raises:
        EncoderError: it cannot be loaded so.
    """
    try:
        with _no_bars():
            model, found = _load(factory, folder)
    except Exception as error:  # safetensors has errors of its own
        raise EncoderError(
            f"The model in {folder} cannot be loaded ({type(error).__name__}: {error}). Expected "
            "a transformers model with model.safetensors that needs no code of its own."
        ) from error
    return model, sorted(found["missing_keys"])


def _load(factory: Any, folder: Path) -> tuple[Any, dict[str, Any]]:
    import torch

    options = {"dtype": torch.float32, "use_safetensors": True, "local_files_only": True}
    options |= {"trust_remote_code": False}  # None would ask at the terminal
    try:
        loaded = factory.from_pretrained(
            folder, attn_implementation="sdpa", output_loading_info=True, **options
        )
    except ValueError as error:
        # An architecture without SDPA says so in a ValueError; it computes the same eagerly.
        if "scaled_dot_product_attention" not in str(error):
            raise
        loaded = factory.from_pretrained(
            folder, attn_implementation="eager", output_loading_info=True, **options
        )
    model, found = loaded
    return model, found


def save_backbone(backbone: Any, folder: Path) -> None:
    """Write config.json and model.safetensors."""
    with _no_bars():
        backbone.save_pretrained(folder)


@contextmanager
def _no_bars() -> Iterator[None]:
    """Inside, transformers draws no progress bars."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def most_tokens(backbone: Any) -> int | None:
    """How many tokens the model has positions for; None where its positions have no end."""
    embeddings = getattr(backbone, "embeddings", None)
    positions = getattr(embeddings, "position_embeddings", None)
    if positions is not None and hasattr(positions, "num_embeddings"):
        # RoBERTa and its kin begin to count after the padding position.
        padding = getattr(positions, "padding_idx", None)
        return int(positions.num_embeddings) - (0 if padding is None else int(padding) + 1)
    limit = getattr(backbone.config, "max_position_embeddings", None)
    return int(limit) if limit is not None and limit > 0 else None


def digest_backbone(backbone: Any) -> str:
    """SHA-256 (hex) over the architecture and every weight: name, dtype, shape and bytes."""
    import torch

    digest = hashlib.sha256()
    without = set(_NOT_COMPUTED_WITH.split())
    config = {key: value for key, value in backbone.config.to_dict().items() if key not in without}
    digest.update(json.dumps(config, sort_keys=True, default=str).encode())
    for name, tensor in sorted(backbone.state_dict().items()):
        digest.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(memoryview(flat.view(torch.uint8).numpy()))
    return digest.hexdigest()
