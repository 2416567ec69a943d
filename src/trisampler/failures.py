"""What ended a run, in one message for whoever typed the command."""

from __future__ import annotations

import errno
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trisampler.errors import TrisamplerError

_PACKAGE = Path(__file__).parent
_MAKE_ROOM = "The disk is full: make room"
_MAKE_WRITABLE = "Check the rights to it, and that its disk is not read-only"
_REMEDIES = {
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EFBIG: "A limit on the size of files is too low: raise it",
    errno.EACCES: _MAKE_WRITABLE,
    errno.EPERM: _MAKE_WRITABLE,
    errno.EROFS: _MAKE_WRITABLE,
    errno.EIO: "Check the disk",
}
_TOO_MANY_FILES = (errno.EMFILE, errno.ENFILE)
# How writers that are no Python code put it.
_NUMBERED = re.compile(r"(?:os error|errno|code:) (\d+)", re.IGNORECASE)
_NO_SPACE = ("no space left on device", "file write failed", "unexpected pos")
_NODE = "In node "
_NO_MEMORY = ("can't allocate memory", "out of memory", "bad_alloc", "cannot allocate memory")
_GO_ON = "and run again: what was finished is kept"


def in_node(error: BaseException, node: str) -> None:
    """Remember with the error in which node it was raised."""
    error.add_note(f"{_NODE}{node}")


@contextmanager
def told_in_one_message(*, verbose: bool) -> Iterator[None]:
    """Within, whatever fails ends a command of Kedro's in its `failure_message`.

    Args:
        verbose: Leave the traceback to be shown in its place.

    Raises:
        click.ClickException: With that message.
    """
    import click

    try:
        yield
    except click.ClickException:
        raise
    except Exception as error:
        if verbose:
            raise
        raise click.ClickException(failure_message(error)) from None


def failure_message(error: BaseException) -> str:
    """What was found, where, and what to do about it; no traceback."""
    chain = list(_causes(error))
    node = _node(error)
    place = f"{node}: " if node else ""
    for cause in chain:
        # Whoever met it may have taken it for damage of the file that was being read.
        told = None if isinstance(cause, TrisamplerError) else _of_the_process(cause)
        if told:
            return f"{place}{told} {_GO_ON}."
    for cause in chain:
        if isinstance(cause, TrisamplerError):
            return str(cause)
    for cause in chain:
        told = _of_the_disk(cause)
        if told:
            return f"{place}{told} {_GO_ON}."
    if node is None:
        # What Kedro says of names that it does not find: of pipelines, nodes, environments.
        named = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        return f"{named}{str(error).strip()}\n--verbose shows where."
    innermost = chain[-1]
    named = f"{type(innermost).__name__}: {_one_line(innermost)}{_where(innermost)}"
    return (
        f"{place}{named}\nThis should not happen: a defect of the program, or of a file that it "
        "wrote. --verbose shows the traceback; --force makes everything anew."
    )


def passes(error: BaseException) -> bool:
    """Whether an error is of the process or the network, and not of the file that was read."""
    return any(
        isinstance(cause, ConnectionError | TimeoutError)
        or (not isinstance(cause, TrisamplerError) and _of_the_process(cause) is not None)
        for cause in _causes(error)
    )


def _of_the_process(error: BaseException) -> str | None:
    """What the process has no more of and what to do, up to the place where the run goes on."""
    text = _one_line(error)
    if _number(error) in _TOO_MANY_FILES:
        return f"{text}. Too many files are open: raise the limit (ulimit -n)"
    lowered = text.lower()
    if isinstance(error, MemoryError) or any(words in lowered for words in _NO_MEMORY):
        return (
            f"memory ran out ({text or 'MemoryError'}). Free some, or lower encoding.batch_tokens "
            "or training.micro_batch_tokens,"
        )
    return None


def _of_the_disk(error: BaseException) -> str | None:
    """What is wrong with disk or file and what to do, up to the place where the run goes on."""
    number, text = _number(error), _one_line(error)
    if isinstance(error, OSError) and error.errno is not None:
        file = f"{error.filename}: " if error.filename else ""
        return (
            f"{file}{error.strerror}. {_REMEDIES.get(error.errno, 'Check the path and its disk')}"
        )
    remedy = _REMEDIES.get(number) if number is not None else None
    if remedy is None and any(words in text.lower() for words in _NO_SPACE):
        remedy = _MAKE_ROOM
    return f"{text}. {remedy}" if remedy else None


def _number(error: BaseException) -> int | None:
    """The system's number of what went wrong, also where a writer that is no Python code tells."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    numbered = _NUMBERED.search(_one_line(error))
    return int(numbered[1]) if numbered else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _node(error: BaseException) -> str | None:
    notes = getattr(error, "__notes__", [])
    return next((note.removeprefix(_NODE) for note in notes if note.startswith(_NODE)), None)


def _where(error: BaseException) -> str:
    """The innermost line of our own code."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    if not ours:
        return ""
    file = Path(ours[-1].filename).relative_to(_PACKAGE.parent)
    return f" ({file.as_posix()}:{ours[-1].lineno})"


def _one_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else ""
