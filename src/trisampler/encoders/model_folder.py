"""The folder form of sentence-transformers: what `modules.json` and its neighbours say.

The class names written are those that every sentence-transformers from 2.0 (5.0 for two towers)
knows; version 6 maps them to its new ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trisampler.encoders.errors import EncoderError
from trisampler.encoders.settings import SIDES, Pooling, Side

_MODULE = "sentence_transformers.models."
_POOLING_FLAGS: dict[str, Pooling] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
}


@dataclass(frozen=True)
class FolderModules:
    """What a model's own folder says about pooling, normalisation and prompts.

    `pooling` and `normalize` are None where the folder says nothing (a bare transformer). `pooling`
    may be one that is not supported here, such as `lasttoken` or `cls + mean`.
    """

    pooling: str | None
    normalize: bool | None
    include_prompt: bool
    lower_case: bool
    prompts: dict[str, str]


def read_modules(folder: Path) -> FolderModules:
    """Read `modules.json` and what it names.

    Raises:
        EncoderError: the folder asks for a module that is not supported here, or a file is no
            valid JSON.
    """
    if not (folder / "modules.json").is_file():
        return FolderModules(None, None, include_prompt=True, lower_case=False, prompts={})
    modules = _read_json(folder / "modules.json")
    kinds = [str(module["type"]).rpartition(".")[2] for module in modules]
    if "Router" in kinds or "Asym" in kinds:
        raise EncoderError(
            f"{folder} holds separate query and document towers. Name the folder of each in it as "
            "`name` and `document_name` and set pooling and normalize, or load the whole with "
            "Encoder.load_folder if trisampler wrote it."
        )
    unknown = sorted(set(kinds) - {"Transformer", "Pooling", "Normalize"})
    if unknown:
        raise EncoderError(
            f"{folder / 'modules.json'} has a module that is not supported here: "
            f"{', '.join(unknown)}. Supported: Transformer, Pooling (mean or cls), Normalize."
        )
    pooling: str | None = None
    include_prompt = True
    for kind, module in zip(kinds, modules, strict=True):
        if kind == "Pooling":
            config = _read_json(folder / module["path"] / "config.json")
            pooling = _pooling_of(config)
            include_prompt = bool(config.get("include_prompt", True))
    transformer_file = folder / "sentence_bert_config.json"
    transformer = _read_json(transformer_file) if transformer_file.is_file() else {}
    prompts_file = folder / "config_sentence_transformers.json"
    prompts = _read_json(prompts_file).get("prompts", {}) if prompts_file.is_file() else {}
    return FolderModules(
        pooling=pooling,
        normalize="Normalize" in kinds,
        include_prompt=include_prompt,
        lower_case=bool(transformer.get("do_lower_case", False)),
        prompts={str(key): str(value) for key, value in prompts.items() if value},
    )


def write_shared_modules(
    folder: Path,
    *,
    dimension: int,
    pooling: Pooling,
    normalize: bool,
    max_length: int,
    prompts: dict[Side, str],
) -> None:
    """Make a folder that holds one transformer a whole SentenceTransformer folder."""
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    if normalize:
        modules.append(("2_Normalize", "Normalize"))
    _write_module_list(folder, modules)
    _write_transformer_config(folder, max_length)
    _write_pooling(folder / "1_Pooling", dimension, pooling)
    _write_model_config(folder, normalize=normalize, prompts=prompts)


def write_separate_modules(
    folder: Path,
    *,
    dimension: int,
    pooling: Pooling,
    normalize: bool,
    max_lengths: dict[Side, int],
    prompts: dict[Side, str],
) -> None:
    """Make a folder with two transformers (see `tower_folder`) a SentenceTransformer folder."""
    modules = [("", "Router")] + ([("1_Normalize", "Normalize")] if normalize else [])
    _write_module_list(folder, modules)
    towers = {side: tower_folder(folder, side) for side in max_lengths}
    for side, path in towers.items():
        _write_transformer_config(path, max_lengths[side])
    _write_pooling(folder / "pooling", dimension, pooling)
    types = {path.name: f"{_MODULE}Transformer" for path in towers.values()}
    router = {
        "types": {**types, "pooling": f"{_MODULE}Pooling"},
        "structure": {side: [path.name, "pooling"] for side, path in towers.items()},
        "parameters": {"default_route": "document", "allow_empty_key": True},
    }
    _write_json(folder / "router_config.json", router)
    _write_model_config(folder, normalize=normalize, prompts=prompts)


def tower_folder(folder: Path, side: Side) -> Path:
    """Where the transformer of `side` lies in a folder with two towers."""
    return folder / f"{side}_tower"


def _pooling_of(config: dict[str, Any]) -> str:
    """The pooling modes of a Pooling module, in its old form (flags) or its new (names)."""
    if "pooling_mode" in config:
        found = config["pooling_mode"]
        modes = [found] if isinstance(found, str) else list(found)
    else:
        flags = [key for key, on in config.items() if key.startswith("pooling_mode_") and on]
        modes = [_POOLING_FLAGS.get(flag, flag.removeprefix("pooling_mode_")) for flag in flags]
    return " + ".join(modes) or "of no kind"


def _write_module_list(folder: Path, modules: list[tuple[str, str]]) -> None:
    listed = [
        {"idx": number, "name": str(number), "path": path, "type": _MODULE + kind}
        for number, (path, kind) in enumerate(modules)
    ]
    _write_json(folder / "modules.json", listed)
    for path, kind in modules:
        if kind == "Normalize":
            _write_json(folder / path / "config.json", {})


def _write_transformer_config(folder: Path, max_length: int) -> None:
    config = {"max_seq_length": max_length, "do_lower_case": False}
    _write_json(folder / "sentence_bert_config.json", config)


def _write_pooling(folder: Path, dimension: int, pooling: Pooling) -> None:
    config: dict[str, Any] = {"word_embedding_dimension": dimension, "include_prompt": True}
    config |= {flag: pooling == mode for flag, mode in _POOLING_FLAGS.items()}
    config |= {"pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False}
    _write_json(folder / "config.json", config)


def _write_model_config(folder: Path, *, normalize: bool, prompts: dict[Side, str]) -> None:
    config = {
        "model_type": "SentenceTransformer",
        "prompts": {side: prompts.get(side, "") for side in SIDES},
        "default_prompt_name": None,
        "similarity_fn_name": "cosine" if normalize else "dot",
    }
    _write_json(folder / "config_sentence_transformers.json", config)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(f"{path} is no readable JSON: {error}") from error


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
