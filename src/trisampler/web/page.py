"""The page as HTML; its template escapes every value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from trisampler.evaluation.snippets import snippet
from trisampler.web.asking import MOST_CHARACTERS, MOST_HITS, Answer, Asked

_SHOWN_CHARACTERS = 180


@dataclass(frozen=True)
class Row:
    """A document in a list.

    Attributes:
        elsewhere: its rank in the other list; None where it is not there.
        moved: how many places better it stands here than there; None without another list or place.
        judged: whether it is judged relevant to the query.
    """

    rank: int
    doc_id: str
    score: float
    title: str
    short: str
    text: str
    elsewhere: int | None
    moved: int | None
    judged: bool


def render_page(
    asked: Asked,
    query: str,
    names: Sequence[str],
    k: int,
    answers: Sequence[Answer],
    problem: str,
) -> str:
    """The whole page.

    Args:
        asked: what can be asked.
        query: what was asked; "" on the first visit.
        names: the systems in its columns.
        k: documents of each.
        answers: of these systems; empty where nothing was asked.
        problem: why not; "" where there is none.
    """
    judged = asked.judged(query) if answers else frozenset()
    columns = []
    for answer, other in zip(answers, [*answers[1:], *answers[:1]], strict=True):
        rows = list(_rows(answer, other if other is not answer else None, judged))
        found = sum(row.judged for row in rows)
        columns.append({"answer": answer, "rows": rows, "found": found})
    html: str = _template().render(
        systems=asked.names,
        documents=[len(retriever) for retriever in asked.retrievers.values()],
        examples=asked.examples,
        query=query,
        names=names,
        k=k,
        most_hits=MOST_HITS,
        most_characters=MOST_CHARACTERS,
        columns=columns,
        shared=_shared(answers),
        judged=judged,
        problem=problem,
    )
    return html


def _rows(answer: Answer, other: Answer | None, judged: frozenset[str]) -> Iterator[Row]:
    for rank, hit in enumerate(answer.hits, start=1):
        elsewhere = other.place(hit.doc_id) if other else None
        yield Row(
            rank=rank,
            doc_id=hit.doc_id,
            score=hit.score,
            title=hit.title,
            short=snippet(hit.text, _SHOWN_CHARACTERS),
            text=hit.text.strip(),
            elsewhere=elsewhere,
            moved=None if elsewhere is None else elsewhere - rank,
            judged=hit.doc_id in judged,
        )


def _shared(answers: Sequence[Answer]) -> int | None:
    """How many documents both lists have; None where there are no two."""
    if len(answers) < 2:
        return None
    first, second = ({hit.doc_id for hit in answer.hits} for answer in answers)
    return len(first & second)


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("trisampler.web", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")
