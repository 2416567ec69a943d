"""What a served bundle needs to be installed, besides this package's code, which goes with it."""

from __future__ import annotations

from importlib.metadata import version

_DISTRIBUTIONS = (
    "faiss-cpu",
    "huggingface-hub",
    "mlflow",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "pydantic",
    "safetensors",
    "tokenizers",
    "torch",
    "tqdm",
    "transformers",
)


def serving_requirements() -> list[str]:
    """The installed versions as pip reads them, without a build's own suffix such as `+cpu`."""
    return [f"{name}=={version(name).partition('+')[0]}" for name in _DISTRIBUTIONS]
