"""Which stored series a request means, and what to do about those that are not stored."""

from dataclasses import dataclass

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import MissingBars
from alphaplus.market.resample import coarser
from alphaplus.market.symbols import check_symbol
from alphaplus.workflows.base import Ports


@dataclass(frozen=True, slots=True)
class Among:
    """Those of some symbols that are stored, and for each of the others what is missing."""

    symbols: tuple[str, ...]
    missing: tuple[MissingBars, ...]


def symbols_for(wanted: tuple[str, ...], timeframe: Timeframe, ports: Ports) -> tuple[str, ...]:
    """The symbols asked for, or every stored one of the timeframe; raises MissingBars for one that is not stored."""
    among = stored_among(wanted, timeframe, ports)
    if among.missing:
        raise among.missing[0]
    return among.symbols


def stored_among(wanted: tuple[str, ...], timeframe: Timeframe, ports: Ports) -> Among:
    """Tell the series asked for (none named: all) that are stored from the rest; raises MissingBars for no series."""
    symbols = tuple(check_symbol(symbol) for symbol in wanted) or tuple(
        s.instrument.symbol for s in ports.bars.series() if s.timeframe is timeframe
    )
    if not symbols:
        finer = _finer(timeframe, ports)
        hint = f"import some: alphaplus data import FILE --symbol BTCUSDT --timeframe {timeframe}"
        hint += f", or alphaplus data resample --timeframe {finer} --to {timeframe}" if finer else ""
        raise MissingBars(f"no {timeframe} bars are stored", hint=hint)
    stored = tuple(symbol for symbol in symbols if ports.bars.span(symbol, timeframe) is not None)
    missing = tuple(_missing(symbol, timeframe, ports) for symbol in symbols if symbol not in stored)
    if not stored:
        raise missing[0]
    return Among(stored, missing)


def _missing(symbol: str, timeframe: Timeframe, ports: Ports) -> MissingBars:
    finer = _finer(timeframe, ports, symbol)
    hint = f"alphaplus data import FILE --symbol {symbol} --timeframe {timeframe}"
    hint += f", or alphaplus data resample --symbols {symbol} --timeframe {finer} --to {timeframe}" if finer else ""
    return MissingBars(f"no bars of {symbol} {timeframe}", hint=hint, symbol=symbol, timeframe=timeframe.value)


def _finer(timeframe: Timeframe, ports: Ports, symbol: str | None = None) -> Timeframe | None:
    """The coarsest of the stored timeframes, of one symbol or of any, whose bars can be resampled to `timeframe`."""
    stored = (s.timeframe for s in ports.bars.series() if symbol in {None, s.instrument.symbol})
    return max((one for one in stored if timeframe in coarser(one)), key=lambda one: one.ms, default=None)
