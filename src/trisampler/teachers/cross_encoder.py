"""A cross-encoder: query and document read together, one logit out.

Shapes: B pairs of a batch, C classes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from trisampler.encoders import backbone as backbones
from trisampler.encoders.locate import locate_model
from trisampler.encoders.tokenizer import digest_tokenizer, load_tokenizer
from trisampler.teachers.errors import TeacherError

if TYPE_CHECKING:
    from torch import Tensor

_SEGMENT_BIT = 32


@dataclass(frozen=True, slots=True)
class TextPair:
    """A query and a document to be read together."""

    query: str
    document: str

    def __len__(self) -> int:
        """Characters of both."""
        return len(self.query) + len(self.document)


@dataclass(frozen=True)
class CrossEncoder:
    """A transformer with a classification head of one class or two, and its tokenizer.

    Attributes:
        model: in float32, dropout off.
        tokenizer: a fast one with a padding token.
        pair_length: the most tokens of a pair, special tokens included.
    """

    model: Any
    tokenizer: Any
    pair_length: int

    @classmethod
    def load(cls, name: str, pair_length: int) -> Self:
        """Load the cross-encoder that `name` means, on the CPU.

        Raises:
            EncoderError: it is missing, unsafe or unsupported.
            TeacherError: it has no trained head, more than two classes, or fewer positions than
                `pair_length`.
        """
        from transformers import AutoModelForSequenceClassification

        folder = locate_model(name, modules=False)
        model, lacking = backbones.load_model(AutoModelForSequenceClassification, folder)
        _check(model, lacking, folder, pair_length)
        tokenizer = load_tokenizer(folder, lower_case=False)
        return cls(model.eval(), tokenizer, pair_length)

    def fingerprint(self, precision: str) -> str:
        """SHA-256 (hex) of all that decides a pair's logit; names and paths do not enter."""
        parts = {
            "kind": "cross-encoder",
            "weights": backbones.digest_backbone(self.model),
            "tokenizer": digest_tokenizer(self.tokenizer),
            "pair_length": self.pair_length,
            "precision": precision,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def packed_tokens(self, pairs: Sequence[TextPair]) -> list[list[int]]:
        """Tokens of each pair, cut, not padded: id + segment * 2**32, for `logits` to take apart.

        Packed, since a batch of tokens has one number a token. The segment says whether a token is
        the query's or the document's, to models that ask.
        """
        segmented = "token_type_ids" in self.tokenizer.model_input_names
        encoded = self.tokenizer(
            [pair.query for pair in pairs],
            [pair.document for pair in pairs],
            truncation="longest_first",
            max_length=self.pair_length,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=segmented,
        )
        ids: list[list[int]] = encoded["input_ids"]
        if not segmented:
            return ids
        return [
            [token + (segment << _SEGMENT_BIT) for token, segment in zip(*each, strict=True)]
            for each in zip(ids, encoded["token_type_ids"], strict=True)
        ]

    def logits(self, packed_BL: Tensor, mask_BL: Tensor) -> Tensor:
        """The relevance logit of each pair (B,), float32.

        With two classes that is the second one's logit less the first one's, whose sigmoid is the
        softmax's share of the second.
        """
        inputs = {
            "input_ids": packed_BL & ((1 << _SEGMENT_BIT) - 1),
            "attention_mask": mask_BL,
        }
        if "token_type_ids" in self.tokenizer.model_input_names:
            inputs["token_type_ids"] = packed_BL >> _SEGMENT_BIT
        logits_BC: Tensor = self.model(**inputs).logits.float()
        if logits_BC.shape[1] == 1:
            return logits_BC[:, 0]
        return logits_BC[:, 1] - logits_BC[:, 0]


def _check(model: Any, lacking: list[str], folder: Path, pair_length: int) -> None:
    if lacking:
        raise TeacherError(
            f"The weights in {folder} lack {len(lacking)} tensors that a cross-encoder needs "
            f"({lacking[0]}, ...): its scores would be random. It is a bi-encoder (set "
            "teacher.kind to bi-encoder), or the file is damaged."
        )
    classes = int(model.config.num_labels)
    if classes > 2:
        raise TeacherError(
            f"The model in {folder} tells {classes} classes apart; a teacher has one logit, or two "
            "of which the second means relevant. Choose a cross-encoder made for ranking."
        )
    limit = backbones.most_tokens(model.base_model)
    if limit is not None and pair_length > limit:
        raise TeacherError(
            f"teacher.pair_length is {pair_length}, but the model in {folder} has positions for "
            f"{limit} tokens. Set it to at most {limit}."
        )
