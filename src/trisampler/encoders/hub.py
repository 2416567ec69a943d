"""A model of the Hugging Face hub: the copy on this disk, or a fresh one."""

from __future__ import annotations

import logging
from pathlib import Path

from trisampler.encoders.errors import EncoderError
from trisampler.encoders.tokenizer import has_tokenizer

_LOGGER = logging.getLogger(__name__)
# The files that a model is loaded from.
MODEL_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")


def find_on_hub(name: str) -> Path:
    """The hub's copy on this disk if it is whole, else a fresh one.

    A copy on the disk is used as it is, without asking the hub for a newer one: a model does not
    change between two runs behind the user's back.

    Raises:
        EncoderError: there is none, and the hub gives none.
    """
    kept = _kept(name)
    if kept is not None and not _in_doubt(name, kept):
        return kept
    try:
        folder = _snapshot(name, offline=False)
    except Exception as error:
        if kept is None:
            raise EncoderError(
                f"The model {name!r} is neither a local folder nor in the local hub cache, and "
                "cannot be fetched from the hub "
                f"({type(error).__name__}: {str(error).splitlines()[0]}). Check the name and the "
                "connection, or name a local folder or package:IMPORT_NAME."
            ) from error
        folder = kept
    if doubts := _in_doubt(name, folder):
        _LOGGER.warning(
            "The copy of %s in the hub cache has no %s, and the hub cannot be asked whether it "
            "should: pooling, where it is auto, is mean if modules.json is missing. Connect once, "
            "or set encoder.pooling.",
            name,
            " and no ".join(doubts),
        )
    return folder


def is_kept(name: str) -> bool:
    """Whether `find_on_hub` would ask the hub nothing."""
    kept = _kept(name)
    return kept is not None and not _in_doubt(name, kept)


def _kept(name: str) -> Path | None:
    """The hub's copy on this disk, if it has a model in it."""
    try:
        folder = _snapshot(name, offline=True)
    except Exception:  # not on the disk, in one of the hub library's many ways to say so
        return None
    weights = any(folder.rglob("*.safetensors"))
    return folder if weights and (folder / "config.json").is_file() else None


def _in_doubt(name: str, folder: Path) -> list[str]:
    """What the hub's copy may lack: nothing where the hub's own list of its files is beside it.

    Programs that fetch file by file leave out what they do not need, and no list; fetching a whole
    copy leaves the list, by which the hub library knows a copy that is not whole.
    """
    from huggingface_hub import get_cached_repo_tree

    lacking = [] if (folder / "modules.json").is_file() else ["modules.json"]
    lacking += [] if has_tokenizer(folder) else ["tokenizer"]
    if not lacking:
        return []
    try:
        get_cached_repo_tree(name)
    except Exception:  # no list, in one of the hub library's many ways to say so
        return lacking
    return []


def _snapshot(name: str, *, offline: bool) -> Path:
    from huggingface_hub import snapshot_download

    folder = snapshot_download(
        name,
        local_files_only=offline,
        allow_patterns=list(MODEL_FILES),
        ignore_patterns=["onnx/*", "openvino/*"],
    )
    return Path(folder)
