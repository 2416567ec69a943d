"""Retrievers of a few hand-set documents, served over real HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl
import pytest
import uvicorn

from trisampler.retrievers.retriever import Hit
from trisampler.web.app import make_app
from trisampler.web.asking import Asked
from trisampler.web.serving import accept, hosts_of, taken

EVIL = '<img src=x onerror="document.title=\'broken\'">&"<script>document.title="broken"</script>'


@dataclass(frozen=True)
class Listed:
    """Finds the same documents whatever is asked."""

    ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def search(self, texts: Sequence[str], k: int) -> list[list[Hit]]:
        hits = [
            Hit(doc_id, 1 / rank, f"Title {doc_id}" if rank % 2 else "", f"text of {doc_id} {EVIL}")
            for rank, doc_id in enumerate(self.ids, start=1)
        ]
        return [hits[:k] for _ in texts]

    def rank(self, queries: pl.DataFrame, k: int) -> pl.DataFrame:
        raise NotImplementedError


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where two lists are served: a b c d and c a e, of which a is judged relevant to `what`."""
    asked = Asked(
        {"left one": Listed(("a", "b", "c", "d")), EVIL: Listed(("c", "a", "e"))},
        {"what": frozenset({"a"})},
        ["what", EVIL],
    )
    with taken("127.0.0.1", 0) as listening:
        config = uvicorn.Config(
            make_app(asked, hosts_of("127.0.0.1")), log_level="warning", lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield accept(listening, "127.0.0.1")
        server.should_exit = True
        thread.join()
