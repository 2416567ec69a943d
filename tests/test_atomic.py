"""Folders that appear whole or not at all, among several processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Event, Thread
from typing import Any

import pytest

from trisampler import atomic
from trisampler.atomic import remove_abandoned, remove_whole, replaced_file, replaced_folder

HOLDS_A_NEW_FOLDER = """
import sys, time
from pathlib import Path
from trisampler.atomic import replaced_file, replaced_folder
with replaced_folder(Path(sys.argv[1])) as folder:
    (folder / "number").write_text("from a process")
    print(folder.name, flush=True)
    time.sleep(600)
"""


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(folder: Path, number: int) -> None:
    with replaced_folder(folder) as temporary:
        for name in ("one", "other"):
            (temporary / name).write_text(str(number))


def holder(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that is writing `folder`, and the temporary folder that it has."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_NEW_FOLDER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, folder.parent / process.stdout.readline().strip()


def test_a_folder_takes_the_others_place_and_leaves_nothing_beside(tmp_path: Path) -> None:
    for number in range(2):
        write(tmp_path / "folder", number)
        assert (tmp_path / "folder" / "one").read_text() == str(number)
        assert names_in(tmp_path) == ["folder"]


def test_on_an_exception_the_former_folder_stays(tmp_path: Path) -> None:
    write(tmp_path / "folder", 1)

    def fail_half_way() -> None:
        with replaced_folder(tmp_path / "folder") as temporary:
            (temporary / "one").write_text("half")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail_half_way()
    assert (tmp_path / "folder" / "one").read_text() == "1"
    assert names_in(tmp_path) == ["folder"]


@pytest.mark.skipif(sys.platform != "linux", reason="two names change places in one step on Linux")
def test_there_is_a_whole_folder_at_every_moment(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    write(folder, 0)
    stop, missing = Event(), []

    def look() -> None:
        while not stop.is_set():
            if not folder.exists():
                missing.append("the folder")

    watching = Thread(target=look)
    watching.start()
    for number in range(300):
        write(folder, number)
    stop.set()
    watching.join()
    assert not missing


def test_a_system_that_cannot_exchange_names_replaces_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "_exchange", lambda _one, _other: False)
    for number in range(2):
        write(tmp_path / "folder", number)
    assert (tmp_path / "folder" / "other").read_text() == "1"
    assert names_in(tmp_path) == ["folder"]


def test_what_a_killed_writer_left_is_removed_and_what_a_living_one_has_is_not(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "folder"
    killed, abandoned = holder(folder)
    living, held = holder(folder)
    try:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert abandoned.exists()
        write(folder, 1)
        assert names_in(tmp_path) == sorted([held.name, "folder"])
    finally:
        living.kill()
        living.wait()
    write(folder, 2)
    assert names_in(tmp_path) == ["folder"]


def test_what_a_killed_writer_of_a_file_left_is_removed_and_what_a_living_one_has_is_not(
    tmp_path: Path,
) -> None:
    (tmp_path / ".file.0123abcd.tmp").write_text("half")
    (tmp_path / ".other.0123abcd.tmp").write_text("half")
    with replaced_file(tmp_path / "file") as held:
        with replaced_file(tmp_path / "file") as temporary:
            temporary.write_text("first")
        assert names_in(tmp_path) == sorted([".other.0123abcd.tmp", held.name, "file"])
        held.write_text("last")
    assert names_in(tmp_path) == [".other.0123abcd.tmp", "file"]
    assert (tmp_path / "file").read_text() == "last"


def test_what_another_removes_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, lost = os.open, []

    def lose_the_first(path: Path, *how: Any, **where: Any) -> int:
        if not lost:
            path.rmdir()
            lost.append(path)
        return opened(path, *how, **where)

    monkeypatch.setattr(os, "open", lose_the_first)
    write(tmp_path / "folder", 1)
    assert lost
    assert names_in(tmp_path) == ["folder"]


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = Popen(["cat", pipe], stdout=PIPE, text=True)
    with replaced_file(pipe) as opened:
        opened.write_text("through it")
    assert reader.communicate(timeout=60)[0] == "through it"
    assert pipe.is_fifo()
    assert names_in(tmp_path) == ["pipe"]


def test_what_a_process_has_open_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    with (tmp_path / "opened").open("w+") as opened:
        before = os.fstat(opened.fileno()).st_ino
        with replaced_file(Path(f"/dev/fd/{opened.fileno()}")) as given:
            given.write_text("through it")
        assert (tmp_path / "opened").stat().st_ino == before
        assert opened.read() == "through it"


def test_what_cannot_be_removed_is_an_error_and_so_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "folder", 1)

    def refuse(path: Path, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as refusing:
        refusing.setattr("trisampler.atomic.shutil.rmtree", refuse)
        for _ in range(2):
            with pytest.raises(PermissionError):
                remove_whole(tmp_path / "folder")
        (left,) = tmp_path.iterdir()
        with pytest.raises(PermissionError):
            remove_abandoned(left)
        # It keeps nobody from writing.
        write(tmp_path / "folder", 2)
    remove_whole(tmp_path / "folder")
    assert names_in(tmp_path) == []


def test_where_there_are_no_locks_what_is_removed_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("trisampler.atomic.fcntl.flock", no_locks)
    write(tmp_path / "folder", 1)
    (tmp_path / ".folder.0123abcd.tmp").mkdir()
    remove_whole(tmp_path / "folder")
    # Of this one nobody knows whether it is being written.
    assert names_in(tmp_path) == [".folder.0123abcd.tmp"]
    with pytest.raises(BlockingIOError):
        remove_abandoned(tmp_path / ".folder.0123abcd.tmp")
