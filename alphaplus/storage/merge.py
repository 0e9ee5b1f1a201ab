"""Adding bars to bars: what is new, what was known, and what contradicts what is there."""

from dataclasses import dataclass, replace
from string import ascii_lowercase, ascii_uppercase
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import REQUIRED, SIDE_COLUMNS, BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadBars, ConflictingWrite

_UPPER: Final = str.maketrans(ascii_lowercase, ascii_uppercase)  # `upper()` would make letters of look-alikes


@dataclass(frozen=True, slots=True)
class Merged:
    """The table after a merge; whether it differs from the one before; and what the incoming bars were."""

    table: pl.DataFrame
    changed: bool
    stored: int
    duplicates: int
    conflicts: NDArray[np.int64]


def stored_symbol(symbol: str) -> str:
    """The spelling under which a symbol is kept and found: upper case, so that `btcusdt` is BTCUSDT."""
    return symbol.translate(_UPPER)


def storable(bars: BarFrame) -> BarFrame:
    """Give bars under the symbol that stores keep.

    Refuse those that no store takes: a value missing where none may be, or a time off the grid; raises BadBars.
    """
    for name in REQUIRED[1:]:
        if not bool(np.isfinite(bars.column(name)).all()):
            raise BadBars(f"column {name} of {bars.instrument.symbol} has values that are not finite")
    off = bars.open_time[(bars.open_time - bars.timeframe.offset_ms) % bars.timeframe.ms != 0]
    if len(off):
        raise BadBars(
            f"{len(off)} bars of {bars.instrument.symbol} are off the grid of {bars.timeframe}, the first at {off[0]}",
            hint="open_time is the start of the bar, in milliseconds UTC",
        )
    return replace(bars, instrument=replace(bars.instrument, symbol=stored_symbol(bars.instrument.symbol)))


def merge(known: pl.DataFrame, incoming: pl.DataFrame) -> Merged:
    """Merge two tables of bars, each sorted and without repeated times.

    Where both hold a time, the known bar stays: the incoming one is a duplicate when it says the same, a conflict when
    it does not. Unknown side values (NaN) contradict nothing, and are filled from a duplicate. A side column of which
    nothing is known is left out.
    """
    names = [*REQUIRED, *(n for n in SIDE_COLUMNS if n in known.columns or n in incoming.columns)]
    known, fresh = _with_columns(known, names), _with_columns(incoming, names)
    times, fresh_times = known["open_time"].to_numpy(), fresh["open_time"].to_numpy()
    place = np.searchsorted(times, fresh_times)
    common = np.zeros(len(fresh_times), dtype=bool)
    inside = place < len(times)
    common[inside] = times[place[inside]] == fresh_times[inside]
    if not common.any():
        table = _known_columns(pl.concat([known, fresh]).sort("open_time"))
        return Merged(table, bool(len(fresh_times)), len(fresh_times), 0, fresh_times[:0])
    rows = place[common]
    differs = np.zeros(len(rows), dtype=bool)
    fills: dict[str, tuple[NDArray[np.float64], NDArray[np.bool_]]] = {}
    for name in names[1:]:
        old, new = known[name].to_numpy()[rows], fresh[name].to_numpy()[common]
        if name in REQUIRED:
            differs |= old != new
        else:
            differs |= (old != new) & ~np.isnan(old) & ~np.isnan(new)
            fills[name] = (new, np.isnan(old) & ~np.isnan(new))
    changed = False
    for name, (new, wanted) in fills.items():
        chosen = wanted & ~differs
        if chosen.any():
            column = known[name].to_numpy().copy()
            column[rows[chosen]] = new[chosen]
            known = known.with_columns(pl.Series(name, column))
            changed = True
    stored = int((~common).sum())
    if stored:
        known = pl.concat([known, fresh.filter(pl.Series(~common))]).sort("open_time")
    return Merged(
        _known_columns(known), changed or stored > 0, stored, int((~differs).sum()), fresh_times[common][differs]
    )


def merge_instruments(known: Instrument, new: Instrument) -> Instrument:
    """What is known of an instrument after hearing of it again; what `new` leaves open stays as it was.

    Raises ConflictingWrite when both name a venue and not the same one, or when simulated bars meet a series that is
    not simulated: prices of two markets never share a series.
    """
    if new.venue and new.venue != known.venue and (known.venue or new.simulated):
        raise ConflictingWrite(
            f"{known.symbol} holds bars of {known.venue or 'a market that was not named'}, not of {new.venue}",
            hint=f"give these bars a symbol of their own, such as {new.venue.upper()}:{known.symbol}",
        )
    plain = Instrument(known.symbol)

    def told(name: str) -> object:
        value = getattr(new, name)
        return value if value != getattr(plain, name) else getattr(known, name)

    return Instrument(known.symbol, **{name: told(name) for name in _INSTRUMENT_FACTS})  # type: ignore[arg-type]


def no_bars() -> pl.DataFrame:
    """A table of bars without rows."""
    return BarFrame.empty(Instrument(""), Timeframe.H1).table


def missing_bars(first: int, last: int, bars: int, timeframe: Timeframe) -> int:
    """Bars that are absent between the first and the last one."""
    return (last - first) // timeframe.ms + 1 - bars


def _known_columns(table: pl.DataFrame) -> pl.DataFrame:
    unknown = [n for n in table.columns if n in SIDE_COLUMNS and bool(np.isnan(table[n].to_numpy()).all())]
    return table.drop(unknown)


_INSTRUMENT_FACTS = ("venue", "base", "quote", "tick_size", "lot_size", "fee_bps")


def _with_columns(table: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    absent = [pl.lit(np.nan, dtype=pl.Float64).alias(name) for name in names if name not in table.columns]
    return table.with_columns(absent).select(names) if absent else table.select(names)
