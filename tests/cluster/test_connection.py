"""What is said where there is no Ray, or no cluster."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from trisampler.cluster.connection import connected
from trisampler.cluster.encoding import encoding_by
from trisampler.cluster.errors import ClusterError
from trisampler.cluster.searching import search_by
from trisampler.cluster.settings import ClusterSettings
from trisampler.cluster.training import training_by
from trisampler.encoders.chunk_encoding import encoding_here
from trisampler.parameters import ParameterError, check_parameters
from trisampler.search.flat import search_flat
from trisampler.training.launching import train_on_this_machine

SENTENCE = (
    r"Ray is not installed: pip install -e '\.\[ray\]' in trisampler's checkout, "
    "or set cluster.kind=none"
)


@pytest.fixture
def _no_ray(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])


@pytest.mark.usefixtures("_no_ray")
def test_no_ray_is_one_sentence() -> None:
    with pytest.raises(ClusterError, match=f"^cluster.kind is ray, and {SENTENCE}.$"):
        connected(ClusterSettings(kind="ray"))


@pytest.mark.usefixtures("_no_ray")
def test_no_ray_is_found_before_anything_runs() -> None:
    with pytest.raises(ParameterError, match=f"cluster: cluster.kind is ray, and {SENTENCE}"):
        check_parameters({"cluster": {"kind": "ray"}})


def test_an_address_where_no_cluster_is_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(ClusterError, match=rf"no Ray cluster at {address} .*refused.*RAY_ADDR"):
            connected(ClusterSettings(kind="ray", address=address))
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(ClusterError, match=f"no Ray cluster at {address} "):
            connected(ClusterSettings(kind="ray"))


@pytest.mark.usefixtures("_no_ray")
def test_without_a_cluster_nothing_asks_for_ray() -> None:
    here = ClusterSettings()
    assert encoding_by(here) is encoding_here
    assert search_by(here) is search_flat
    assert training_by(here) is train_on_this_machine
