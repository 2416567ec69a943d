"""Tests do not see what a checkout keeps in conf/local."""

from __future__ import annotations

from pathlib import Path

import pytest

import project_conf


def test_nothing_of_conf_local_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("base", "local"):
        (tmp_path / "conf" / folder).mkdir(parents=True)
        (tmp_path / "conf" / folder / "tracking.yml").write_text("enabled: false\n")
    monkeypatch.setattr(project_conf, "CONF", tmp_path / "conf")
    project_conf.copy_conf(tmp_path / "copy")
    copied = sorted((tmp_path / "copy" / "conf").rglob("*"))
    assert [path.relative_to(tmp_path / "copy" / "conf").as_posix() for path in copied] == [
        *("base", "base/tracking.yml", "local")
    ]
