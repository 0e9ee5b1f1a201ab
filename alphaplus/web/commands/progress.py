"""Progress of long work: a bar with time left on a terminal, one line every ten seconds elsewhere."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import TaskID

LINE_EVERY_SECONDS = 10.0


class Bars:
    """Progress bars on stderr, one a stage."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress: Progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[steps]}", style="progress.download"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None
        self._total: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Leave the screen to the results."""
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        self._progress.stop()

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage; the one before it leaves the screen."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._progress.start()
        self._total = total
        self._task = self._progress.add_task(name, total=total, steps=self._steps(0), note="")

    def advance(self, done: int, note: str = "") -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, steps=self._steps(done), note=note)

    def _steps(self, done: int) -> str:
        """How many steps are done, of how many: nothing of a stage whose number of steps nobody knows."""
        return "" if self._total is None else f"{done}/{self._total}"


class Lines:
    """One plain line a stage, and one every ten seconds within it."""

    def __init__(self) -> None:
        self._name = ""
        self._total: int | None = None
        self._last = 0.0
        self._began = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Leave the screen to the results: lines stay where they are."""
        sys.stderr.flush()

    def stage(self, name: str, total: int | None = None) -> None:
        """Say that a stage begins."""
        self._name, self._total = name, total
        self._began = self._last = time.monotonic()
        print(f"{name} ...", file=sys.stderr)

    def advance(self, done: int, note: str = "") -> None:
        """Say how far the stage is, every ten seconds at most."""
        now = time.monotonic()
        if now - self._last < LINE_EVERY_SECONDS:
            return
        self._last = now
        if self._total and done:
            left = (now - self._began) / done * (self._total - done)
            print(f"{self._name}: {done} of {self._total}, {left:.0f} s left {note}".rstrip(), file=sys.stderr)
        else:
            print(f"{self._name}: {done} {note}".rstrip(), file=sys.stderr)


class Quiet(Lines):
    """No progress at all."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, done: int, note: str = "") -> None:
        """Say nothing."""


def watcher(*, quiet: bool) -> Bars | Lines:
    """Progress that suits where stderr goes."""
    if quiet:
        return Quiet()
    return Bars() if sys.stderr.isatty() else Lines()
