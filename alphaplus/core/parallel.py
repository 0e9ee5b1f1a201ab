"""One map over many items: in order, on threads, or on processes, with the same results."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TypeVar

from alphaplus.core import plugins

T = TypeVar("T")
R = TypeVar("R")


class Backend(StrEnum):
    """Where the items are worked on."""

    SEQUENTIAL = "sequential"
    THREADS = "threads"
    PROCESSES = "processes"


def parallel_map(
    work: Callable[[T], R],
    items: Iterable[T],
    *,
    backend: Backend = Backend.SEQUENTIAL,
    workers: int = -1,
    done: Callable[[int], None] | None = None,
) -> list[R]:
    """Apply `work` to every item and keep the order.

    `done(count)` is told how many results have arrived. Processes are loky's, so a worker that dies is an error here,
    not a hang; `work` and the items must then be picklable by reference. Processes know the user's files as this one.
    """
    if backend is Backend.SEQUENTIAL:
        results = []
        for item in items:
            results.append(work(item))
            if done is not None:
                done(len(results))
        return results
    from joblib import Parallel, delayed

    if backend is Backend.PROCESSES:
        work = partial(_with_folders, plugins.folders(), work)
    jobs = Parallel(
        n_jobs=workers, backend={"threads": "threading", "processes": "loky"}[backend], return_as="generator"
    )
    results = []
    for result in jobs(delayed(work)(item) for item in items):
        results.append(result)
        if done is not None:
            done(len(results))
    return results


def _with_folders(folders: tuple[Path, ...], work: Callable[[T], R], item: T) -> R:
    """Work on an item in a process that may not have been told of the user's files."""
    plugins.use_folders(folders)
    return work(item)
