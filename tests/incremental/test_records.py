"""What of an artifact's files is looked at."""

from __future__ import annotations

import os
from pathlib import Path

from trisampler.incremental.records import is_untouched, read_record, write_record


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
