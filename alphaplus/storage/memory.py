"""All stores in memory, for tests and notebooks: they keep the same promises and forget everything at the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.errors import MissingBars
from alphaplus.core.records import Run, Series
from alphaplus.storage.base import Appended
from alphaplus.storage.merge import merge, merge_instruments, missing_bars, no_bars, storable, stored_symbol


class MemoryBarStore:
    """Bars in a dictionary."""

    def __init__(self) -> None:
        self._frames: dict[tuple[str, Timeframe], BarFrame] = {}
        self._lock = RLock()

    def append(self, bars: BarFrame) -> Appended:
        """Add bars; see BarStore."""
        bars = storable(bars)
        key = (bars.instrument.symbol, bars.timeframe)
        with self._lock:
            known = self._frames.get(key)
            if known is None and not len(bars):
                return Appended(0, 0)
            instrument = bars.instrument if known is None else merge_instruments(known.instrument, bars.instrument)
            merged = merge(no_bars() if known is None else known.table, bars.table)
            self._frames[key] = BarFrame(instrument, bars.timeframe, merged.table)
        return Appended(merged.stored, merged.duplicates, tuple(merged.conflicts.tolist()))

    def read(self, symbol: str, timeframe: Timeframe, start: int | None = None, end: int | None = None) -> BarFrame:
        """Read bars; see BarStore."""
        frame = self._frame(symbol, timeframe)
        if start is None and end is None:
            return frame
        last = int(frame.open_time[-1])
        return frame.between(int(frame.open_time[0]) if start is None else start, last + 1 if end is None else end)

    def last(self, symbol: str, timeframe: Timeframe, count: int) -> BarFrame:
        """Read the newest bars; see BarStore."""
        frame = self._frame(symbol, timeframe)
        return frame.rows(max(0, len(frame) - count), len(frame))

    def span(self, symbol: str, timeframe: Timeframe) -> tuple[int, int] | None:
        """First and last open time; see BarStore."""
        frame = self._frames.get((stored_symbol(symbol), timeframe))
        return None if frame is None else (int(frame.open_time[0]), int(frame.open_time[-1]))

    def series(self) -> list[Series]:
        """All series; see BarStore."""
        found = []
        with self._lock:
            frames = list(self._frames.values())
        for frame in sorted(frames, key=lambda frame: (frame.instrument.symbol, frame.timeframe.ms)):
            first, last = int(frame.open_time[0]), int(frame.open_time[-1])
            missing = missing_bars(first, last, len(frame), frame.timeframe)
            found.append(Series(frame.instrument, frame.timeframe, len(frame), first, last, missing))
        return found

    def _frame(self, symbol: str, timeframe: Timeframe) -> BarFrame:
        frame = self._frames.get((stored_symbol(symbol), timeframe))
        if frame is None:
            raise MissingBars(f"no bars of {stored_symbol(symbol)} {timeframe}", hint="append some first")
        return frame


class MemoryLedger:
    """Records in a list."""

    def __init__(self) -> None:
        self._entries: list[tuple[Run, object]] = []

    def record(self, *records: object, run: Run) -> None:
        """Write records of one run; see Ledger."""
        self._entries.extend((run, record) for record in records)

    def find(self, kind: type[Any], **criteria: object) -> list[Any]:
        """Find records; see Ledger."""
        run_id = criteria.pop("run", None)
        return [
            record
            for run, record in self._entries
            if isinstance(record, kind)
            and (run_id is None or run.id == run_id)
            and all(getattr(record, name) == value for name, value in criteria.items())
        ]


@dataclass(frozen=True, slots=True)
class Published:
    """One event as it was sent."""

    topic: str
    kind: str
    payload: Mapping[str, object]


class MemoryPublisher:
    """Events in a list, `events`, and the newest forming bar of every topic, `forming_bars`."""

    def __init__(self) -> None:
        self.events: list[Published] = []
        self.forming_bars: dict[str, Mapping[str, object]] = {}

    def publish(self, topic: str, kind: str, payload: Mapping[str, object]) -> None:
        """Keep an event; see Publisher."""
        self.events.append(Published(topic, kind, dict(payload)))

    def forming(self, topic: str, payload: Mapping[str, object]) -> None:
        """Keep the newest forming bar; see Publisher."""
        self.forming_bars[topic] = dict(payload)
