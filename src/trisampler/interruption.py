"""SIGTERM and Ctrl-C: what is being done comes to a good end, and the process leaves in time.

A signal raises `Interrupted` in the main thread at once, or, inside `postponed()`, only sets a
flag: training reaches the end of its step and writes a checkpoint. Orchestrators kill what has not
left some seconds after SIGTERM, and the main thread may be deep in a computation that no signal
reaches. So a thread counts the seconds: a step that takes longer is broken off, and a process that
is still there ends.
"""

from __future__ import annotations

import _thread
import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STEP_SECONDS = 5.0  # from the signal to the end of what is postponed
_LEAVE_SECONDS = 3.0  # from there to the end of the process
_FAREWELL_SECONDS = 1.0  # of these, for what must be said before


class Interrupted(KeyboardInterrupt):
    """A signal asked the process to end.

    Attributes:
        signal: which one.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)

    @property
    def exit_code(self) -> int:
        """What a shell would say of a process that the signal ended."""
        return 128 + self.signal


_postponing = False
_asked: int | None = None
_farewells: list[Callable[[], None]] = []


def before_leaving(farewell: Callable[[], None]) -> None:
    """Have `farewell` called, once, when a signal ends the process.

    Where the process must end in mid-computation, it is called in another thread.
    """
    if farewell not in _farewells:
        _farewells.append(farewell)


@contextmanager
def postponed() -> Iterator[Callable[[], Interrupted | None]]:
    """Inside, a first signal raises nothing; what is yielded gives the error to be raised, or None.

    Without `interruptible()` around it, signals do what they always do.
    """
    global _postponing
    _postponing = True
    try:
        yield lambda: None if _asked is None else Interrupted(_asked)
    finally:
        _postponing = False


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside, SIGINT and SIGTERM raise `Interrupted`, and the process ends soon after.

    Outside of the main thread, which alone may set what a signal does, it changes nothing. A
    signal that is ignored stays so: `nohup` works.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    global _asked
    _asked = None
    before = {
        number: signal.signal(number, _handle)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    received, sent = os.pipe()
    os.set_blocking(sent, False)
    former = signal.set_wakeup_fd(sent, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(received, frozenset(before)), daemon=True).start()
    atexit.register(_end)  # after all that is registered from here on
    try:
        yield
    except Interrupted:
        for farewell in _farewells:
            farewell()
        raise
    finally:
        # The clock goes on once it runs: what is done at the end of a process can last, too.
        signal.set_wakeup_fd(former)
        os.close(sent)
        for number, handler in before.items():
            signal.signal(number, handler)


def _handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    global _asked
    first = _asked is None
    _asked = number
    if not (first and _postponing):
        raise Interrupted(number)


def _end() -> None:
    """Leave at once: to take the interpreter and its libraries down can last for seconds."""
    if _asked is not None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(128 + _asked)


def _watch(received: int, numbers: frozenset[int]) -> None:
    """Wait for a signal, then see to it that the process ends."""
    with os.fdopen(received, "rb", buffering=0) as signals:
        while byte := signals.read(1):
            if byte[0] in numbers:
                break
        else:
            return
    number = byte[0]
    pause = threading.Event()
    pause.wait(_STEP_SECONDS)
    if _postponing:
        _thread.interrupt_main(signal.Signals(number))
    pause.wait(_LEAVE_SECONDS)
    for farewell in _farewells:
        said = threading.Thread(target=farewell, daemon=True)
        said.start()
        said.join(_FAREWELL_SECONDS / len(_farewells))
    os._exit(128 + number)
