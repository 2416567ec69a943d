"""The cost model of docs/capacity.md, and its predictions against what is measured.

Rates of this machine are measured on small corpora; from them the model says what larger ones take.
Two larger ones are then really embedded and searched. `--table` prints the model's table for 10^5
to 10^8 documents in place of the claims.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.claim import Claim, hardware, measure, print_claims
from benchmarks.clustered import clustered, numbered
from trisampler.search.inputs import DEFAULT_MEMORY, SearchMemory

_EMBEDDED, _TO_EMBED = 2_000, (8_000, 32_000)
_SEARCHED, _TO_SEARCH = (25_000, 50_000), (100_000, 200_000)
_WORDS, _DEPTH, _QUERIES, _FEW_QUERIES = 20, 200, 2_000, 64
_TIMES_OFF, _BYTES_OFF, _REPEATS = 1.5, 1.1, 5
_IN_BLOCKS = SearchMemory(corpus_bytes=32 << 20)  # less than the vectors that are searched


@dataclass(frozen=True)
class Model:
    """A transformer, in numbers: layers, hidden size and weights of its layers."""

    layers: int
    hidden: int
    weights: float

    def flops(self, tokens: int) -> float:
        """Of the forward pass of one text: two per weight and token, and attention's products."""
        return tokens * (2 * self.weights + 4 * self.layers * self.hidden * tokens)


@dataclass(frozen=True)
class Rates:
    """What a machine does.

    Attributes:
        encode: floating-point operations a second while encoding.
        search: the same while searching.
        query_seconds: of a query besides: its best documents scored exactly and put in order.
        read_seconds: of a vector's component, each time that a corpus searched in blocks is read.
        gather_seconds: of a query more there, whose best documents are looked up in the blocks.
    """

    encode: float
    search: float
    query_seconds: float
    read_seconds: float
    gather_seconds: float


@dataclass(frozen=True)
class Job:
    """One round over a corpus.

    Attributes:
        documents: N.
        tokens: of a document, on average.
        queries: searched for, of training and evaluation together.
        depth: candidates of each.
        component_bytes: of a vector's component as stored: 4 or 2.
        text_bytes: of a document.
    """

    documents: int
    tokens: int
    queries: int
    depth: int
    component_bytes: int
    text_bytes: int

    def vector_bytes(self, model: Model) -> float:
        """On disk: the matrix, a digest of 16 bytes a text; memory-mapped, not held."""
        return self.documents * (model.hidden * self.component_bytes + 16)

    def candidate_bytes(self) -> float:
        """In memory while they are retrieved: row number and score of each, 4 bytes both."""
        return 8.0 * self.queries * self.depth

    def encode_flops(self, model: Model) -> float:
        """Every document once."""
        return self.documents * model.flops(self.tokens)

    def search_flops(self, model: Model) -> float:
        """Exact: a product of two numbers and a sum for each component of each pair."""
        return 2.0 * self.queries * self.documents * model.hidden

    def embed_seconds(self, model: Model, rates: Rates) -> float:
        """At the machine's rate."""
        return self.encode_flops(model) / rates.encode

    def search_seconds(self, model: Model, rates: Rates) -> float:
        """The products, what each query takes besides, and reading what is not held as a whole."""
        seconds = self.search_flops(model) / rates.search + self.queries * rates.query_seconds
        components = self.documents * model.hidden
        if 4 * components <= DEFAULT_MEMORY.corpus_bytes:
            return seconds
        # Once more than the queries' blocks, for the bounds of rounding.
        reads = 1 + math.ceil(self.queries / DEFAULT_MEMORY.queries)
        return (
            seconds + reads * components * rates.read_seconds + self.queries * rates.gather_seconds
        )


MINILM = Model(layers=6, hidden=384, weights=10.6e6)
BERT_BASE = Model(layers=12, hidden=768, weights=85.1e6)


def _texts(count: int) -> list[str]:
    """Different texts of one length: each of these words is one token."""
    words = np.array(["time", "year", "people", "way", "day", "man", "thing", "woman", "life"])
    random = np.random.default_rng(0)
    return [" ".join(words[random.integers(len(words), size=_WORDS)]) for _ in range(count)]


def _job(count: int) -> Job:
    # Two more tokens begin and end a text.
    return Job(count, _WORDS + 2, _QUERIES, _DEPTH, 4, 6 * _WORDS)


