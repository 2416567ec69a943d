"""Work handed out to Ray and taken back in order.

Ray schedules it, and does again what was lost with a worker or a node.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from trisampler.cluster.errors import ClusterError
from trisampler.cluster.shares import Share

T = TypeVar("T")

# A worker or a piece of work that dies so often dies of itself.
MOST_RETRIES = 3


@contextmanager
def actors(ray: Any, kind: type, arguments: tuple[Any, ...], share: Share) -> Iterator[list[Any]]:
    """Inside, workers that each hold an object of `kind`; Ray makes a dead one's anew."""
    made = ray.remote(kind).options(
        num_cpus=share.cpus,
        num_gpus=share.gpus,
        max_restarts=MOST_RETRIES,
        max_task_retries=MOST_RETRIES,
    )
    handles = [made.remote(*arguments) for _ in range(share.workers)]
    try:
        yield handles
    finally:
        for handle in handles:
            ray.kill(handle)


def in_order(
    ray: Any, submit: Callable[[T], Any], work: Iterable[T], under_way: int
) -> Iterator[Any]:
    """The result of each piece of work, in order, with at most so many pieces submitted at once.

    Args:
        ray: connected.
        submit: hands a piece to Ray and returns the reference of its result.
        work: any number of pieces, taken one by one.
        under_way: at least 1.

    Raises:
        ClusterError: Ray gave up on a piece.
        Exception: what the work itself raised.
    """
    waiting: deque[Any] = deque()
    try:
        for piece in work:
            if len(waiting) == under_way:
                yield result_of(ray, waiting.popleft())
            waiting.append(submit(piece))
        while waiting:
            yield result_of(ray, waiting.popleft())
    finally:
        for reference in waiting:
            ray.cancel(reference)


def result_of(ray: Any, reference: Any) -> Any:
    """What the work behind a reference returned, or raised."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except ray.exceptions.RayError as error:
        raise ClusterError(
            f"Ray gave up on a piece of work ({type(error).__name__}: "
            f"{str(error).strip().splitlines()[0]}). Workers that die again and again mostly lack "
            "memory: lower cluster.workers or encoding.batch_tokens. Run again: what is done is "
            "kept."
        ) from error
