"""An order book kept from snapshots and deltas: in sequence or not to be trusted, and measured at bar closes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import fsum, inf, nan
from typing import Final

from alphaplus.core.errors import BadTicks

Level = tuple[float, float]
BANDS: Final = {"0_5": 0.005, "1_0": 0.010, "2_0": 0.020}
BOOK_COLUMNS: Final = (
    *(f"bid_depth_{band}" for band in BANDS),
    *(f"ask_depth_{band}" for band in BANDS),
    "spread_bps",
    "microprice",
)
STALE_MS: Final = 60_000  # a book that was not heard of for so long says nothing of now
_REPEATED_MS: Final = 5_000  # what two connections tell of one update is not further apart than this
_WAITING: Final = 5_000  # deltas kept for a snapshot that is still to come: minutes of a busy market


@dataclass(frozen=True, slots=True)
class BookUpdate:
    """One message: levels as (price, size), size 0 for a level that is gone; `time` is when it was sent, ms UTC.

    A `snapshot` replaces the book; `last` is the number of the update that it shows, None where the exchange does not
    number them. A delta covers the updates `first` to `last`; exchanges that name the message before give its last
    update as `previous`. `window` says that the exchange keeps that many levels of each side up to date and no more,
    and that it pushes snapshots in the stream, in their order among the deltas; None that it sends every change, so
    that all is known down to the last level of a snapshot that was asked for.
    """

    time: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    snapshot: bool = False
    first: int | None = None
    last: int | None = None
    previous: int | None = None
    window: int | None = None


@dataclass(slots=True)
class BookReport:
    """What became of messages: `gaps` broke the sequence, `waited` found no consistent book, `old` said nothing new.

    `measured` closes gave values; `blind` ones had no consistent book, or the market had left the levels that are
    known; `stale` ones an old book, and in `crossed` ones the best bid was not below the best ask.
    """

    snapshots: int = 0
    deltas: int = 0
    old: int = 0
    waited: int = 0
    gaps: int = 0
    measured: int = 0
    blind: int = 0
    stale: int = 0
    crossed: int = 0


@dataclass(slots=True)
class Book:
    """The levels of both sides. `consistent` says that no update is missing since the last snapshot.

    After a gap in the numbers, and after a crossing of the sides, the book is not consistent until a snapshot comes
    that joins the deltas: those that came before it are kept and applied behind it. The rules are those of the
    exchanges. Binance spot: the first delta after a snapshot has first <= last of the snapshot + 1 <= last, each other
    one begins where the one before ended. Binance futures: the first has first <= last of the snapshot <= last, each
    other one names the one before. Bybit: each delta has the number after the one before.

    A snapshot that was asked for may be older than the book, and is passed over then. One that was pushed never is:
    Bybit numbers anew from 1 when its service restarts. A delta with a number that the book passed is a repetition; one
    that was sent later all the same says that the numbers went back without a snapshot, which is a gap. Snapshots that
    are pushed without a number take no deltas: they fill in while no deltas are in sequence.

    Reference: Binance API, How to manage a local order book correctly; Bybit API v5, Orderbook.
    """

    stale_ms: int = STALE_MS
    consistent: bool = False
    report: BookReport = field(default_factory=BookReport)
    _bids: dict[float, float] = field(default_factory=dict, init=False)
    _asks: dict[float, float] = field(default_factory=dict, init=False)
    _waiting: list[BookUpdate] = field(default_factory=list, init=False)
    _last: int | None = field(default=None, init=False)
    _joined: bool = field(default=False, init=False)
    _window: int | None = field(default=None, init=False)
    _floor: float = field(default=inf, init=False)
    _ceiling: float = field(default=-inf, init=False)
    _heard: int = field(default=0, init=False)

    @property
    def last(self) -> int | None:
        """The number of the latest update that the book holds; None when there is none."""
        return self._last

    def update(self, message: BookUpdate) -> None:
        """Take in a message, in the order in which they were sent."""
        if message.snapshot:
            self.report.snapshots += 1
            self._restart(message)
            return
        self.report.deltas += 1
        if self.consistent and not self._alone:
            self._follow(message)
        else:
            self._wait(message)

    def best(self) -> tuple[Level, Level] | None:
        """The highest bid and the lowest ask; None when the book is not consistent or a side is not known so far."""
        if not self.consistent or not self._bids or not self._asks:
            return None
        bid, ask = max(self._bids), min(self._asks)
        if self._window is None and (bid < self._floor or ask > self._ceiling):
            return None
        return (bid, self._bids[bid]), (ask, self._asks[ask])

    def measure(self, time: int) -> dict[str, float]:
        """The values of BOOK_COLUMNS at `time` (ms UTC): NaN where they are not known.

        Depth is the summed size, in the base currency, of the levels within 0.5, 1 and 2 % of the mid price, the edge
        included; it is known when the known levels reach that far. The spread is in bps of the mid. The microprice is
        the mean of both best prices, each weighted with the size on the other side. Nothing is known from a book that
        is not consistent, is crossed, or was not heard of in the last `stale_ms`.

        Reference: Stoikov, The micro-price (2018), for the weighted mid.
        """
        unknown = dict.fromkeys(BOOK_COLUMNS, nan)
        top = self.best()
        if top is None:
            self.report.blind += 1
            return unknown
        if time - self._heard > self.stale_ms:
            self.report.stale += 1
            return unknown
        (bid, bid_size), (ask, ask_size) = top
        if bid >= ask:
            self.report.crossed += 1
            self.consistent = False
            return unknown
        self.report.measured += 1
        mid = (bid + ask) / 2.0
        floor, ceiling = self._reach()
        values = {}
        for band, share in BANDS.items():
            low, high = mid * (1.0 - share), mid * (1.0 + share)
            bids = (size for price, size in self._bids.items() if price >= low)
            asks = (size for price, size in self._asks.items() if price <= high)
            values[f"bid_depth_{band}"] = fsum(bids) if floor <= low else nan
            values[f"ask_depth_{band}"] = fsum(asks) if ceiling >= high else nan
        values["spread_bps"] = (ask - bid) / mid * 1e4
        values["microprice"] = (bid * ask_size + ask * bid_size) / (bid_size + ask_size)
        return {name: values[name] for name in BOOK_COLUMNS}

    def _reach(self) -> Level:
        """The prices down to which all bids and up to which all asks are known."""
        if self._window is None:
            return self._floor, self._ceiling
        bids, asks = sorted(self._bids, reverse=True), sorted(self._asks)
        return bids[: self._window][-1], asks[: self._window][-1]

    @property
    def _alone(self) -> bool:
        """Whether the book is that of one snapshot that takes no deltas."""
        return self._window is not None and self._last is None

    def _restart(self, snapshot: BookUpdate) -> None:
        if self._passed_over(snapshot):
            self.report.old += 1
            return
        if snapshot.window is not None and snapshot.last is not None:
            self._waiting.clear()
        self._bids = {price: size for price, size in snapshot.bids if size > 0.0}
        self._asks = {price: size for price, size in snapshot.asks if size > 0.0}
        self._floor, self._ceiling = min(self._bids, default=inf), max(self._asks, default=-inf)
        self._window, self._last, self._heard = snapshot.window, snapshot.last, snapshot.time
        self.consistent, self._joined = True, False
        if self._alone:
            return
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            if self.consistent:
                self._follow(message)
            else:
                self._waiting.append(message)

    def _passed_over(self, snapshot: BookUpdate) -> bool:
        """Whether a snapshot says less than the book."""
        if not self.consistent or self._last is None:
            return False
        if snapshot.window is not None:
            return snapshot.last is None
        return snapshot.last is not None and snapshot.last < self._last

    def _follow(self, delta: BookUpdate) -> None:
        """Apply a delta if it follows; otherwise the book is not consistent from here on."""
        if self._last is None or delta.last is None:
            raise BadTicks("a delta or its snapshot has no update number", hint="order books need numbers to be kept")
        again = delta.last == self._last and (self._joined or delta.previous is None)
        passed = delta.last < self._last or again
        if passed and not self._went_back(delta):
            self.report.old += 1
            return
        if passed or not self._follows(delta):
            self.report.gaps += 1
            self.consistent = False
            self._wait(delta)
            return
        for side, levels in ((self._bids, delta.bids), (self._asks, delta.asks)):
            _set(side, levels)
        self._last, self._joined = delta.last, True
        self._heard = max(self._heard, delta.time)

    def _went_back(self, delta: BookUpdate) -> bool:
        """Whether a delta with a number that the book passed is not a repetition, by when it was sent."""
        if self._window is not None:
            return delta.time > self._heard
        return self._joined and delta.time > self._heard + _REPEATED_MS

    def _follows(self, delta: BookUpdate) -> bool:
        first = delta.last if delta.first is None else delta.first
        last = self._last
        if first is None or last is None:
            return False
        if delta.previous is not None:
            return delta.previous == last or (not self._joined and first <= last)
        return first == last + 1 or (not self._joined and first <= last + 1)

    def _wait(self, delta: BookUpdate) -> None:
        self.report.waited += 1
        self._waiting.append(delta)
        del self._waiting[:-_WAITING]


def _set(side: dict[float, float], levels: Iterable[Level]) -> None:
    for price, size in levels:
        if size > 0.0:
            side[price] = size
        else:
            side.pop(price, None)
