"""For each parameter, source file and library package: the nodes that a change of it runs again.

Nothing is run. A node runs again when its key is another one, and keys follow from parameters,
files and code alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from planning import open_project
from trisampler.incremental.code import reachable_modules
from trisampler.incremental.keys import node_keys
from trisampler.parameters import ParameterError, check_parameters

PROJECT = Path(__file__).parents[2]

# The nodes, by the ends of their names, that a group of parameters touches first. All that comes
# after them runs too, and nothing else but what shows all parameters. The longest name counts.
FIRST = {
    "seed": ("read_source",),
    "source": ("read_source",),
    "preparation": ("read_source",),
    "audit": ("hide_judgements",),
    "encoder": ("load_pretrained",),
    "encoding": ("embed_corpus", "embed_queries"),
    "search": ("build_index",),
    "lexical": ("search_train_and_dev", "bm25.search_test"),
    "retrieval.depth": ("search_train_and_dev", "retrieve_candidates", "train_encoder"),
    "retrieval.neighbours": ("retrieve_neighbours",),
    "sampling": ("draw_negatives", "survey_samplers"),
    "sampling.sampler": ("score_candidates", "draw_negatives"),
    "sampling.parameters": ("score_candidates", "draw_negatives"),
    "sampling.pools": ("retrieve_neighbours", "score_candidates"),
    "teacher.name": ("score_candidates",),
    "survey": ("survey_samplers",),
    "comparison.baselines": ("compare_cells",),
    "comparison.against": ("compare_cells",),
    "comparison.sampler_parameters": (
        "tri.seed_1.sampling.draw_negatives",
        "tri.seed_2.sampling.draw_negatives",
    ),
    "promotion": ("promotion.decide",),
    "promotion.split": ("choose_gate_queries", "promotion.decide"),
    "promotion.measure": ("measure_at_gate", "promotion.decide"),
    "development": ("choose_dev_pool",),
    "training": ("train_encoder",),
    "training.frozen_documents": ("train_encoder", "gather_planes"),
    "evaluation.measures": ("measure", "measure_external_systems"),
    "evaluation.primary": ("compare", "compare_cells"),
    "evaluation.summary": ("compare", "compare_cells"),
    "evaluation.depth": ("search_dev", "search.search_test", "search_gate", "read_external_runs"),
    "evaluation.run_files": ("read_external_runs", "compare_cells"),
    "evaluation.permutations": ("compare", "compare_cells", "promotion.decide"),
    "evaluation.resamples": ("compare", "compare_cells"),
    "evaluation.alpha": (
        "audit_negatives",
        "compare",
        "compare_cells",
        "tell_cell",
        "survey_samplers",
    ),
}
SHOW_ALL_PARAMETERS = ("write_report", "write_model_card", "write_comparison_report")
# Only these show it. Why nothing else depends on it:
CHANGES_NOTHING = {
    "workspace": "where artifacts are, not what they are; another one is empty at first",
    "encoding.batch_tokens": "how many texts go through the model together",
    "teacher": "there is no teacher unless one is named",
    "training.checkpoint_every": "where a training that was interrupted goes on",
    "cluster": "which machine does the work",
    "retention": "what of former runs is kept",
}
SHOWN_NOWHERE = ("retention.keep",)
# Values for those of which no simple one is both different and right.
OTHER_VALUES: dict[str, Any] = {
    "workspace": "another",
    "source.format": "python-source",
    "source.package": "json",
    "preparation.passage_characters": 500,
    "encoder.name": "untrained:1",
    "encoder.document_name": "untrained:1",
    "teacher.name": "untrained:1",
    "search.factory": "HNSW32",
    "lexical.language": "german",
    "sampling.sampler": "top-k",
    "sampling.parameters": {"sigma": 2.0},
    "sampling.pools": ["lexical"],
    "survey.samplers": ["tri"],
    "comparison.baselines": ["in-batch"],
    "comparison.against": {"tri": "top-k"},
    "comparison.sampler_parameters": {"tri": {"sigma": 2.0}},
    "promotion.split": "test",
    "promotion.measure": "RR@10",
    "training.matryoshka_dimensions": [64],
    "evaluation.primary": "RR@10",
    "evaluation.summary": ["nDCG@10"],
    "cluster.address": "localhost:1",
}
# Right only together with another parameter, which is then set before and after.
NEEDS: dict[str, dict[str, Any]] = {
    "source.path": {"source.package": None},
    "preparation.passage_overlap": {"preparation.passage_characters": 500},
    "sampling.teacher_ceiling": {"teacher.name": "untrained:1"},
    "sampling.teacher_unscored": {"teacher.name": "untrained:1"},
    "training.distillation": {"teacher.name": "untrained:1"},
}
# Each is a value of some parameter that is not a number.
WORDS = ("cpu", "float32", "float16", "keep", "drop", "cosine", "median", "none", "mean", "kl")
SIMPLE = (True, False, 3, 0.5, *WORDS, "bi-encoder", "ray")


class World:
    """The whole DAG, survey and comparison included, and its keys under any parameters."""

    def __init__(self) -> None:
        made, self.context = open_project(PROJECT, "smoke")
        self.loader = self.context.config_loader
        self.pipeline = made["__default__"] + made["survey"] + made["comparison"]
        self.catalog = self.context._get_catalog()
        self.tree: dict[str, Any] = deepcopy(self.loader["parameters"])
        self.unchanged = self.keys({})

    def keys(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The key of every node; `changes` by dotted name."""
        tree = self.loader["parameters"] = self.with_changes(changes)
        # Given with --params: a workspace that parameters.yml alone has is refused.
        self.loader.runtime_params = {"workspace": tree["workspace"]}
        for name, value in self.context._get_parameters().items():
            self.catalog[name] = value
        return {name: key.parts for name, key in node_keys(self.pipeline, self.catalog).items()}

    def with_changes(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        tree = deepcopy(self.tree)
        for name, value in changes.items():
            *groups, leaf = name.split(".")
            branch = tree
            for group in groups:
                branch = branch[group]
            branch[leaf] = value
        return tree

    def changed(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
        one = self.keys(before) if before else self.unchanged
        two = self.keys(after)
        return {name for name in one if one[name] != two[name]}

    def after(self, ends: tuple[str, ...]) -> set[str]:
        """The nodes whose names end so and all that come after them."""
        names = [node.name for node in self.pipeline.nodes]
        for end in ends:
            assert any(_ends(name, end) for name in names), f"no node's name ends in {end}"
        first = [name for name in names if any(_ends(name, end) for end in ends)]
        return {node.name for node in self.pipeline.from_nodes(*first).nodes} if first else set()


def _ends(name: str, end: str) -> bool:
    return f".{name}".endswith(f".{end}")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    told = logging.getLogger("kedro.io.data_catalog")  # that a parameter is replaced
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(told, "disabled", True)
        yield World()


def leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and value of every parameter; an empty mapping is a value."""
    for key, value in tree.items():
        name = f"{above}{key}"
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{name}.")
        else:
            yield name, value


def _row(name: str, table: Mapping[str, Any]) -> str | None:
    """The longest of the table's names that is the parameter or a group of it."""
    rows = [row for row in table if f"{name}.".startswith(f"{row}.")]
    return max(rows, key=len, default=None)


def _expected(world: World, name: str) -> set[str]:
    row, nothing = _row(name, FIRST), _row(name, CHANGES_NOTHING)
    assert row or nothing, f"{name}: say in FIRST or CHANGES_NOTHING what a change of it runs"
    shown = world.after(SHOW_ALL_PARAMETERS) if name not in SHOWN_NOWHERE else set()
    if row is None or len(nothing or "") > len(row):
        return shown
    return shown | world.after(FIRST[row])


def _another_value(world: World, name: str, value: Any, needed: Mapping[str, Any]) -> Any:
    if name in OTHER_VALUES:
        return OTHER_VALUES[name]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    same = _value_of(world, needed)
    for candidate in ((value + 1, value / 2) if number else ()) + SIMPLE:
        try:
            if _value_of(world, {**needed, name: candidate}) != same:
                return candidate
        except ParameterError:
            continue
    pytest.fail(f"{name}: give a right value other than {value!r} in OTHER_VALUES")


def _value_of(world: World, changes: Mapping[str, Any]) -> Any:
    return check_parameters(world.with_changes(changes))


@pytest.mark.slow
def test_each_parameter_runs_what_depends_on_it_and_nothing_else(
    world: World, tmp_path: Path
) -> None:
    _write_beir(tmp_path)
    run_file = tmp_path / "other.run"
    run_file.write_text("q1 0 d1 1 1.0 other\n")
    OTHER_VALUES["source.path"] = str(tmp_path)
    OTHER_VALUES["evaluation.run_files"] = {"other": {"test": str(run_file)}}
    OTHER_VALUES["evaluation.measures"] = [*world.tree["evaluation"]["measures"], "R@10"]
    wrong = {}
    for name, value in leaves(world.tree):
        needed = NEEDS.get(name, {})
        other = _another_value(world, name, value, needed)
        changed = world.changed(needed, {**needed, name: other})
        difference = sorted(changed ^ _expected(world, name))
        if difference:
            wrong[f"{name}={other}"] = difference
    assert not wrong, json.dumps(wrong, indent=1)


def test_a_named_teachers_parameters_count_but_for_its_batches(world: World) -> None:
    named = {"teacher.name": "untrained:1"}
    scored = world.after(("score_candidates",)) | world.after(SHOW_ALL_PARAMETERS)
    assert world.changed(named, {**named, "teacher.depth": 3}) == scored
    shown = world.after(SHOW_ALL_PARAMETERS)
    assert world.changed(named, {**named, "teacher.batch_tokens": 512}) == shown


def _write_beir(folder: Path) -> None:
    (folder / "qrels").mkdir(exist_ok=True)
    (folder / "corpus.jsonl").write_text('{"_id": "d1", "title": "", "text": "one"}\n')
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "which"}\n')
    for split in ("train", "dev", "test"):
        (folder / "qrels" / f"{split}.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n")


@pytest.mark.parametrize(
    "file", ["corpus.jsonl", "queries.jsonl", "qrels/train.tsv", "qrels/dev.tsv", "qrels/test.tsv"]
)
def test_a_line_more_in_a_file_of_the_source_reads_it_again(
    world: World, tmp_path: Path, file: str
) -> None:
    _write_beir(tmp_path)
    given = {"source.path": str(tmp_path), "source.package": None}
    before = world.keys(given)
    (tmp_path / "notes.txt").write_text("no part of the source")
    assert world.keys(given) == before
    with (tmp_path / file).open("a") as open_file:
        open_file.write("\n")
    after = world.keys(given)
    assert {name for name in after if after[name] != before[name]} == world.after(("read_source",))


STAGES = (
    *("read_source", "hide_judgements", "load_pretrained", "search_train_and_dev"),
    "bm25.search_test",
    *("embed_corpus", "embed_queries", "build_index", "search_dev", "choose_dev_pool"),
    *("retrieve_candidates", "retrieve_neighbours", "score_candidates", "draw_negatives"),
    *("train_encoder", "audit_negatives", "measure", "compare", "make_bundle"),
)
# The stages that a change of code in a package touches first; reports and figures, made again in
# seconds, are left out.
USED_BY: dict[str, Collection[str]] = {
    "corpora.python_source": {"read_source", "hide_judgements"},
    "search.lexical": {"search_train_and_dev", "bm25.search_test"},
    "search.index_building": {"build_index"},
    "teachers": {"score_candidates"},
    # Score_candidates asks the registry of samplers for their pools.
    "negatives.draw": {"score_candidates", "draw_negatives"},
    "training.loop": {"train_encoder"},
    "evaluation": {"measure", "compare"},
    "release": {"make_bundle"},
    # These decide whether, where and how visibly work is done.
    **dict.fromkeys(
        ("incremental", "failures", "interruption", "progress", "errors", "cluster"), frozenset()
    ),
    # And these no node imports.
    **dict.fromkeys(
        ("checks", "commands", "datasets", "exports", "hooks", "installation", "orchestration"),
        frozenset(),
    ),
    **dict.fromkeys(
        ("retention", "retrievers", "web", "cli", "context", "parameters"), frozenset()
    ),
}


@pytest.mark.parametrize("module", USED_BY)
def test_changed_code_runs_the_stages_that_use_it_and_what_follows(
    world: World, module: str
) -> None:
    path = PROJECT / "src" / "trisampler" / module.replace(".", "/")
    assert path.is_dir() or path.with_suffix(".py").is_file()
    using = tuple(end for end in STAGES if _reaches(world, end, module))
    assert set(USED_BY[module]) <= set(using)
    assert world.after(using) == world.after(tuple(USED_BY[module]))


def _reaches(world: World, end: str, module: str) -> bool:
    """Whether a change in a package or module of ours is one in the code of such nodes."""
    own = {node.func.__module__ for node in world.pipeline.nodes if _ends(node.name, end)}
    assert own, f"no node's name ends in {end}"
    return any(
        f"{name}.".startswith(f"trisampler.{module}.")
        for node_module in own
        for name in reachable_modules(node_module)
    )
