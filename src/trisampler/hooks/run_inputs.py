"""The data that a run was made from, as MLflow's data sets: digest, columns and rows of each."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

    from trisampler.incremental.keys import Catalog

_INPUTS = ("corpus", "queries", "train_judgements", "dev_judgements", "test_judgements")
_DIGEST_LENGTH = 8  # as MLflow's own are: its pages show a digest beside each name


def dataset_inputs(names: Collection[str], catalog: Catalog) -> list[DatasetInput]:
    """Corpus, queries and judgements, as far as they are among `names`, with what each is for."""
    from trisampler.incremental.keys import artifact_path

    paths = {name: artifact_path(catalog, name) for name in _INPUTS if name in names}
    return [_input(name, path) for name, path in paths.items() if path is not None]


def _input(name: str, path: Path) -> Any:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    from trisampler.incremental.records import content_digest

    schema, profile = _columns_and_rows(path)
    dataset = Dataset(
        name=name,
        digest=content_digest(path)[:_DIGEST_LENGTH],
        source_type="local",
        source=json.dumps({"uri": path.name}),
        schema=json.dumps(schema),
        profile=json.dumps(profile),
    )
    context = name.removesuffix("_judgements")
    return DatasetInput(dataset, [InputTag(key="mlflow.data.context", value=context)])


def _columns_and_rows(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """Of a Parquet file, from its footer and first row."""
    import polars as pl
    from mlflow.data.polars_dataset import infer_schema

    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    columns = infer_schema(pl.read_parquet(path, n_rows=1)).to_dict()
    return {"mlflow_colspec": columns}, {"num_rows": rows}