def _embed(count: int) -> tuple[float, float]:
    """Seconds, and bytes on disk."""
    from trisampler.encoders.embeddings import embed
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.settings import EncoderSettings, EncodingSettings
    from trisampler.encoders.vector_cache import VectorCache

    encoder, texts = Encoder.load(EncoderSettings()), _texts(count)
    ids = [f"{number:09}" for number in range(count)]
    with tempfile.TemporaryDirectory() as name:
        cache = VectorCache(Path(name))
        started = time.perf_counter()
        embed(encoder, texts, ids, "document", cache, EncodingSettings())
        seconds = time.perf_counter() - started
        files = [path for path in Path(name).rglob("*") if path.is_file()]
        return seconds, float(sum(path.stat().st_size for path in files))


def _search(count: int, queries: int = _QUERIES, memory: SearchMemory = DEFAULT_MEMORY) -> float:
    """Seconds, the median of several times."""
    from trisampler.search.flat import search_flat

    asked, corpus = map(numbered, clustered(queries, count))
    return measure(lambda: search_flat(asked, corpus, _DEPTH, memory), _REPEATS).median


def _rates() -> Rates:
    _embed(_EMBEDDED)  # libraries loaded
    encode = _job(_EMBEDDED).encode_flops(MINILM) / _embed(_EMBEDDED)[0]
    _search(_SEARCHED[0])
    few, many = (_search(count) for count in _SEARCHED)
    more = _job(_SEARCHED[1] - _SEARCHED[0])
    search = more.search_flops(MINILM) / max(many - few, 1e-9)
    besides = max(0.0, few - _job(_SEARCHED[0]).search_flops(MINILM) / search)
    # What blocks add: by document where few queries leave little else to do, then by query.
    added, added_to_more = (
        _search(count, _FEW_QUERIES, _IN_BLOCKS) - _search(count, _FEW_QUERIES)
        for count in _SEARCHED
    )
    read = max(0.0, added_to_more - added) / (2 * more.documents * MINILM.hidden)
    in_blocks = _search(_SEARCHED[0], memory=_IN_BLOCKS) - few
    gather = max(0.0, in_blocks - read * 2 * _SEARCHED[0] * MINILM.hidden)
    return Rates(encode, search, besides / _QUERIES, read, gather / _QUERIES)


def _claims(rates: Rates) -> list[Claim]:
    claims = []

    def compare(what: str, predicted: float, found: float, bar: float) -> None:
        print(f"{what}: predicted {predicted:.4g}, measured {found:.4g}")
        off = max(predicted / found, found / predicted)
        claims.append(Claim(f"times a prediction is off: {what}", off, bar, off <= bar, hardware()))

    for count in _TO_EMBED:
        job, (seconds, stored) = _job(count), _embed(count)
        what = f"{count:,} documents of {job.tokens} tokens"
        compare(f"seconds to embed {what}", job.embed_seconds(MINILM, rates), seconds, _TIMES_OFF)
        compare(f"bytes of their vectors, {what}", job.vector_bytes(MINILM), stored, _BYTES_OFF)
    for count in _TO_SEARCH:
        what = f"seconds to search {count:,} documents for {_QUERIES:,} queries"
        compare(what, _job(count).search_seconds(MINILM, rates), _search(count), _TIMES_OFF)
    return claims


def _table(rates: Rates) -> None:
    print("| documents | model | vectors | to embed | takes | to search | takes | candidates |")
    print("|---|---|---|---|---|---|---|---|")
    for name, model in (("MiniLM", MINILM), ("BERT-base", BERT_BASE)):
        for documents in (10**5, 10**6, 10**7, 10**8):
            job = Job(documents, 128, 500_000, _DEPTH, 2, 500)
            print(
                f"| {documents:,} | {name} | {job.vector_bytes(model) / 1e9:.2f} GB "
                f"| {job.encode_flops(model):.1e} FLOP "
                f"| {_duration(job.embed_seconds(model, rates))} "
                f"| {job.search_flops(model):.1e} FLOP "
                f"| {_duration(job.search_seconds(model, rates))} "
                f"| {job.candidate_bytes() / 1e9:.1f} GB |"
            )


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"


def main() -> None:
    """Predictions against measurements, or the table."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--table", action="store_true")
    asked = arguments.parse_args()
    rates = _rates()
    print(
        f"encoding {rates.encode / 1e9:.0f} GFLOP/s, searching {rates.search / 1e9:.0f} GFLOP/s, "
        f"{1e6 * rates.query_seconds:.0f} microseconds a query besides; in blocks "
        f"{1e9 * rates.read_seconds:.2f} nanoseconds a component and "
        f"{1e6 * rates.gather_seconds:.0f} microseconds a query more"
    )
    if asked.table:
        _table(rates)
    else:
        print_claims(_claims(rates), as_json=asked.json)


if __name__ == "__main__":
    main()
