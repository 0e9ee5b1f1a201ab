"""Those who do the work of a parallel map: the caller, threads, processes or a Ray cluster.

Processes are loky's: they are started fresh, so neither threads nor locks of this process are copied into them, and the
death of one is noticed. Each has one thread for numerical work, because fits that share cores with idle but spinning
threads take several times as long. Ray is imported nowhere else.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from pathlib import Path
from typing import Any, Protocol, TypeVar

from alphaplus.core import plugins
from alphaplus.core.errors import ConfigError, SourceUnavailable
from alphaplus.core.optional import require
from alphaplus.core.parallel import Backend, settled, settled_elsewhere
from alphaplus.core.version import code_version

T = TypeVar("T")
S = TypeVar("S")
R = TypeVar("R")

ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"),
    "OMP_WAIT_POLICY": "PASSIVE",  # a thread with nothing to do sleeps instead of spinning
}
WATCH_SECONDS = 0.5  # between two looks at whether the process that a worker belongs to is still there
AHEAD = 2  # items a core that a Ray cluster is handed, so that none waits for the next


class Crew(Protocol):
    """Workers of one map. `width`: how many items they hold at once; `exact`: a death tells whose worker it was."""

    width: int
    exact: bool

    def start(self, work: Callable[[T, S], R], item: T, shared: S) -> "Future[R | Exception]":
        """Begin an item."""
        ...

    def broken(self, future: "Future[Any]") -> bool:
        """Whether this finished item says that all workers are gone."""
        ...

    def lost(self, error: BaseException) -> bool:
        """Whether an item ended thus because its worker died or ran out of memory."""
        ...

    def renew(self) -> None:
        """Take new workers in the place of those that are gone."""
        ...

    def stop(self) -> None:
        """Give up at once what is being worked on."""
        ...

    def close(self) -> None:
        """Let the workers go; nothing is being worked on."""
        ...


def hire(backend: Backend, workers: int, *, most: int) -> Crew:
    """The crew of a back end, `workers` strong (-1: one a core), but never more than `most`."""
    if backend is Backend.SEQUENTIAL:
        return Caller()
    if backend is Backend.RAY:
        return Ray(workers)
    from joblib.externals.loky import cpu_count

    width = max(min(cpu_count() if workers < 1 else workers, most), 1)
    return Threads(width) if backend is Backend.THREADS else Processes(width)


class Caller:
    """The calling thread itself, one item after another."""

    width = 1
    exact = True

    def start(self, work: Callable[[T, S], R], item: T, shared: S) -> "Future[R | Exception]":
        """Do the item before returning."""
        future: Future[R | Exception] = Future()
        future.set_result(settled(work, item, shared))
        return future

    def broken(self, future: "Future[Any]") -> bool:
        """Never."""
        return False

    def lost(self, error: BaseException) -> bool:
        """Never: who works here dies with the caller."""
        return False

    def renew(self) -> None:
        """Nothing to renew."""

    def stop(self) -> None:
        """Nothing is being worked on."""

    def close(self) -> None:
        """Nobody to let go."""


class Threads(Caller):
    """A thread an item, `width` at a time; after a stop those at work finish unheard, and end with the process."""

    def __init__(self, width: int) -> None:
        self.width = width

    def start(self, work: Callable[[T, S], R], item: T, shared: S) -> "Future[R | Exception]":
        """Begin the item on a thread of its own."""
        future: Future[R | Exception] = Future()

        def run() -> None:
            try:
                future.set_result(settled(work, item, shared))
            except BaseException as error:  # the caller hears of an exit, too
                future.set_exception(error)

        threading.Thread(target=run, daemon=True).start()
        return future


class Processes:
    """Processes of this machine; when one dies, loky ends them all."""

    exact = False

    def __init__(self, width: int) -> None:
        self.width = width
        self._pool: Any = None

    def start(self, work: Callable[[T, S], R], item: T, shared: S) -> "Future[R | Exception]":
        """Begin the item; processes are started when first needed."""
        if self._pool is None:
            from joblib.externals.loky.process_executor import ProcessPoolExecutor

            self._pool = ProcessPoolExecutor(
                self.width, env=ONE_THREAD, initializer=_enter, initargs=(os.getpid(), plugins.folders())
            )
        future: Future[R | Exception] = self._pool.submit(settled_elsewhere, work, item, shared)
        return future

    def broken(self, future: "Future[Any]") -> bool:
        """Whether a process died."""
        return isinstance(future.exception(), BrokenExecutor)

    def lost(self, error: BaseException) -> bool:
        """Whether a process died or ran out of memory."""
        return isinstance(error, BrokenExecutor | MemoryError)

    def renew(self) -> None:
        """Start anew with the next item."""
        self.stop()

    def stop(self) -> None:
        """Kill the processes."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, kill_workers=True)

    def close(self) -> None:
        """Kill the processes, which have nothing to do: to be asked to leave takes them seconds."""
        self.stop()


