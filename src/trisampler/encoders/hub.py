"""A model of the Hugging Face hub: the copy on this disk, or a fresh one."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

from trisampler.encoders.errors import EncoderError
from trisampler.encoders.tokenizer import has_tokenizer

_LOGGER = logging.getLogger(__name__)
# The files that a model is loaded from.
MODEL_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")


def find_on_hub(name: str, *, modules: bool = True) -> Path:
    """The hub's copy on this disk if it is whole, else a fresh one.

    A copy on the disk is used as it is, without asking the hub for a newer one: a model does not
    change between two runs behind the user's back. Of a copy that may lack something the hub is
    asked once in a process.

    Args:
        name: hub id.
        modules: whether what a `modules.json` says would count: it does for every encoder.

    Raises:
        EncoderError: there is none, and the hub gives none.
    """
    kept = kept_copy(name)
    if kept is None:
        return _fetched(name)
    if not _lacking(name, kept, modules=modules):
        return kept
    folder = _completed(name, kept)
    if lacking := _lacking(name, folder, modules=modules):
        _warn(name, folder, " and no ".join(lacking))
    return folder


def kept_copy(name: str) -> Path | None:
    """The hub's copy on this disk, if it has a model in it."""
    try:
        folder = _snapshot(name, offline=True)
    except Exception:  # not on the disk, in one of the hub library's many ways to say so
        return None
    weights = any(folder.rglob("*.safetensors"))
    return folder if weights and (folder / "config.json").is_file() else None


def _lacking(name: str, folder: Path, *, modules: bool) -> list[str]:
    """What the hub's copy may lack: nothing where the hub's own list of its files is beside it.

    Programs that fetch file by file leave out what they do not need, and no list; fetching a whole
    copy leaves the list, by which the hub library knows a copy that is not whole.
    """
    from huggingface_hub import get_cached_repo_tree

    lacking = ["modules.json"] if modules and not (folder / "modules.json").is_file() else []
    lacking += [] if has_tokenizer(folder) else ["tokenizer"]
    if not lacking:
        return []
    try:
        get_cached_repo_tree(name)
    except Exception:  # no list, in one of the hub library's many ways to say so
        return lacking
    return []


def _fetched(name: str) -> Path:
    try:
        return _snapshot(name, offline=False)
    except Exception as error:
        raise EncoderError(
            f"The model {name!r} is neither a local folder nor in the local hub cache, and "
            "cannot be fetched from the hub "
            f"({type(error).__name__}: {str(error).splitlines()[0]}). Check the name and the "
            "connection, or name a local folder or package:IMPORT_NAME."
        ) from error


@cache
def _completed(name: str, kept: Path) -> Path:
    """The copy with all that the hub has of it; as it is where the hub does not answer."""
    try:
        return _snapshot(name, offline=False)
    except Exception:  # of the network, of the hub, of being told to stay offline
        return kept


@cache
def _warn(name: str, folder: Path, lacking: str) -> None:
    """Say once in a process what the copy in `folder` lacks."""
    _LOGGER.warning(
        "The copy of %s in the hub cache (%s) has no %s, and the hub cannot be asked whether it "
        "should. Without modules.json pooling is mean and normalize true where they are auto, and "
        "what else it may ask for (lower case, another module) is not done. Connect once.",
        name,
        folder,
        lacking,
    )


def _snapshot(name: str, *, offline: bool) -> Path:
    from huggingface_hub import snapshot_download

    folder = snapshot_download(
        name,
        local_files_only=offline,
        allow_patterns=list(MODEL_FILES),
        ignore_patterns=["onnx/*", "openvino/*"],
    )
    return Path(folder)
