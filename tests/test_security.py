"""Nothing from outside is run, nothing leaves where it belongs; see docs/security.md."""

from __future__ import annotations

import ast
import contextlib
import json
import pickle
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import trisampler
from trisampler.encoders.embeddings import Embeddings
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.errors import EmbeddingsError, EncoderError
from trisampler.encoders.settings import EncoderSettings
from trisampler.evaluation.runs import write_trec_run
from trisampler.parameters import ParameterError, check_parameters

ROOT = Path(__file__).parents[1]
SOURCES = sorted(Path(trisampler.__file__).parent.rglob("*.py"))
# Modules that run what they read, or are made to.
FORBIDDEN_MODULES = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "pty"}
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"),
    *("shutil.unpack_archive", "tarfile.open", "zipfile.ZipFile", "tempfile.mktemp"),
}
SAFE_ONLY_WITH = {
    "torch.load": ("weights_only", True),
    "np.load": ("allow_pickle", False),
    "numpy.load": ("allow_pickle", False),
}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def literal(call: ast.Call, keyword: str) -> Any:
    found = [each.value for each in call.keywords if each.arg == keyword]
    return found[0].value if found and isinstance(found[0], ast.Constant) else None


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_module_runs_what_it_reads(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not FORBIDDEN_MODULES & {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in FORBIDDEN_MODULES
    for name, call in calls(tree):
        assert name not in FORBIDDEN_CALLS, name
        assert literal(call, "shell") is not True, name
        assert literal(call, "trust_remote_code") in (None, False), name
        if name in SAFE_ONLY_WITH:
            keyword, value = SAFE_ONLY_WITH[name]
            assert literal(call, keyword) is value, name
        if name.endswith("from_pretrained") and "factory" not in name:
            assert literal(call, "trust_remote_code") is False, name
    assert "0.0.0.0" not in text


class Marking:
    """Leaves a file where it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.marker,)


def test_vectors_that_are_a_pickle_are_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    Embeddings.from_array(["a"], np.ones((1, 4), dtype=np.float32), "mine").save(tmp_path / "made")
    objects = np.array([Marking(marker)], dtype=object)
    np.save(tmp_path / "made" / "vectors.npy", objects, allow_pickle=True)
    with pytest.raises(EmbeddingsError):
        Embeddings.load(tmp_path / "made")
    assert not marker.exists()


def test_weights_that_are_a_pickle_are_not_run(tiny_encoder_folder: Path, tmp_path: Path) -> None:
    """Under their own name, and under that of safetensors."""
    marker = tmp_path / "ran"
    for name in ("model.safetensors", "pytorch_model.bin"):
        copy = Path(shutil.copytree(tiny_encoder_folder, tmp_path / name))
        (copy / "model.safetensors").unlink()
        (copy / name).write_bytes(pickle.dumps(Marking(marker)))
        with pytest.raises(EncoderError):
            Encoder.load(EncoderSettings(name=str(copy)))
    assert not marker.exists()


def test_code_of_a_tokenizer_is_not_run(
    tiny_encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Path(shutil.copytree(tiny_encoder_folder, tmp_path / "copy"))
    marker = tmp_path / "ran"
    (copy / "own.py").write_text(f"open({str(marker)!r}, 'w')\n")
    file = copy / "tokenizer_config.json"
    config = json.loads(file.read_text())
    config |= {"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": ["own.Own", "own.Own"]}}
    file.write_text(json.dumps(config))
    # Nobody is asked whether to trust it either.
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked at the terminal"))
    with contextlib.suppress(EncoderError):
        Encoder.load(EncoderSettings(name=str(copy)))
    assert not marker.exists()


def parameters() -> dict[str, Any]:
    from omegaconf import OmegaConf

    tree = OmegaConf.load(ROOT / "conf/base/parameters.yml")
    tree.seed, tree.workspace = 1, "default"
    return dict(OmegaConf.to_container(tree))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "name", ["..", "../x", "/x", "a/b", "a\\b", ".hidden", "", " ", "a\0b", "a\n", "$(x)"]
)
def test_a_workspace_stays_inside(name: str) -> None:
    with pytest.raises(ParameterError, match="workspace"):
        check_parameters({**parameters(), "workspace": name})


@pytest.mark.parametrize("name", ["..", "../x", "/x", "a/b", "a b", "", "a\n", "$(x)"])
def test_a_system_of_a_run_file_stays_inside(name: str) -> None:
    tree = parameters()
    tree["evaluation"]["run_files"] = {name: {"test": "x.run"}}
    with pytest.raises(ParameterError, match="run_files"):
        check_parameters(tree)


def test_ids_are_never_parts_of_paths(tmp_path: Path) -> None:
    """Ids that would lead out of a folder are ids like all others, in tables and run files."""
    ids = ["../../outside", "/etc/passwd", "a/../../b", "$(touch${IFS}ran)", "`x`", ";x"]
    run = pl.DataFrame(
        {
            "query_id": ids,
            "doc_id": ids[::-1],
            "rank": pl.Series([1] * len(ids), dtype=pl.Int32),
            "score": pl.Series([1.0] * len(ids), dtype=pl.Float32),
        }
    )
    write_trec_run(tmp_path / "inside" / "a.run", run, "system")
    assert [path.name for path in tmp_path.rglob("*")] == ["inside", "a.run"]
    written = (tmp_path / "inside" / "a.run").read_text().splitlines()
    assert sorted(line.split()[0] for line in written) == sorted(ids)


def test_what_listens_does_so_for_this_machine_alone() -> None:
    from kedro_viz.constants import DEFAULT_HOST
    from mlflow.cli import server

    from trisampler.commands.serve import command

    for listening in (command, server):
        (host,) = [option.default for option in listening.params if option.name == "host"]
        assert host == "127.0.0.1"
    assert DEFAULT_HOST == "127.0.0.1"


def test_no_package_of_the_lock_is_under_a_strong_copyleft() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from licences import is_copyleft, licence_of, locked_packages
    finally:
        sys.path.pop(0)
    assert is_copyleft("GNU General Public License v3 (GPLv3)")
    assert not is_copyleft("GNU Lesser General Public License v3 (LGPLv3)")
    strong = [name for name in locked_packages() if is_copyleft(licence_of(name))]
    # It may be taken under the Artistic licence instead.
    assert set(strong) <= {"text-unidecode"}
    assert len(locked_packages()) > 100
