"""Where documents, queries and judgements come from, and which judgements training sees."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_NEEDED = {
    "beir": "the folder with corpus.jsonl",
    "msmarco": "the folder with collection.tsv",
    "trec": "the folder with documents, topics and qrels",
    "ir_datasets": "the id of a data set",
    "pairs": "the table, the folder with *train*.parquet, or what `datasets` saved",
    "dpr": "the file, or the folder with *train*.json",
}
_IMPORT_NAME = r"^[^\W\d]\w*(\.[^\W\d]\w*)*$"


class ColumnNames(BaseModel):
    """The columns of a table of pairs; null: the first of the names in use that is there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str | None = Field(default=None, description="The query's text.")
    positive: str | None = Field(default=None, description="A relevant passage or a list of them.")
    negative: str | None = Field(
        default=None, description="A passage that is not, or a list; null: all columns named so."
    )
    relevance: str | None = Field(
        default=None, description="The grade of the passage in `positive`."
    )


class SourceSettings(BaseModel):
    """One source: a path, an installed package, or the standard library by default."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    format: Literal[
        "auto", "python-source", "beir", "msmarco", "trec", "dpr", "pairs", "ir_datasets"
    ] = Field(
        default="auto",
        description="How the source is read. auto: python-source without a path; else what the "
        "path shows: see docs/formats.md.",
    )
    path: str | None = Field(
        default=None,
        min_length=1,
        description="The folder or file to read, or the id of a data set of `ir_datasets`.",
    )
    columns: ColumnNames = Field(
        default=ColumnNames(),
        description="pairs: what the table's columns are called; null: names in use.",
    )
    package: str | None = Field(
        default=None,
        pattern=_IMPORT_NAME,
        description="python-source: the import name of an installed package to read instead of "
        "the standard library. It is not imported.",
    )
    minimum_summary_words: int = Field(
        default=4,
        ge=1,
        description="python-source: a docstring summary of fewer words is no query.",
    )
    minimum_body_lines: int = Field(
        default=3,
        ge=1,
        description="python-source: a function of fewer lines, docstring and blank lines not "
        "counted, is no document.",
    )
    dev_fraction: float = Field(
        default=0.1,
        gt=0,
        le=0.5,
        description="Share of the training queries held out by hash where there is no dev split.",
    )
    test_fraction: float | None = Field(
        default=None,
        ge=0,
        le=0.5,
        description="The same for the test split, before the dev split is. null: a tenth where the "
        "source has no splits at all, none where it has.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> SourceSettings:
        if self.path is not None and self.package is not None:
            msg = (
                f"path ({self.path!r}) and package ({self.package!r}) are two sources: "
                "give one of them"
            )
            raise ValueError(msg)
        if self.format not in ("auto", "python-source") and self.path is None:
            raise ValueError(f"format {self.format!r} needs path: {_NEEDED[self.format]}")
        return self


class PreparationSettings(BaseModel):
    """What is done to documents and queries before they are used; nothing by default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    normalize_unicode: bool = Field(
        default=False,
        description="Bring titles, texts and queries to Unicode's Normalization Form C, in which a "
        "letter and its accent are one character.",
    )
    minimum_characters: int = Field(
        default=0,
        ge=0,
        description="Documents of fewer characters, title and text together, are left out, and "
        "judgements of them too.",
    )
    maximum_characters: int | None = Field(
        default=None,
        ge=1,
        description="Longer texts are cut to so many, at white space where there is some.",
    )
    merge_equal_documents: bool = Field(
        default=False,
        description="Make documents of equal title and text one, with the judgements of all.",
    )
    passage_characters: int | None = Field(
        default=None,
        ge=20,
        description="Documents with longer texts are cut into passages of so many characters at "
        "most; measures are of documents, each by its best passage.",
    )
    passage_overlap: int = Field(
        default=0,
        ge=0,
        description="Characters of a passage that stand in the one before too, at most; below half "
        "of passage_characters.",
    )
    subset_documents: int | None = Field(
        default=None,
        ge=1,
        description="Keep so many documents: every judged one, and others chosen by hash.",
    )
    near_duplicate_queries: Literal["keep", "drop"] = Field(
        default="keep",
        description="drop: queries that share 0.8 of their words with one of dev or test are not "
        "trained on.",
    )

    @model_validator(mode="after")
    def _passages_go_on(self) -> PreparationSettings:
        size = self.passage_characters
        if size is None and self.passage_overlap:
            raise ValueError("passage_overlap needs passage_characters: set it too")
        if size is not None and 2 * self.passage_overlap >= size:
            raise ValueError(
                f"passage_overlap ({self.passage_overlap}) must be below half of "
                f"passage_characters ({size})"
            )
        return self


class AuditSettings(BaseModel):
    """Which training judgements are kept back, to count false negatives with."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    hidden_share: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Share of the training positives that mining and training never see, so that "
        "it can be counted how many of them are drawn as negatives. Each query keeps one; all "
        "passages of a document are hidden together.",
    )
