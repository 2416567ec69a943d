"""What of an artifact's files is looked at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trisampler.incremental.records import (
    content_digest,
    is_untouched,
    read_record,
    write_record,
)


def test_size_and_time_are_looked_at_and_the_content_where_the_time_differs(tmp_path: Path) -> None:
    artifact = tmp_path / "table"
    artifact.write_bytes(b"abc")
    write_record(artifact, "key", "node", {})
    record = read_record(artifact)
    assert record is not None
    recorded = record.files[""].modified_ns

    def untouched(content: bytes, time: int) -> bool:
        artifact.write_bytes(content)
        os.utime(artifact, ns=(time, time))
        return is_untouched(artifact, record)

    assert untouched(b"abc", recorded)
    assert untouched(b"abc", 0)
    assert not untouched(b"abd", recorded + 1)
    assert not untouched(b"abcd", recorded)
    # Not read, as docs/up-to-date.md says.
    assert untouched(b"abd", recorded)


@pytest.mark.parametrize("hidden", [".DS_Store", ".nfs0001", ".ipynb_checkpoints/a.json"])
def test_hidden_files_are_none_of_a_folder_s(tmp_path: Path, hidden: str) -> None:
    folder = tmp_path / "encoder_1"
    (folder / hidden).parent.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"abc")
    digest = content_digest(folder)

    def untouched() -> bool:
        record = read_record(folder)
        assert record is not None
        return is_untouched(folder, record)

    write_record(folder, "key", "node", {})
    (folder / hidden).write_bytes(b"left by another program")
    assert untouched()
    assert content_digest(folder) == digest
    write_record(folder, "key", "node", {})
    (folder / hidden).unlink()
    assert untouched()
    (folder / "seen.json").write_bytes(b"")
    assert not untouched()