class Ray:
    """A Ray cluster: the one that RAY_ADDRESS names, else one of this machine that lives as long as the map.

    What items share is put into the cluster's object store once.
    """

    exact = True

    def __init__(self, workers: int) -> None:
        usual = logging.getLogRecordFactory()
        self._ray = require("ray", extra="cluster")
        self._ours = not self._ray.is_initialized()
        if self._ours:
            self._join(workers)
        logging.setLogRecordFactory(usual)  # Ray's own adds a field to every record of this process
        cores = int(self._ray.cluster_resources().get("CPU", 1))
        self.width = workers if workers > 0 else AHEAD * cores
        self._task = self._ray.remote(num_cpus=1, max_retries=0)(_far_away)
        self._shared: dict[int, tuple[object, Any]] = {}
        self._running: dict[Future[Any], Any] = {}

    def start(self, work: Callable[[T, S], R], item: T, shared: S) -> "Future[R | Exception]":
        """Hand the item to the cluster."""
        if id(shared) not in self._shared:  # with the object itself, so that no other can take its id
            self._shared[id(shared)] = (shared, self._ray.put(shared))
        reference = self._task.remote(code_version(), plugins.folders(), work, item, self._shared[id(shared)][1])
        future: Future[R | Exception] = reference.future()
        self._running[future] = reference
        future.add_done_callback(lambda over: self._running.pop(over, None))
        return future

    def broken(self, future: "Future[Any]") -> bool:
        """Never: the cluster itself replaces a worker that dies."""
        return False

    def lost(self, error: BaseException) -> bool:
        """Whether the worker or its machine died, or ran out of memory."""
        found = self._ray.exceptions
        deaths = (found.WorkerCrashedError, found.OutOfMemoryError, found.NodeDiedError, found.LocalRayletDiedError)
        return isinstance(getattr(error, "cause", error), (*deaths, MemoryError))

    def renew(self) -> None:
        """Nothing to renew."""

    def stop(self) -> None:
        """Cancel what is being worked on, and leave."""
        for reference in list(self._running.values()):
            self._ray.cancel(reference, force=True)
        self.close()

    def close(self) -> None:
        """Leave the cluster; one of our own ends."""
        self._shared.clear()
        if self._ours:
            self._ray.shutdown()

    def _join(self, workers: int) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray tells its makers of each start unless told not to
        address = os.environ.get("RAY_ADDRESS", "local")  # Ray's own variable; `ray.init()` alone joins any it finds
        own = {"num_cpus": workers if workers > 0 else None, "include_dashboard": False} if address == "local" else {}
        try:
            self._ray.init(address=address, logging_level="ERROR", log_to_driver=False, **own)
        except Exception as error:  # Ray has no error of its own for a start that takes too long
            hint = "see whether the cluster runs and RAY_ADDRESS names it; ALPHAPLUS_PARALLEL=processes does without"
            raise SourceUnavailable(f"no Ray cluster at {address}: {error}", hint=hint) from error


def _enter(parent: int, folders: tuple[Path, ...]) -> None:
    """Begin as a worker: know the user's files, leave Ctrl-C to the parent, and end when the parent does."""
    plugins.use_folders(folders)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os._exit(1)


def _far_away(version: str, folders: tuple[Path, ...], work: Callable[[T, S], R], item: T, shared: S) -> R | Exception:
    """Work on a machine of a cluster; raises nothing but MemoryError."""
    if code_version() != version:
        message = f"a machine of the cluster has alphaplus {code_version()}, this one has {version}"
        return ConfigError(message, hint="install the same version everywhere: the results would not be the same")
    plugins.use_folders(folders)
    return settled_elsewhere(work, item, shared)
