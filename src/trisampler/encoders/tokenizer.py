"""Loading a model's tokenizer from its folder, and what tells two tokenizers apart."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from trisampler.encoders.errors import EncoderError

# Of a tokenizer's files those that a vocabulary can be in.
_VOCABULARY_FILES = ("tokenizer.json", "vocab.*", "*.model", "*.tiktoken", "tekken.json")
# What a tokenizer's tokens depend on that transformers keeps apart from its rules.
_BESIDE_THE_RULES = ("truncation_side", "split_special_tokens")


def load_tokenizer(folder: Path, *, lower_case: bool) -> Any:
    """The fast tokenizer in `folder`, lower-casing first if the model's folder asks for that.

    Raises:
        EncoderError: there is none, it knows no words, cannot be loaded, is no fast one, or has no
            padding token.
    """
    from transformers import AutoTokenizer

    # Of a folder without these transformers makes a tokenizer that knows only special tokens.
    if not has_tokenizer(folder):
        raise EncoderError(f"{folder} has no tokenizer.json or vocabulary. {_remedy(folder)}")
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # tokenizers raises nothing more particular
        raise EncoderError(
            f"The tokenizer in {folder} cannot be loaded ({type(error).__name__}: {error})."
        ) from error
    if not tokenizer.is_fast or tokenizer.pad_token_id is None:
        lack = "is no fast tokenizer" if not tokenizer.is_fast else "has no padding token"
        raise EncoderError(
            f"The tokenizer in {folder} {lack}; a tokenizer.json with one is needed here."
        )
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)):
        raise EncoderError(
            f"The tokenizer in {folder} knows special tokens only ({len(tokenizer)} of them), so "
            f"every text would become the unknown token. {_remedy(folder)}"
        )
    if lower_case:
        _lower_case_first(tokenizer.backend_tokenizer)
    return tokenizer


def has_tokenizer(folder: Path) -> bool:
    """Whether a file lies in `folder` that can hold a tokenizer's vocabulary."""
    return any(any(folder.glob(pattern)) for pattern in _VOCABULARY_FILES)


def _remedy(folder: Path) -> str:
    return (
        "Save the tokenizer that the model was trained with beside its weights: "
        f"AutoTokenizer.from_pretrained(NAME).save_pretrained({str(folder)!r})"
    )


def _lower_case_first(backend: Any) -> None:
    from tokenizers import normalizers

    steps = [normalizers.Lowercase()]
    if backend.normalizer is not None:
        steps.append(backend.normalizer)
    backend.normalizer = normalizers.Sequence(steps)


def digest_tokenizer(tokenizer: Any) -> str:
    """SHA-256 (hex) over the tokenizer's rules and vocabulary, and the side it cuts texts at.

    The truncation and padding in the rules are left out: they are whatever the last call asked for.
    """
    rules = json.loads(tokenizer.backend_tokenizer.to_str())
    rules.pop("truncation", None)
    rules.pop("padding", None)
    beside = {name: getattr(tokenizer, name, None) for name in _BESIDE_THE_RULES}
    return hashlib.sha256(json.dumps([rules, beside], sort_keys=True).encode()).hexdigest()
