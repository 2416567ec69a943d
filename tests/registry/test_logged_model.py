"""A bundle as MLflow serves it: loaded by its alias, and asked over HTTP."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.conftest import Shop
from trisampler.incremental.code import reachable_modules
from trisampler.registry import Registry
from trisampler.registry.logged_model import bundle_folder
from trisampler.registry.requirements import serving_requirements
from trisampler.release import Bundle

QUERIES = ["sort a list", "open the file and read a line"]
# In an environment that has the package too: what the model brings along goes first.
LOADED = """
import json, sys
import mlflow, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
found = model.predict(pandas.DataFrame({"query": json.loads(sys.argv[2])}), params={"k": 3})
import trisampler
print(json.dumps([found.to_dict("records"), trisampler.__file__]))
"""


def in_another_process(shop: Shop, code: str, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        env=os.environ | {"MLFLOW_TRACKING_URI": shop.registry.uri},
        cwd=shop.folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def test_it_is_loaded_by_its_alias_and_finds_what_the_bundle_finds(shop: Shop) -> None:
    version = shop.promoted(1)
    printed = in_another_process(
        shop, LOADED, f"models:/{shop.registry.model}@champion", json.dumps(QUERIES)
    )
    rows, package = json.loads(printed.splitlines()[-1])
    expected = Bundle.load(shop.bundle(1)).search(QUERIES, 3)
    assert [row["ids"] for row in rows] == expected.ids
    assert [row["titles"] for row in rows] == expected.titles
    assert [row["texts"] for row in rows] == expected.texts
    for row, scores in zip(rows, expected.scores_QK.tolist(), strict=True):
        assert row["scores"] == pytest.approx(scores, abs=1e-5)
    model = bundle_folder(shop.registry, version, shop.folder).parents[1]
    assert Path(package).is_relative_to(model)


def test_it_says_what_goes_in_and_what_comes_out(shop: Shop) -> None:
    from mlflow.models import Model

    version = shop.promoted(1)
    folder = bundle_folder(shop.registry, version, shop.folder).parents[1]
    model = Model.load(str(folder))
    assert model.signature.inputs.input_names() == ["query"]
    assert model.signature.outputs.input_names() == ["ids", "scores", "titles", "texts"]
    assert [(each.name, each.default) for each in model.signature.params.params] == [("k", 10)]
    assert model.load_input_example(str(folder)).columns.tolist() == ["query"]
    # No place on the disk of whoever made it.
    assert str(shop.folder) not in (folder / "MLmodel").read_text()
    assert str(Path(__file__).parents[2]) not in (folder / "MLmodel").read_text()


def test_it_belongs_to_the_run_that_made_it(shop: Shop) -> None:
    version = shop.promoted(1)
    client = shop.registry.client
    run = client.get_run(shop.run.run_id)
    assert [each.model_id for each in run.outputs.model_outputs] == [version.model_id]
    logged = client.get_logged_model(version.model_id)
    assert str(logged.status) == "READY"
    assert logged.source_run_id == shop.run.run_id


def test_requirements_name_all_that_a_search_imports() -> None:
    named = {line.partition("==")[0].replace("-", "_") for line in serving_requirements()}
    named |= {"faiss"} if "faiss_cpu" in named else set()
    imported = set()
    for module in reachable_modules("trisampler.release.bundle"):
        path = Path(__file__).parents[2] / "src" / Path(*module.split("."))
        source = path.with_suffix(".py") if path.with_suffix(".py").is_file() else None
        tree = ast.parse((source or path / "__init__.py").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    others = imported - set(sys.stdlib_module_names) - {"trisampler"}
    assert {"torch", "transformers", "polars"} <= others
    assert others - named == set()


@pytest.fixture
def served(shop: Shop) -> Iterator[str]:
    """`mlflow models serve` of the champion on this machine's loopback; the address."""
    shop.promoted(1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["models", "serve", "--model-uri", f"models:/{shop.registry.model}@champion"]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    environment = os.environ | {"MLFLOW_TRACKING_URI": shop.registry.uri}
    log = (shop.folder / "serve.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *command],
        env=environment | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        cwd=shop.folder,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/ping", server, shop.folder / "serve.log")
        yield address
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(400):
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError(log.read_text())


def ask(address: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{address}/invocations",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["predictions"]


@pytest.mark.slow
def test_it_is_served_over_http(shop: Shop, served: str) -> None:
    bundle = Bundle.load(shop.bundle(1))
    rows = ask(served, {"inputs": {"query": QUERIES}, "params": {"k": 2}})
    assert [row["ids"] for row in rows] == bundle.search(QUERIES, 2).ids
    (row,) = ask(served, {"dataframe_records": [{"query": QUERIES[0]}]})
    assert row["ids"] == bundle.search(QUERIES[:1], 10).ids[0]
    assert row["scores"] == sorted(row["scores"], reverse=True)
    assert row["texts"][0]
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(served, {"dataframe_records": [{"question": "?"}]})
    assert refused.value.code == 400


@pytest.mark.slow
def test_a_champion_on_a_server_is_fetched(shop: Shop, tmp_path: Path) -> None:
    """Artifacts that the tracking server keeps are copied, once."""
    from dataclasses import replace

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["server", "--backend-store-uri", shop.registry.uri, "--host", "127.0.0.1"]
    command += ["--artifacts-destination", str(tmp_path / "kept"), "--port", str(port)]
    log = (tmp_path / "server.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *command, "--workers", "1"],
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/health", server, tmp_path / "server.log")
        shop.registry = Registry(address, "trisampler-served")
        experiment = shop.registry.client.create_experiment("served")
        run = shop.registry.client.create_run(experiment)
        shop.run = replace(shop.run, experiment_id=experiment, run_id=run.info.run_id)
        version = shop.promoted(1)
        assert shop.champion().standing == "champion"
        folder = bundle_folder(shop.registry, version, tmp_path / "copies")
        Bundle.load(folder).verify()
        assert folder.is_relative_to(tmp_path / "copies")
        before = folder.stat().st_mtime_ns
        assert bundle_folder(shop.registry, version, tmp_path / "copies") == folder
        assert folder.stat().st_mtime_ns == before
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)
