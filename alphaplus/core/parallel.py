"""One map over many items: in order, on threads, on processes or on a Ray cluster, with the same results.

A worker may die in the middle (`kill -9`, out of memory). What others have finished stays; what was being worked on is
tried again, alone where nobody can tell whose worker died, and only an item that loses its worker at every try is given
up, with an error that names it.
"""

import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from alphaplus.core.cancel import Cancelled, stop_if
from alphaplus.core.errors import AlphaPlusError, WorkerLost

if TYPE_CHECKING:
    from alphaplus.core.crews import Crew

T = TypeVar("T")
S = TypeVar("S")
R = TypeVar("R")

TRIES = 3  # of an item whose worker dies
POLL_SECONDS = 0.2  # between two looks at whether somebody cancelled


class Backend(StrEnum):
    """Where the items are worked on."""

    SEQUENTIAL = "sequential"
    THREADS = "threads"
    PROCESSES = "processes"
    RAY = "ray"


def parallel_map(
    work: Callable[[T], R],
    items: Iterable[T],
    *,
    backend: Backend = Backend.SEQUENTIAL,
    workers: int = -1,
    done: Callable[[int], None] | None = None,
) -> list[R]:
    """Apply `work` to every item and keep the order.

    `done(count)` is told how many results have arrived. Processes need `work` and the items picklable. The first error
    stops the rest and is raised; raises WorkerLost for an item that loses its worker at every try.
    """
    listed = list(items)
    found: dict[int, R] = {}

    def arrived(place: int, outcome: R | Exception) -> None:
        if isinstance(outcome, Exception):
            raise outcome
        found[place] = outcome
        if done is not None:
            done(len(found))

    parallel_each(_apply, listed, share=lambda _: work, arrived=arrived, backend=backend, workers=workers)
    return [found[place] for place in range(len(listed))]


def parallel_each(
    work: Callable[[T, S], R],
    items: Sequence[T],
    *,
    share: Callable[[T], S],
    arrived: Callable[[int, R | Exception], None],
    backend: Backend = Backend.SEQUENTIAL,
    workers: int = -1,
    name: Callable[[T], str] = str,
    wanted: Callable[[T], bool] | None = None,
    cancelled: Cancelled | None = None,
) -> None:
    """Apply `work(item, share(item))` to every item and tell `arrived(place, outcome)` of each as it comes.

    The outcome is what `work` gave, or the error it raised, or WorkerLost; the other items go on. What `arrived`
    itself raises stops everything, as Ctrl-C does: workers are ended at once, and what has arrived is the caller's.
    `share` gives what many items need alike, the very same object to those; a Ray cluster is sent it once. Items that
    are no longer `wanted` when their turn comes are left out. Raises JobCancelled soon after `cancelled()` is true.
    """
    from alphaplus.core.crews import hire

    waiting = deque(range(len(items)))
    running: dict[Future[R | Exception], int] = {}
    tries: Counter[int] = Counter()
    doubtful: set[int] = set()  # was running when a worker died, nobody knows whose; runs alone until it is settled
    crew = hire(backend, workers, most=len(items))
    try:
        while waiting or running:
            stop_if(cancelled)
            while waiting and len(running) < (1 if doubtful else crew.width):
                place = waiting.popleft()
                if wanted is None or wanted(items[place]):
                    running[crew.start(work, items[place], share(items[place]))] = place
            for future in _finished(running, crew, polled=cancelled is not None):
                place = running.pop(future)
                if _died(future, crew):
                    tries[place] += 1
                    if tries[place] < TRIES:
                        waiting.appendleft(place)
                        if not crew.exact:
                            doubtful.add(place)
                        continue
                    outcome: R | Exception = _lost(name(items[place]))
                else:
                    outcome = future.result()
                doubtful.discard(place)
                arrived(place, outcome)
    except BaseException:
        crew.stop()
        raise
    crew.close()


def settled(work: Callable[[T, S], R], item: T, shared: S) -> R | Exception:
    """What an item gives, or the error it raises, with the place it came from written down."""
    try:
        return work(item, shared)
    except Exception as error:
        return error


def settled_elsewhere(work: Callable[[T, S], R], item: T, shared: S) -> R | Exception:
    """The same in another process, whose errors must survive the way back; out of memory is for the crew to see."""
    outcome = settled(work, item, shared)
    if isinstance(outcome, MemoryError):
        raise outcome
    if not isinstance(outcome, Exception) or isinstance(outcome, AlphaPlusError):
        return outcome
    where = "".join(traceback.format_exception(outcome))
    told = outcome if type(outcome).__module__ == "builtins" else RuntimeError(f"{type(outcome).__name__}: {outcome}")
    told.add_note(where)
    return told


def _apply(item: T, work: Callable[[T], R]) -> R:
    return work(item)


def _finished(running: dict[Future[Any], int], crew: "Crew", *, polled: bool) -> list[Future[Any]]:
    """Those that are over, in the order they were started; all of them where one worker's death ended all."""
    finished, _ = wait(running, timeout=POLL_SECONDS if polled else None, return_when=FIRST_COMPLETED)
    if any(crew.broken(future) for future in finished):
        finished, _ = wait(running)
        crew.renew()
    return [future for future in running if future in finished]


def _died(future: Future[Any], crew: "Crew") -> bool:
    """Whether the worker of an item died or ran out of memory."""
    error = future.exception()
    return error is not None and crew.lost(error)


def _lost(item: str) -> WorkerLost:
    return WorkerLost(
        f"the worker of {item} died or ran out of memory, {TRIES} times",
        hint="give each more memory: fewer --workers, fewer days, symbols or columns; see the system's log",
        item=item,
    )
