"""Work that takes long and is needed once: done on a thread of its own, so that nobody who asks is kept waiting."""

from collections.abc import Callable, Hashable
from threading import Event, Lock, Thread


class Once:
    """Work by key, each done once in this process and one after the other; what fails is tried again when asked for."""

    def __init__(self) -> None:
        self._tasks: dict[Hashable, _Task] = {}
        self._lock, self._turn = Lock(), Lock()

    def is_done(self, key: Hashable, work: Callable[[], object], *, patience: float) -> bool:
        """Whether the work of a key is done, which is begun if nobody asked before; waits `patience` seconds for it.

        Raises what the work raised.
        """
        with self._lock:
            task = self._tasks.get(key)
            if task is None:
                task = self._tasks[key] = _Task(work, self._turn)
                Thread(target=task.run, name="background", daemon=True).start()  # the process may end meanwhile
        if not task.finished.wait(patience):
            return False
        if task.error is not None:
            with self._lock:
                if self._tasks.get(key) is task:
                    del self._tasks[key]
            raise task.error
        return True


class _Task:
    """One piece of work and how it ended."""

    def __init__(self, work: Callable[[], object], turn: Lock) -> None:
        self.finished = Event()
        self.error: Exception | None = None
        self._work, self._turn = work, turn

    def run(self) -> None:
        try:
            with self._turn:
                self._work()
        except Exception as error:  # it is raised where it is asked for
            self.error = error
        finally:
            self.finished.set()
