"""A change in the code of a user's own sampler is noticed by the keys of the whole project."""

from __future__ import annotations

import importlib
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node

from planning import open_project
from trisampler import own_modules
from trisampler.incremental import IncrementalRunner, code
from trisampler.incremental.keys import node_keys
from trisampler.incremental.own_functions import calls_named, own_functions_digest
from trisampler.negatives import NegativesError, build_sampler
from trisampler.pipelines import comparison
from trisampler.structure import ComparisonStructure
from trisampler.variants import Variant

PROJECT = Path(__file__).parents[2]
MINE = "fieldsamplers.mine:mine"
FILES = {
    "__init__.py": "",
    "mine.py": """
from trisampler.negatives import Sampler, Stage

from .weights import log_weight


def mine() -> Sampler:
    from fieldsamplers import inside

    return Sampler("mine", "encoder", (Stage(log_weight),), "delta", "ours")
""",
    "weights.py": "def log_weight(scores):\n    return scores.delta_PK * 1.0\n",
    "inside.py": "VALUE = 1\n",
    "apart.py": "VALUE = 1\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package on Python's path, with a sampler that leans on two modules beside it."""
    folder = tmp_path / "fieldsamplers"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(logging.getLogger("kedro.io.data_catalog"), "disabled", True)
    yield folder
    forget()


def forget() -> None:
    """What another process would not know."""
    for cached in (code._source_of_ours, code._tree, code._imports, code._tree_digest):
        cached.cache_clear()
    own_modules._imported.clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "fieldsamplers"]:
        del sys.modules[name]


def keys_with(
    *, sampler: str = "tri", surveyed: str = "tri", variant: str = "tri"
) -> dict[str, object]:
    """The keys of all nodes, in a process of its own as far as the package goes."""
    forget()
    made, context = open_project(PROJECT, "smoke")
    parameters = context.config_loader["parameters"]
    parameters["sampling"]["sampler"] = sampler
    parameters["survey"]["samplers"] = [surveyed]
    context.config_loader["parameters"] = parameters
    compared = ComparisonStructure(
        samplers=("in-batch",), variants={"own": Variant(sampler=variant)}, seeds=1
    )
    pipeline = made["__default__"] + made["survey"] + comparison.create_pipeline(compared)
    keys = node_keys(pipeline, context._get_catalog())
    return {name: key.parts for name, key in keys.items()}


def digest(*, live: bool = False) -> str | None:
    """That of a node which calls the package's sampler; as another process has it, or this one."""
    if not live:
        forget()

    @calls_named("sampler", lambda name: (name, "tri"))
    def drawing(sampler: str) -> None: ...

    return own_functions_digest(drawing, {"sampler": MINE})


def changed_by(file: Path, **named: str) -> set[str]:
    """The names of the nodes that a line more in `file` runs again."""
    before = keys_with(**named)
    file.write_text(file.read_text() + "\nMORE = 2\n")
    after = keys_with(**named)
    return {name for name in after if after[name] != before[name]}


@pytest.mark.parametrize("file", FILES)
def test_what_a_sampler_imports_of_its_package_counts(package: Path, file: str) -> None:
    before = digest()
    (package / file).write_text(FILES[file] + "MORE = 2\n")
    assert (digest() != before) == (file != "apart.py")


def drawn_by() -> object:
    """What the loaded sampler leans on, as the module that it is in was imported."""
    return sys.modules["fieldsamplers.weights"].log_weight(SimpleNamespace(delta_PK=1.0))


@pytest.mark.parametrize("by_hand", [True, False])
def test_in_a_live_kernel_what_was_edited_is_noticed_and_called(
    package: Path, *, by_hand: bool
) -> None:
    if by_hand:
        importlib.import_module("fieldsamplers.mine")
    else:
        digest()
    digests = []
    for factor in (2.0, 3.0, 40.0):
        (package / "weights.py").write_text(FILES["weights.py"].replace("1.0", str(factor)))
        if factor == 3.0:
            importlib.reload(sys.modules["fieldsamplers.weights"])
        digests.append(digest(live=True))
        assert drawn_by() == factor
    assert len(set(digests)) == 3
    assert digests[-1] == digest()


def test_in_a_live_kernel_what_was_not_edited_stays(package: Path) -> None:
    before = digest()
    loaded = sys.modules["fieldsamplers.mine"]
    assert digest(live=True) == before
    (package / "apart.py").write_text("VALUE = 2\n")
    assert digest(live=True) == before
    assert sys.modules["fieldsamplers.mine"] is loaded


def with_parameter(name: str) -> str:
    return FILES["mine.py"].replace("def mine()", f"def mine({name}: float = 1.0)")


def test_in_a_live_kernel_a_sampler_is_judged_by_what_was_edited(package: Path) -> None:
    file = package / "mine.py"
    build_sampler(MINE)
    for name in ("height", "width"):
        file.write_text(with_parameter(name))
        build_sampler(MINE, {name: 2.0})
    file.write_text("def mine(:\n")
    for _ in range(2):
        with pytest.raises(NegativesError, match=r"cannot be imported .SyntaxError: .*mine\.py"):
            build_sampler(MINE)
    file.write_text(FILES["mine.py"])
    assert build_sampler(MINE).name == "mine"


def test_what_is_edited_while_nodes_run_waits_for_the_next_run(package: Path) -> None:
    file = str(package / "mine.py")

    def edit() -> str:
        Path(file).write_text(FILES["mine.py"].replace('"delta"', '"edited"'))
        return build_sampler(MINE).formula

    build_sampler(MINE)
    outputs = IncrementalRunner().run(Pipeline([node(edit, None, "formula")]), DataCatalog())
    assert outputs["formula"].load() == "delta"
    assert build_sampler(MINE).formula == "edited"


@pytest.mark.parametrize(
    "text",
    [
        FILES["mine.py"],
        "from trisampler.negatives.samplers.tri import tri as mine\n",
        "from trisampler.negatives.samplers import tri\nmine = lambda: tri.tri()\n",
    ],
    ids=["class", "function", "module"],
)
def test_a_sampler_goes_on_after_kedro_has_loaded_the_project_anew(
    package: Path, text: str
) -> None:
    (package / "mine.py").write_text(text)
    script = f"""
import fieldsamplers.mine
from kedro.ipython import _remove_cached_modules
_remove_cached_modules("trisampler")
from trisampler.negatives import build_sampler
print(build_sampler({MINE!r}).name)
"""
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=package.parent, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr


def test_one_s_own_sampler_runs_what_draws_with_it(package: Path) -> None:
    changed = changed_by(package / "weights.py", sampler=MINE)
    assert "round_1.sampling.draw_negatives" in changed
    assert "round_1.training.train_encoder" in changed
    assert "round_1.teaching.score_candidates" in changed
    assert "encoder_0.embedding.embed_corpus" not in changed


def test_a_survey_s_own_sampler_runs_the_survey_alone(package: Path) -> None:
    changed = changed_by(package / "weights.py", surveyed=MINE)
    assert "survey.survey_samplers" in changed
    assert all(name.startswith("survey.") for name in changed)


def test_a_variant_s_own_sampler_runs_its_cells_and_what_compares_them(package: Path) -> None:
    changed = changed_by(package / "weights.py", variant=MINE)
    assert "comparison.own.seed_1.sampling.draw_negatives" in changed
    assert "comparison.own.seed_1.training.train_encoder" in changed
    assert "comparison.compare_cells" in changed
    assert not any("in-batch" in name or "round_1" in name for name in changed)
