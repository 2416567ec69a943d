"""What a search reads, checked, and how much of it at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trisampler.progress import progress_bar
from trisampler.search.errors import SearchError
from trisampler.search.order import MOST_ROWS
from trisampler.search.vectors import VectorBlock, VectorBlocks, Vectors


@dataclass(frozen=True)
class SearchMemory:
    """What a search holds at a time, besides its result.

    Attributes:
        corpus_bytes: documents' vectors, in bytes of float32; where they are also rounded to
            bfloat16, half as much comes on top.
        queries: queries; each takes about 80 bytes for each document of the depth, and 3 KiB, while
            it is searched for.
    """

    corpus_bytes: int = 160 << 20
    queries: int = 2048


DEFAULT_MEMORY = SearchMemory()


def corpus_blocks(corpus: Vectors, depth: int, memory: SearchMemory) -> VectorBlocks:
    """The documents in blocks: one block where they fit, otherwise of a quarter of what fits.

    Raises:
        SearchError: there is nothing to search in, or nothing to search for.
    """
    documents = len(corpus.ids)
    if depth < 1:
        raise SearchError(f"A search depth of {depth} asks for no documents: make it 1 or more.")
    if not documents:
        raise SearchError("The corpus has no vectors to search in: embed some documents first.")
    if documents > MOST_ROWS:
        raise SearchError(f"{documents} documents are more than one search holds: split them.")
    # As much as four blocks meet: the former one, the next one, both rounded, and one of documents
    # that are scored exactly.
    fitting = memory.corpus_bytes // (4 * corpus.dimension)
    rows = fitting if documents <= fitting else max(1, fitting // 4)
    return VectorBlocks(corpus, "document", rows)


def query_blocks(queries: Vectors, corpus: Vectors, memory: SearchMemory) -> VectorBlocks:
    """The queries in blocks.

    Raises:
        SearchError: they have another dimension than the documents.
    """
    if queries.dimension != corpus.dimension:
        raise SearchError(
            f"Query vectors have {queries.dimension} dimensions and document vectors "
            f"{corpus.dimension}: they come from different encoders. Embed both with the same."
        )
    return VectorBlocks(queries, "query", memory.queries)


def watched(blocks: VectorBlocks, description: str, unit: str) -> Iterator[VectorBlock]:
    """The blocks, with a progress bar where there are several."""
    if len(blocks) < 2:
        yield from blocks
        return
    with progress_bar(blocks.count, description, unit) as bar:
        for block in blocks:
            yield block
            bar.update(len(block.norms_N))
