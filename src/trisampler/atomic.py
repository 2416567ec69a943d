"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import glob
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# Of renameat2(2).
_WORKING_FOLDER, _RENAME_EXCHANGE = -100, 2
# Links to what a process has open: /dev/stdout, /dev/fd/63.
_STREAMS = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")


def _temporary_sibling(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on a clean exit it takes `path`'s place.

    The file is flushed to disk before the rename. On an exception the temporary file is removed and
    whatever stood at `path` stays. What writers that were killed left beside `path` is removed. A
    device or a pipe has no place that could be taken: `path` itself is yielded.
    """
    if is_stream(path):
        yield path
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    temporary, handle = _locked(path, Path.touch)
    try:
        yield temporary
        flush(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """Yield a new, empty folder beside `path`; on a clean exit it takes `path`'s place.

    On an exception the new folder is removed and whatever stood at `path` stays. Where the system
    can exchange two names, `path` is the old folder or the new one at every moment. Where it
    cannot, `path` does not exist for an instant, which readers see as missing, never as
    half-written. What writers that were killed left beside `path` is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    temporary, handle = _locked(path, Path.mkdir)
    try:
        yield temporary
        if not path.exists():
            temporary.replace(path)
        elif not _exchange(temporary, path):
            retired = _temporary_sibling(path)
            path.replace(retired)
            temporary.replace(path)
            shutil.rmtree(retired, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(handle)


def flush(path: Path) -> None:
    """Have what is written of a file, or the names in a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_stream(path: Path) -> bool:
    """Whether `path` is a device, a pipe, or the file that a process has as standard output."""
    if path.absolute().parent in _STREAMS and path.is_symlink():
        return path.exists() and not path.is_dir()
    return path.exists() and not path.is_file() and not path.is_dir()


def link_target(path: Path) -> Path:
    """The file that a link points to, whose place a new one is to take; else `path` as it is."""
    return path.resolve() if path.is_symlink() and not is_stream(path) else path


def remove_whole(path: Path) -> None:
    """Remove a file or folder, and what writers that were killed left beside it.

    At every moment it is at `path` as it was, or not at all.

    Raises:
        OSError: it, or something of it under the name that it has meanwhile, cannot be removed.
    """
    renamed = _temporary_sibling(path)
    with suppress(FileNotFoundError):
        path.replace(renamed)
        # By its own name: a file system without locks does not say that nobody holds it.
        _delete(renamed)
    for left in _temporaries(path):
        with suppress(BlockingIOError):
            remove_abandoned(left)


def abandoned_below(folder: Path) -> list[Path]:
    """What writers that were killed left anywhere in `folder`: temporary files and folders."""
    found: list[Path] = []
    for left in sorted(folder.rglob(".*.tmp")):
        inside = any(above in left.parents for above in found)
        if _TEMPORARY.fullmatch(left.name) and not inside and _is_abandoned(left):
            found.append(left)
    return found


def remove_abandoned(left: Path) -> None:
    """Remove a temporary file or folder.

    Raises:
        BlockingIOError: a living process may hold it.
        OSError: it cannot be removed.
    """
    try:
        handle = os.open(left, os.O_RDONLY)
    except FileNotFoundError:  # gone meanwhile
        return
    try:
        if not _lock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB):
            raise BlockingIOError(errno.EWOULDBLOCK, "A process may be writing to it", str(left))
        _delete(left)
    finally:
        os.close(handle)


def _delete(path: Path) -> None:
    with suppress(FileNotFoundError):  # another process is removing it too
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _locked(path: Path, make: Callable[[Path], None]) -> tuple[Path, int]:
    """A new file or folder beside `path`, and the handle that locks it while its process lives."""
    while True:
        temporary = _temporary_sibling(path)
        make(temporary)
        # Another writer may take it for abandoned until it is locked, and remove it.
        try:
            handle = os.open(temporary, os.O_RDONLY)
        except FileNotFoundError:
            continue
        _lock(handle, fcntl.LOCK_EX)
        if temporary.exists():
            return temporary, handle
        os.close(handle)


def _remove_abandoned(path: Path) -> None:
    """Remove the temporary files and folders beside `path` that no living process holds."""
    for left in _temporaries(path):
        with suppress(OSError):
            remove_abandoned(left)


def _temporaries(path: Path) -> Iterator[Path]:
    return path.parent.glob(f".{glob.escape(path.name)}.*.tmp")


def _is_abandoned(left: Path) -> bool:
    try:
        handle = os.open(left, os.O_RDONLY)
    except OSError:
        return False
    try:
        return _lock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    finally:
        os.close(handle)


def _lock(handle: int, how: int) -> bool:
    """Whether the lock was got; not where another holds it, or the file system has no locks."""
    try:
        fcntl.flock(handle, how)
    except OSError:
        return False
    return True


def _exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one step, where Linux and the file system can; else False."""
    try:
        rename = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError):
        return False
    done = rename(
        _WORKING_FOLDER, os.fsencode(one), _WORKING_FOLDER, os.fsencode(other), _RENAME_EXCHANGE
    )
    return bool(done == 0)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented, key-sorted JSON, whole or not at all."""
    with replaced_file(path) as temporary:
        text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
