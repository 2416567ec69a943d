"""All file formats by name: what a command offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trisampler.atomic import link_target, replaced_file
from trisampler.exports.dataset_rows import OutputFormat
from trisampler.exports.dpr import write_dpr
from trisampler.exports.errors import ExportError
from trisampler.exports.files import Exported
from trisampler.exports.flagembedding import write_flagembedding
from trisampler.exports.pairs import OnePer
from trisampler.exports.tevatron import write_tevatron, write_tevatron_ids

if TYPE_CHECKING:
    import polars as pl

    from trisampler.negatives.text_mining import MinedNegatives

_Writer = Callable[[Path, "MinedNegatives", OnePer], Exported]


def write_mined(path: Path, mined: MinedNegatives, form: str, one_per: OnePer) -> Exported:
    """Write negatives in the form that `FORMS` has under a name.

    Args:
        path: the file; a link stays, and what it points to is replaced.
        mined: of `mine_negatives`.
        form: a name of `FORMS`.
        one_per: what an example is, in the toolkits' own forms.

    Raises:
        ExportError: no such form, or the file's name does not suit it.
    """
    check_form(path, form)
    return FORMS[form](path, mined, one_per)


def check_form(path: Path, form: str) -> None:
    """Refuse what `write_mined` would refuse, before anything is mined.

    Raises:
        ExportError: no such form, or the toolkit would not read a file of that name.
    """
    if form not in FORMS:
        raise ExportError(f"there is no format {form!r}; there are {', '.join(FORMS)}")
    suffixes = _SUFFIXES.get(form, ())
    if suffixes and path.suffix not in suffixes:
        raise ExportError(f"{path}: a file of the format {form} ends in {' or '.join(suffixes)}")


def _tables(mined: MinedNegatives) -> tuple[pl.DataFrame, ...]:
    """As all writers take them."""
    return (mined.table, mined.corpus, mined.queries, mined.judgements)


def _of_toolkit(write: Callable[..., Exported]) -> _Writer:
    """A toolkit's own writer, for what was mined."""

    def write_tables(path: Path, mined: MinedNegatives, one_per: OnePer) -> Exported:
        return write(path, *_tables(mined), one_per=one_per)

    return write_tables


def _write_tevatron_ids(path: Path, *tables: pl.DataFrame, one_per: OnePer) -> Exported:
    """With the corpus that the ids are of beside the file, under a name made of its own.

    A plain `corpus.jsonl` there may be the source's.
    """
    stem = Path(path.name.removesuffix(".gz")).stem
    corpus = path.with_name(f"{stem}.corpus.jsonl")
    return write_tevatron_ids(path, corpus, *tables, one_per=one_per)


def _dataset(rows: OutputFormat) -> _Writer:
    """A dataset of sentence-transformers as a Parquet file, for `load_dataset("parquet", ...)`."""

    def write(path: Path, mined: MinedNegatives, one_per: OnePer) -> Exported:  # noqa: ARG001
        import pyarrow.parquet as pq

        from trisampler.exports.sentence_transformers import training_dataset

        dataset = training_dataset(*_tables(mined), output_format=rows)
        table = dataset.data.table
        with (
            replaced_file(link_target(path)) as temporary,
            pq.ParquetWriter(temporary, table.schema) as file,
        ):
            # A row group each: Arrow reads no lists of more than 2 GB of text from one.
            for batch in table.to_batches():
                file.write_batch(batch)
        return Exported(len(dataset))

    return write


def _table(path: Path, mined: MinedNegatives, one_per: OnePer) -> Exported:  # noqa: ARG001
    """Ids, ranks, scores, probabilities and sources, as a round's negatives.parquet has them."""
    with replaced_file(link_target(path)) as temporary:
        mined.table.write_parquet(temporary)
    return Exported(mined.table.height)


FORMS: Mapping[str, _Writer] = {
    "tevatron": _of_toolkit(write_tevatron),
    "tevatron-ids": _of_toolkit(_write_tevatron_ids),
    "flagembedding": _of_toolkit(write_flagembedding),
    "dpr": _of_toolkit(write_dpr),
    "triplet": _dataset("triplet"),
    "n-tuple": _dataset("n-tuple"),
    "labeled-pair": _dataset("labeled-pair"),
    "labeled-list": _dataset("labeled-list"),
    "table": _table,
}
"""Those of tevatron, FlagEmbedding and DPR, four of sentence-transformers, and the plain table."""

_LINES = (".jsonl", ".json", ".gz")
_SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "flagembedding": (".jsonl", ".json"),
    **dict.fromkeys(("tevatron", "tevatron-ids"), _LINES),
    "dpr": (".json", ".gz"),
    **dict.fromkeys(("triplet", "n-tuple", "labeled-pair", "labeled-list", "table"), (".parquet",)),
}
