"""An encoder: a query tower and a document tower, which may be one and the same."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from trisampler.atomic import replaced_folder
from trisampler.encoders import backbone as backbones
from trisampler.encoders import model_folder
from trisampler.encoders.errors import EncoderError
from trisampler.encoders.fit import check_fit, resolve_settings
from trisampler.encoders.locate import locate_model
from trisampler.encoders.reinitialising import reinitialise_last_layers
from trisampler.encoders.settings import SIDES, EncoderSettings, Pooling, Side
from trisampler.encoders.tokenizer import digest_tokenizer, load_tokenizer

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from trisampler.encoders.towers import Tower

_SETTINGS_FILE = "trisampler.json"


class Encoder:
    """Towers, tokenizers and settings that together turn a text into a vector.

    Made by `load` or `load_folder`. `settings` holds what was asked for, with `pooling` and
    `normalize` resolved to what is used.
    """

    def __init__(
        self,
        settings: EncoderSettings,
        towers: Mapping[Side, Tower],
        tokenizers: Mapping[Side, Any],
    ) -> None:
        self.settings = settings
        self._towers = dict(towers)
        self._tokenizers = dict(tokenizers)
        self.module: nn.ModuleDict = self._as_module().eval()
        check_fit(self)

    @classmethod
    def load(cls, settings: EncoderSettings) -> Self:
        """Load the model or models that `settings` name, on the CPU, in float32.

        Raises:
            EncoderError: a model is missing, unsafe or unsupported; the two towers differ in
                dimension; a length is more than the model has positions for; a model has fewer
                layers than are to be initialised anew.
        """
        names: dict[Side, str] = {"query": settings.name}
        if settings.document_name not in (None, settings.name):
            names["document"] = str(settings.document_name)
        folders = {side: locate_model(name) for side, name in names.items()}
        modules = {side: model_folder.read_modules(folder) for side, folder in folders.items()}
        resolved = resolve_settings(settings, modules)
        lower_case = {side: found.lower_case for side, found in modules.items()}
        encoder = cls._assemble(resolved, folders, lower_case)
        if settings.reinitialised_layers:
            for side in folders:
                reinitialise_last_layers(
                    encoder.tower(side).backbone,
                    settings.reinitialised_layers,
                    settings.reinitialisation_seed,
                )
        return encoder

    @classmethod
    def load_folder(cls, folder: Path) -> Self:
        """Load what `save` wrote to `folder`, settings and all.

        Raises:
            EncoderError: the folder was not written by `save`, or is damaged.
        """
        file = folder / _SETTINGS_FILE
        if not file.is_file():
            raise EncoderError(
                f"{folder} is no encoder that trisampler saved (it has no {_SETTINGS_FILE}). "
                "For any other model folder set it as the encoder's name."
            )
        try:
            written = json.loads(file.read_text(encoding="utf-8"))
            settings = EncoderSettings.model_validate(written["settings"])
            shared = bool(written["shared"])
        except (ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"{file} is damaged: {error}. Train or save it again.") from error
        folders: dict[Side, Path] = {"query": folder}
        if not shared:
            folders = {side: model_folder.tower_folder(folder, side) for side in SIDES}
        return cls._assemble(settings, folders, dict.fromkeys(folders, False))

    @staticmethod
    def saved_in(folder: Path) -> bool:
        """Whether `folder` is for `load_folder`: one that `save` wrote."""
        return (folder / _SETTINGS_FILE).is_file()

    @classmethod
    def _assemble(
        cls,
        settings: EncoderSettings,
        folders: Mapping[Side, Path],
        lower_case: Mapping[Side, bool],
    ) -> Self:
        """Load the towers; `folders` has no document folder where one tower serves both sides."""
        from trisampler.encoders.towers import Tower

        pooling: Pooling = "cls" if settings.pooling == "cls" else "mean"
        towers: dict[Side, Tower] = {}
        tokenizers: dict[Side, Any] = {}
        for side, folder in folders.items():
            backbone = backbones.load_backbone(folder)
            towers[side] = Tower(backbone, pooling, bool(settings.normalize)).eval()
            tokenizers[side] = load_tokenizer(folder, lower_case=lower_case[side])
        towers.setdefault("document", towers["query"])
        tokenizers.setdefault("document", tokenizers["query"])
        return cls(settings, towers, tokenizers)

    @property
    def shared(self) -> bool:
        """Whether one tower encodes queries and documents."""
        return self._towers["query"] is self._towers["document"]

    @property
    def dimension(self) -> int:
        """D, the length of a vector."""
        return self._towers["query"].dimension

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def tower(self, side: Side) -> Tower:
        """The tower of `side`; the same object for both sides of a shared encoder."""
        return self._towers[side]

    def part_towers(self) -> None:
        """Give documents a tower of their own, a copy, where one serves both sides."""
        if not self.shared:
            return
        training = self.module.training
        self._towers["document"] = copy.deepcopy(self._towers["query"])
        self._tokenizers["document"] = copy.deepcopy(self._tokenizers["query"])
        self.module = self._as_module().train(training)

    def _as_module(self) -> nn.ModuleDict:
        from torch import nn

        if self.shared:
            return nn.ModuleDict({"shared": self._towers["query"]})
        return nn.ModuleDict({side: self._towers[side] for side in SIDES})

    def parameters(self) -> Iterator[nn.Parameter]:
        """Every weight once."""
        return self.module.parameters()

    def state_dict(self) -> dict[str, Tensor]:
        """Every weight by name, not copied; see `load_state_dict`."""
        return self.module.state_dict()

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Put the weights of `state_dict` back in place, exactly those."""
        self.module.load_state_dict(state, strict=True)

    def to(self, device: torch.device | str) -> Self:
        """Move the weights."""
        self.module.to(device)
        return self

    def train(self) -> Self:
        """Dropout on."""
        self.module.train()
        return self

    def eval(self) -> Self:
        """Dropout off."""
        self.module.eval()
        return self

    def token_ids(
        self, texts: Sequence[str], side: Side, shorter: int | None = None
    ) -> list[list[int]]:
        """Token ids of each text with the prompt of `side`, cut to its length, not padded.

        Args:
            texts: any number.
            side: whose prompt and length to use.
            shorter: cut to so many tokens where that is less than the side's length.
        """
        length = min(self.settings.length(side), shorter or self.settings.length(side))
        prompt = self.settings.prompt(side)
        encoded = self._tokenizers[side](
            [prompt + text for text in texts] if prompt else list(texts),
            truncation=True,
            max_length=length,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
        )
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def tokenize(self, texts: Sequence[str], side: Side) -> Any:
        """A padded batch: `input_ids` and `attention_mask`, both (B, L) int64, on the CPU.

        The prompt of `side` is put before each text and its length cuts what is too long. The
        result is a transformers BatchEncoding, with `.to(device)`.
        """
        return self._tokenizers[side].pad(
            {"input_ids": self.token_ids(texts, side)}, padding="longest", return_tensors="pt"
        )

    def padding_id(self, side: Side) -> int:
        """The token id that fills a row of a batch up."""
        return int(self._tokenizers[side].pad_token_id)

    def fingerprint(self, side: Side, precision: str) -> str:
        """SHA-256 (hex) of all that decides the vector of a text of `side`.

        That is the weights and architecture, the tokenizer, the pooling, the length and prompt of
        the side, the normalisation and `precision` (a name such as `bfloat16`). Names and paths
        do not enter.
        """
        parts = {
            "weights": backbones.digest_backbone(self._towers[side].backbone),
            "tokenizer": digest_tokenizer(self._tokenizers[side]),
            "pooling": self.settings.pooling,
            "normalize": self.settings.normalize,
            "prompt": self.settings.prompt(side),
            "length": self.settings.length(side),
            "precision": precision,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def save(self, folder: Path) -> None:
        """Write a folder that `load_folder` and plain `SentenceTransformer(folder)` load.

        Its `encode_query` and `encode_document` apply the prompts. One tower: the folder is also a
        plain transformers model; a SentenceTransformer of this form has one length for both sides,
        which is the document's, so there a query is cut later than here. Two towers: a Router, each
        side with its own length, each tower a transformers model in its own folder.
        """
        with replaced_folder(folder) as temporary:
            if self.shared:
                self._save_tower("query", temporary)
                model_folder.write_shared_modules(
                    temporary, max_length=self.settings.document_length, **self._module_facts()
                )
            else:
                for side in SIDES:
                    self._save_tower(side, model_folder.tower_folder(temporary, side))
                lengths: dict[Side, int] = {side: self.settings.length(side) for side in SIDES}
                model_folder.write_separate_modules(
                    temporary, max_lengths=lengths, **self._module_facts()
                )
            written = {"shared": self.shared, "settings": self.settings.model_dump(mode="json")}
            text = json.dumps(written, indent=2, sort_keys=True, ensure_ascii=False)
            (temporary / _SETTINGS_FILE).write_text(text + "\n", encoding="utf-8")

    def _module_facts(self) -> dict[str, Any]:
        return {
            "dimension": self.dimension,
            "pooling": self.settings.pooling,
            "normalize": bool(self.settings.normalize),
            "prompts": {side: self.settings.prompt(side) for side in SIDES},
        }

    def _save_tower(self, side: Side, folder: Path) -> None:
        tokenizer = self._tokenizers[side]
        # What the last call cut and padded to is no part of the tokenizer.
        tokenizer.backend_tokenizer.no_truncation()
        tokenizer.backend_tokenizer.no_padding()
        backbones.save_backbone(self._towers[side].backbone, folder)
        tokenizer.save_pretrained(folder)
