"""From what a reader found to the collection: checked, merged, split, in canonical order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from trisampler.corpora.collection import SPLITS, Collection, Split
from trisampler.corpora.corpus import Corpus, sort_documents
from trisampler.corpora.given import given_to_training
from trisampler.corpora.leakage import drop_near_duplicates
from trisampler.corpora.left_out import count_left_out, splits_left_out
from trisampler.corpora.merging import merge_equal_queries
from trisampler.corpora.passage_cutting import CutDocuments
from trisampler.corpora.preparation import (
    cut_documents,
    follow_passages,
    prepare_documents,
    prepare_source,
)
from trisampler.corpora.report import count_repairs, count_split, split_notes
from trisampler.corpora.settings import PreparationSettings
from trisampler.corpora.source import HoldOut, Source
from trisampler.corpora.splitting import (
    SPLIT_TYPE,
    hold_out,
    keep_latest_split,
)
from trisampler.corpora.subset import sample_documents
from trisampler.corpora.validation import check_source, count_blank_documents, no_training_pair

_LOGGER = logging.getLogger(__name__)


def assemble_collection(
    source: Source, seed: int, report: dict[str, Any], preparation: PreparationSettings
) -> Collection:
    """Check a source, prepare it and make a collection of it.

    Args:
        source: what a reader found.
        seed: of the hash by which splits are held out.
        report: what is said of the source itself; the collection's report has it and all counts.
        preparation: what is done to documents and queries.

    Raises:
        SourceError: a rule is broken, or nothing is left to train on.
    """
    check_source(source)
    as_read, added = _without_judged_positives(source)
    source, cut, done = _prepared(as_read, preparation, seed)
    corpus = sort_prepared(cut)
    judgements = _distinct_judgements(source)
    queries = _judged_queries(source, judgements)
    merged = merge_equal_queries(queries, judgements)
    disjoint = keep_latest_split(merged.judgements)
    splitting, held_out = _hold_out_all(disjoint.table, merged.queries, source.hold_outs, seed)
    if preparation.near_duplicate_queries == "drop":
        parted = drop_near_duplicates(splitting, merged.queries)
        splitting, done["near_duplicate_queries"] = parted.table, parted.report
    splits = {split: _judgements_of(split, splitting) for split in SPLITS}
    if splits["train"].filter(pl.col("relevance") > 0).is_empty():
        raise no_training_pair(as_read, done, disjoint.report["training_queries"])
    lost = splits_left_out(done.get("judgements_left_out", {}))
    for sentence in lost.values():
        _LOGGER.warning("%s", sentence)
    given = given_to_training(source.given_negatives, merged.kept_ids, corpus.ids, splits["train"])
    report |= {
        "documents": corpus.height,
        "queries": merged.queries.height,
        "splits": {split: count_split(table) for split, table in splits.items()},
        "repairs": count_repairs(source.repairs),
        "preparation": done,
        "merged_queries": merged.report,
        "queries_in_several_splits": disjoint.report,
        "held_out": held_out,
        "added_positives": added,
        "given_negatives": given.report,
        "notes": [*source.notes, *split_notes(splits, held_out, lost)],
    }
    return Collection(
        corpus,
        _with_sources(merged.queries),
        splits["train"],
        splits["dev"],
        splits["test"],
        given.table,
        report,
    )


def sort_prepared(cut: CutDocuments) -> Corpus:
    """The corpus of documents that may have been left out.

    Raises:
        SourceError: all of them were.
    """
    if cut.documents.index["blank"].all():
        raise cut.documents.error(None, "preparation leaves no document", "Change its settings")
    return sort_documents(cut.documents, cut.passages)


def _with_sources(queries: pl.DataFrame) -> pl.DataFrame:
    told = (queries["source"] != "").any()
    return queries.select("query_id", "text", *(["source"] if told else []))


def _without_judged_positives(source: Source) -> tuple[Source, dict[str, int]]:
    """The source, adding the positives that its training split does not judge: a 0 stands.

    That is of the documents as the source has them; of equal ones the highest relevance counts.
    """
    added = source.added_positives
    if added is None:
        return source, {}
    pair = ["query_id", "doc_id"]
    train = source.judgements["train"].table
    new = added.table.join(train, on=pair, how="anti", maintain_order="left")
    not_relevant = added.table.join(train.filter(pl.col("relevance") == 0), on=pair, how="semi")
    report = {
        "pairs": added.table.height,
        "added": new.height,
        "judged_not_relevant_dropped": not_relevant.height,
    }
    return replace(source, added_positives=replace(added, table=new)), report


def _prepared(
    source: Source, preparation: PreparationSettings, seed: int
) -> tuple[Source, CutDocuments, dict[str, Any]]:
    """The source with documents and queries prepared, its documents cut, and what was done."""
    prepared = prepare_documents(source.documents, preparation)
    done = prepared.report
    count_blank_documents(source.documents, source.repairs)
    left_out = count_left_out(source, prepared.changes)
    if left_out:
        done["judgements_left_out"] = left_out
    source = prepare_source(source, prepared, preparation)
    if preparation.subset_documents is not None:
        source, done["subset"] = sample_documents(source, preparation.subset_documents, seed)
    cut = cut_documents(source.documents, preparation)
    if cut.report:
        source, done["passages"] = follow_passages(source, cut), cut.report
    return source, cut, done


def _distinct_judgements(source: Source) -> pl.DataFrame:
    """All that is judged in any split, and the added positives, with the split of each."""
    tables = []
    for split, rows in source.judgements.items():
        table = rows.table.drop("line").unique()
        if table.height < rows.table.height:
            source.repairs[rows.name]["repeated_judgements"] += rows.table.height - table.height
        tables.append(table.with_columns(split=pl.lit(split, dtype=SPLIT_TYPE)))
    if source.added_positives is not None:
        table = source.added_positives.table.drop("line")
        tables.append(table.with_columns(split=pl.lit("train", dtype=SPLIT_TYPE)))
    return pl.concat(tables)


def _judged_queries(source: Source, judgements: pl.DataFrame) -> pl.DataFrame:
    queries = source.queries.table.select("query_id", "text", "source")
    judged = queries.join(judgements, on="query_id", how="semi")
    if judged.height < queries.height:
        dropped = queries.height - judged.height
        source.repairs[source.queries.name]["unjudged_queries_dropped"] += dropped
    return judged


def _hold_out_all(
    splitting: pl.DataFrame, queries: pl.DataFrame, plans: Sequence[HoldOut], seed: int
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The judgements after every hold-out, and by split what was held out for it."""
    held_out: dict[str, Any] = {}
    for plan in plans:
        step = hold_out(splitting, queries, plan, seed)
        splitting = step.table
        if step.report:
            held_out[plan.split] = step.report
    return splitting, held_out


def _judgements_of(split: Split, judgements: pl.DataFrame) -> pl.DataFrame:
    rows = judgements.filter(pl.col("split") == split).drop("split")
    return rows.sort("query_id", "doc_id")
