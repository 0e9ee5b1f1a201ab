"""What the house asks of its stores: bars, artefacts, the ledger of what happened, and the news for screens."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.records import Run, Series


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of appended bars: new ones, known ones, and the open times of those that say otherwise."""

    stored: int
    duplicates: int
    conflicts: tuple[int, ...] = ()


class BarStore(Protocol):
    """Keeps closed bars by symbol, in either case, and timeframe."""

    def append(self, bars: BarFrame) -> Appended:
        """Add bars, in any order of calls; repeating a call changes nothing.

        A bar that is there already with the same values is a duplicate, one with other values a conflict: the stored
        bar stays. A side column that was unknown is filled by a duplicate that knows it.
        """
        ...

    def read(self, symbol: str, timeframe: Timeframe, start: int | None = None, end: int | None = None) -> BarFrame:
        """Bars with start <= open_time < end; raises MissingBars when the series is unknown."""
        ...

    def last(self, symbol: str, timeframe: Timeframe, count: int) -> BarFrame:
        """The newest `count` bars, or all when there are fewer; raises MissingBars when the series is unknown."""
        ...

    def span(self, symbol: str, timeframe: Timeframe) -> tuple[int, int] | None:
        """Open times of the first and the last bar; None when there is none."""
        ...

    def series(self) -> list[Series]:
        """All series, by symbol and timeframe."""
        ...


class ArtifactStore(Protocol):
    """Keeps folders of files under the hash of their content."""

    def put(self, folder: Path) -> str:
        """Keep a copy of the files below `folder`; gives the sha256 over their names and contents."""
        ...

    def open(self, sha256: str) -> Path:
        """Give the folder, its content verified; raises ArtifactCorrupt."""
        ...

    def size(self, sha256: str) -> int:
        """Bytes of all its files."""
        ...


class Ledger(Protocol):
    """The append-only account of what happened."""

    def record(self, *records: object, run: Run) -> None:
        """Write records of one run, all or none."""
        ...

    def find(self, kind: type[Any], **criteria: object) -> list[Any]:
        """Records of a kind whose fields equal the criteria, in the order they were written.

        `run` as a criterion is the id of a run.
        """
        ...


class Publisher(Protocol):
    """Tells screens what changed; a topic is `SYMBOL:TIMEFRAME`."""

    def publish(self, topic: str, kind: str, payload: Mapping[str, object]) -> None:
        """Send an event that nobody may miss."""
        ...

    def forming(self, topic: str, payload: Mapping[str, object]) -> None:
        """Send the state of a bar that is still forming; only the newest one counts."""
        ...
