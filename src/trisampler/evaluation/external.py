"""Systems of elsewhere, given as TREC run files, measured as our own are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from trisampler.evaluation.errors import RunFileError
from trisampler.evaluation.measures import measure_run
from trisampler.evaluation.metrics import gather_measurements, splits_in_order
from trisampler.evaluation.runs import RUN_SCHEMA, read_trec_run
from trisampler.hashing import digest_file

RunFiles = Mapping[str, Mapping[Any, str]]
"""{system: {split: path}}"""
EXTERNAL_RUNS_SCHEMA = pl.Schema(
    [("system", pl.String()), ("split", pl.String()), *RUN_SCHEMA.items()]
)


def digest_run_files(run_files: RunFiles) -> str:
    """SHA-256 over the files' contents, and which system and split each is for.

    Raises:
        RunFileError: There is no such file.
    """
    digest = hashlib.sha256()
    for system, split, path in _in_order(run_files):
        digest.update(f"{system}\0{split}\0{digest_file(path)}\n".encode())
    return digest.hexdigest()


def read_run_files(
    run_files: RunFiles, judgements: Mapping[str, pl.DataFrame], corpus: pl.DataFrame, depth: int
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """All files as one table, each ranking made strict by `strictly_decreasing`.

    Args:
        run_files: Where they are.
        judgements: By split.
        corpus: doc_id.
        depth: Results kept per query.

    Returns:
        The columns of `EXTERNAL_RUNS_SCHEMA`, by system, split (test before dev), query id, rank,
        and {system: {split: file and counts of `fit_run`}}.

    Raises:
        RunFileError: Naming file and line; see `read_trec_run` and `fit_run`.
    """
    tables = [pl.DataFrame(schema=EXTERNAL_RUNS_SCHEMA)]
    report: dict[str, dict[str, Any]] = {}
    for system, split, path in _in_order(run_files):
        run, counts = fit_run(read_trec_run(path), judgements[split], corpus, depth, str(path))
        tables.append(run.select(pl.lit(system).alias("system"), pl.lit(split).alias("split"), "*"))
        report.setdefault(system, {})[split] = {"file": str(path), **counts}
    return pl.concat(tables), report


def measure_external_runs(
    runs: pl.DataFrame, judgements: Mapping[str, pl.DataFrame], measures: Sequence[str]
) -> pl.DataFrame:
    """Measure every external system on the splits that it has a file for.

    Args:
        runs: Of `read_run_files`.
        judgements: By split.
        measures: In the notation of ir_measures.

    Returns:
        The table of `gather_measurements`.
    """
    return gather_measurements(
        {
            (str(split), str(system)): measure_run(
                run.drop("system", "split"), judgements[str(split)], measures
            )
            for (system, split), run in runs.group_by("system", "split", maintain_order=True)
        }
    )


def fit_run(
    run: pl.DataFrame, judgements: pl.DataFrame, corpus: pl.DataFrame, depth: int, where: str
) -> tuple[pl.DataFrame, dict[str, int]]:
    """What of a run counts on one split, and counts of what does not fit.

    Results beyond `depth` are cut off, as those of our own systems are. A document that the corpus
    does not have keeps its rank and counts as not relevant, as in trec_eval; a judged query without
    results counts as 0; a query that nobody judged is left out.

    Args:
        run: query_id, doc_id, rank, score.
        judgements: Of the split.
        corpus: doc_id.
        depth: Results kept per query.
        where: What errors begin with: the file.

    Raises:
        RunFileError: The split has no judgements, or the run is empty, has none of the split's
            queries or none of the corpus's documents: it belongs to other data.
    """
    if judgements.is_empty():
        raise RunFileError(f"{where}: no query of this split is judged, so it cannot be measured.")
    if run.is_empty():
        raise RunFileError(f"{where}: the run file is empty.")
    judged = run.join(judgements, on="query_id", how="semi", maintain_order="left")
    _check_same_ids(run, judged, judgements, "query_id", f"{where}: none of its queries is judged")
    known = judged.join(corpus, on="doc_id", how="semi")
    _check_same_ids(judged, known, corpus, "doc_id", f"{where}: the corpus has no document of it")
    kept = judged.filter(pl.col("rank") <= depth)
    unknown = kept.join(corpus, on="doc_id", how="anti")
    queries = judgements["query_id"].n_unique()
    return kept, {
        "queries": queries,
        "queries_without_results": queries - judged["query_id"].n_unique(),
        "queries_that_nobody_judged": run["query_id"].n_unique() - judged["query_id"].n_unique(),
        "results": kept.height,
        "results_beyond_depth": judged.height - kept.height,
        "results_not_in_the_corpus": unknown.height,
    }


def _check_same_ids(
    run: pl.DataFrame, fitting: pl.DataFrame, known: pl.DataFrame, column: str, found: str
) -> None:
    if fitting.is_empty():
        example = f", such as {run[column][0]!r}" if run.height else ""
        raise RunFileError(
            f"{found}{example}; ids here are like {known[column][0]!r}. "
            "Give the run of this split of this collection, with its ids."
        )


def _in_order(run_files: RunFiles) -> list[tuple[str, str, Path]]:
    ordered = [
        (system, split, Path(run_files[system][split]))
        for system in sorted(run_files)
        for split in splits_in_order(run_files[system])
    ]
    for system, split, path in ordered:
        if not path.is_file():
            raise RunFileError(f"evaluation.run_files.{system}.{split}: no run file at {path}.")
    return ordered
