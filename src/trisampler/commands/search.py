"""`trisampler search`: ask a trained retriever."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trisampler.commands.answers import FORMATS, Writer
from trisampler.commands.options import OUTPUT_FILE, env_option, workspace_option
from trisampler.corpora.surrogates import escape_surrogates, is_encodable

if TYPE_CHECKING:
    import polars as pl

_STDIN = Path("/dev/stdin")


@click.command("search")
@click.argument("query", nargs=-1)
@click.option(
    "--queries",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Answer the queries of a file: one a line; .tsv: id, tab, query; .jsonl: objects with _id "
    "and text. - is standard input.",
)
@click.option(
    "--bundle",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The bundle to ask, in place of the workspace's champion.",
)
@workspace_option("Whose champion to ask, else whose last run's bundle")
@env_option
@click.option(
    "-k",
    default=10,
    show_default=True,
    metavar="N",
    type=click.IntRange(1),
    help="Documents of each query.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="text to read; json: an object a line for each query; trec: a run file.",
)
@click.option(
    "--output",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="Write there instead of printing; the file appears whole or not at all.",
)
def command(
    query: tuple[str, ...],
    queries: Path | None,
    bundle: Path | None,
    workspace: str | None,
    env: str | None,
    k: int,
    form: str,
    output: Path | None,
) -> None:
    """Ask a trained retriever: one QUERY, a file of them, or one after another at a prompt.

    \b
        trisampler search "undo the last commit"
        trisampler search --queries queries.tsv --format trec --output my.run
        trisampler search                         (a prompt)
    """  # noqa: D301
    asked = _asked(" ".join(query).strip(), queries)
    writer = Writer(FORMATS[form], k, output)
    from trisampler.project_registry import deployed_bundle
    from trisampler.release.bundle import Bundle
    from trisampler.retrievers.bundled import BundleRetriever

    folder = bundle or deployed_bundle(workspace, env=env).folder
    retriever = BundleRetriever(Bundle.load(folder))
    if asked is not None:
        writer.write(retriever, asked)
        return
    click.echo(f"{len(retriever):,} documents of {folder}; an empty line ends.", err=True)
    while text := _prompted():
        writer.write(retriever, _one(text))


def _asked(query: str, file: Path | None) -> pl.DataFrame | None:
    """query_id, text; None where the prompt is to ask.

    Raises:
        click.UsageError: there is a query and a file, a file without queries, or a query that is
            not UTF-8.
    """
    if not is_encodable(query):
        raise click.UsageError(f"The query {escape_surrogates(query)} is not UTF-8.")
    if query and file:
        raise click.UsageError("Give a query or --queries, not both.")
    if query:
        return _one(query)
    if file is None and sys.stdin.isatty():
        return None
    from trisampler.retrievers.query_files import read_queries

    path = _STDIN if file is None or str(file) == "-" else file
    found = read_queries(path)
    if found.is_empty():
        raise click.UsageError(f"There is no query in {path}, and none was given.")
    return found


def _one(text: str) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame({"query_id": ["1"], "text": [text]})


def _prompted() -> str:
    """What the user typed; "" at the end."""
    with suppress(ImportError):  # with it, lines can be edited and taken back
        import readline  # noqa: F401
    try:
        return input("query> ").strip()
    except (EOFError, KeyboardInterrupt):
        click.echo()
        return ""
