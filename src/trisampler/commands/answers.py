"""Answers as text to read, as JSON, as a TREC run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import polars as pl

    from trisampler.retrievers.retriever import Hit, Retriever

_QUERIES_AT_ONCE = 256
_TAG = "trisampler"
_Answers = Callable[["Retriever", "pl.DataFrame", int], Iterator[str]]


@dataclass(frozen=True)
class Writer:
    """Where answers go, and how.

    Attributes:
        form: one of `FORMATS`.
        k: documents of each query.
        output: a file; None prints.
    """

    form: _Answers
    k: int
    output: Path | None

    def write(self, retriever: Retriever, queries: pl.DataFrame) -> None:
        """Answer query_id, text."""
        from trisampler.atomic import link_target, replaced_file

        answers = self.form(retriever, queries, self.k)
        if self.output is None:
            for text in answers:
                click.echo(text, nl=False)
            return
        target = link_target(self.output)
        with replaced_file(target) as path, path.open("w", encoding="utf-8") as file:
            file.writelines(map(click.unstyle, answers))


def as_json(query_id: str, query: str, hits: list[Hit]) -> str:
    """One line."""
    from trisampler.retrievers.retriever import hits_as_json

    answer = {"query_id": query_id, "query": query, "hits": hits_as_json(hits)}
    return json.dumps(answer, ensure_ascii=False) + "\n"


def as_text(query: str | None, hits: list[Hit]) -> str:
    """A few lines to read; `query` stands above them where it is given."""
    from trisampler.evaluation.snippets import snippet

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    lines = [] if query is None else [click.style(snippet(query, width), bold=True)]
    if not hits:
        lines.append("nothing found")
    for rank, hit in enumerate(hits, start=1):
        name = snippet(hit.title, width - 16) or snippet(hit.doc_id, width - 16)
        place = f"  {snippet(hit.doc_id, 60)}" if hit.title else ""
        lines.append(
            f"{rank:>3}  {hit.score:.4f}  "
            + click.style(name, fg="cyan")
            + click.style(place, dim=True)
        )
        lines.append(f"             {snippet(hit.text, width - 13)}")
    return "\n".join(lines) + "\n"


def _answered(
    retriever: Retriever, queries: pl.DataFrame, k: int
) -> Iterator[tuple[str, str, list[Hit]]]:
    for some in queries.iter_slices(_QUERIES_AT_ONCE):
        found = retriever.search(some["text"].to_list(), k)
        yield from zip(some["query_id"], some["text"], found, strict=True)


def _json_lines(retriever: Retriever, queries: pl.DataFrame, k: int) -> Iterator[str]:
    return (as_json(*answer) for answer in _answered(retriever, queries, k))


def _text_lines(retriever: Retriever, queries: pl.DataFrame, k: int) -> Iterator[str]:
    alone = queries.height == 1
    for number, (_, query, hits) in enumerate(_answered(retriever, queries, k)):
        yield ("\n" if number else "") + as_text(None if alone else query, hits)


def _run_lines(retriever: Retriever, queries: pl.DataFrame, k: int) -> Iterator[str]:
    from trisampler.evaluation.runs import trec_blocks

    return trec_blocks(retriever.rank(queries, k), _TAG)


FORMATS: dict[str, _Answers] = {"text": _text_lines, "json": _json_lines, "trec": _run_lines}
