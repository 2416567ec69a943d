"""A bundle as a logged model of MLflow, and back to a folder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trisampler.atomic import replaced_folder
from trisampler.registry import client as connection
from trisampler.registry.errors import RegistryError
from trisampler.registry.requirements import serving_requirements
from trisampler.release.manifest import ENCODER

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from trisampler.registry.registry import Registry
    from trisampler.registry.version import Version

LOGGED_AS = "retriever"
"""Name of the logged models that hold bundles."""

_IN_THE_MODEL = "artifacts/bundle"
_CODE = Path(__file__).with_name("pyfunc_model.py")
_PACKAGE = Path(__file__).resolve().parents[1]


def log_bundle(
    client: MlflowClient,
    experiment_id: str,
    run_id: str,
    bundle: Path,
    tags: dict[str, str],
) -> str:
    """Log a bundle as a pyfunc model with signature and input example.

    The model carries this package's code and the list of what else it needs, so that it is loaded
    where the package is not installed. Files of the bundle go from where they are straight to the
    store.

    Args:
        client: Of the store.
        experiment_id: The experiment that the model belongs to.
        run_id: The run that made it.
        bundle: Its folder.
        tags: Of the model.

    Returns:
        The model's id.
    """
    from mlflow.entities import LoggedModelOutput

    model = client.create_logged_model(
        experiment_id, LOGGED_AS, source_run_id=run_id, tags=tags, model_type="retriever"
    )
    model_id: str = model.model_id
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "model"
            _save_model(folder, bundle, model_id, run_id)
            client.log_model_artifacts(model_id, str(folder))
        client.log_model_artifacts(model_id, str(bundle), _IN_THE_MODEL)
    except BaseException:
        client.finalize_logged_model(model_id, "FAILED")
        raise
    client.finalize_logged_model(model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])
    return model_id


def bundle_folder(registry: Registry, version: Version, cache: Path) -> Path:
    """The folder of a version's bundle: in the store where that is on this machine, else a copy.

    Args:
        registry: Has the version.
        version: Made by `log_bundle`.
        cache: Where copies are kept.

    Raises:
        RegistryError: It is not there, or was not made here.
    """
    return _folder(registry, version, cache, _IN_THE_MODEL)


def encoder_folder(registry: Registry, version: Version, cache: Path) -> Path:
    """The folder of the encoder in a version's bundle; the rest as in `bundle_folder`."""
    return _folder(registry, version, cache, f"{_IN_THE_MODEL}/{ENCODER}")


def local_path(location: str) -> Path | None:
    """The folder of an artifact location; None where it is not on this machine."""
    from mlflow.utils.file_utils import local_file_uri_to_path
    from mlflow.utils.uri import is_local_uri

    return Path(local_file_uri_to_path(location)) if is_local_uri(location) else None


def _save_model(folder: Path, bundle: Path, model_id: str, run_id: str) -> None:
    """Write all of the model but the bundle."""
    import mlflow.pyfunc
    import pandas as pd
    from mlflow.models import Model

    model = Model(model_uuid=model_id, run_id=run_id, model_id=model_id)
    mlflow.pyfunc.save_model(
        str(folder),
        python_model=str(_CODE),
        mlflow_model=model,
        signature=_signature(),
        input_example=(pd.DataFrame({"query": ["what is looked for"]}), {"k": 3}),
        code_paths=[str(_PACKAGE)],
        pip_requirements=serving_requirements(),
    )
    # As save_model writes it for a folder that it has copied, but without places on this disk.
    model.flavors[mlflow.pyfunc.FLAVOR_NAME] |= {
        "artifacts": {"bundle": {"path": _IN_THE_MODEL, "uri": _IN_THE_MODEL}},
        "model_code_path": _CODE.name,
    }
    model.model_size_bytes += sum(
        file.stat().st_size for file in bundle.rglob("*") if file.is_file()
    )
    model.save(str(folder / "MLmodel"))


def _signature() -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import Array

    text, score = Array(DataType.string), Array(DataType.double)
    found = {"ids": text, "scores": score, "titles": text, "texts": text}
    return ModelSignature(
        inputs=Schema([ColSpec(DataType.string, "query")]),
        outputs=Schema([ColSpec(kind, name) for name, kind in found.items()]),
        params=ParamSchema([ParamSpec("k", DataType.long, 10)]),
    )


def _folder(registry: Registry, version: Version, cache: Path, inside: str) -> Path:
    if version.model_id is None:
        raise RegistryError(
            f"Version {version.number} of {registry} was not made by trisampler: it has no bundle."
        )
    with connection.reaching(registry.uri):
        location = registry.client.get_logged_model(version.model_id).artifact_location
        stored = local_path(location)
        if stored is None:
            folder = _download(registry.uri, location, inside, cache / version.model_id)
        else:
            folder = registry.place_of(stored) / inside
    if not folder.is_dir():
        raise RegistryError(
            f"Version {version.number} of {registry} has no {inside} among its artifacts any more."
        )
    return folder


def _download(uri: str, location: str, inside: str, cache: Path) -> Path:
    from mlflow.artifacts import download_artifacts

    whole = cache / inside.replace("/", "-")
    if not whole.is_dir():
        with replaced_folder(whole) as temporary:
            download_artifacts(
                artifact_uri=f"{location.rstrip('/')}/{inside}",
                dst_path=str(temporary),
                tracking_uri=uri,
            )
    return whole / inside.rpartition("/")[2]
