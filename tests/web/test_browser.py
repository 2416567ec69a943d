"""The page in headless Chromium, and the command that serves it."""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import subprocess
import sys
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from release.conftest import Workshop, corpus_of
from web.browser import chromium

pytestmark = pytest.mark.slow


def test_styles_apply_and_no_text_runs(address, tmp_path):
    page = chromium(tmp_path, f"{address}?" + urlencode({"q": "what"}), "--dump-dom")
    assert "<title>what - trisampler</title>" in page  # the documents would change it
    assert page.count("<section") == 2
    picture = tmp_path / "page.png"
    chromium(tmp_path, f"{address}?q=what", f"--screenshot={picture}", "--window-size=900,600")
    content = picture.read_bytes()
    assert struct.unpack(">II", content[16:24]) == (900, 600)
    assert len(content) > 10_000  # an empty page is a fifth of that


def test_the_command_serves_a_bundle_until_it_is_told_to_end(tmp_path):
    workshop = Workshop(tmp_path / "workshop")
    one = workshop.make(tmp_path / "one" / "bundle", corpus_of(range(60)))
    two = workshop.make(tmp_path / "two" / "bundle", corpus_of(range(50)), "untrained:1")
    process = subprocess.Popen(
        [sys.executable, "-m", "trisampler", "serve", f"old={one}", f"new={two}", "--port", "0"],
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        address = re.match(r"(http://127\.0\.0\.1:\d+/)", process.stdout.readline())
        assert address, process.communicate()
        with urlopen(f"{address[1]}api/search?q=sort+list&k=5", timeout=60) as response:
            told = json.load(response)
        assert [len(system["hits"]) for system in told["systems"]] == [5, 5]
        page = chromium(tmp_path / "profile", f"{address[1]}?q=sort+list&k=5", "--dump-dom")
        for system in told["systems"]:
            for hit in system["hits"]:
                assert f'data-doc="{hit["doc_id"]}"' in page
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "Traceback" not in said
    finally:
        process.kill()


def test_a_port_that_is_taken_is_said(address, tmp_path):
    port = address.rstrip("/").rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "trisampler", "serve", "bm25", "--package", "json", "--port", port],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "cannot be served at" in done.stderr
