"""Check features: hold registered columns, a file of the user or a plain function against the contract, on bars."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.errors import ConfigError, DataError, MissingBars, SourceError, StorageError
from alphaplus.features.checks import SHORT, Report, bars_needed, check_columns, check_function
from alphaplus.features.contract import features, needed_clocks, total_warmup
from alphaplus.features.user import functions_of, load_columns, load_function
from alphaplus.market.read import read_bars
from alphaplus.market.sources.simulated import simulate
from alphaplus.market.symbols import symbol_from_filename
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.series import symbols_for

MOST = 40_000  # bars of one series that are looked at
LEAST_SIMULATED = 4_000
MARKET = "N0"  # a martingale: nothing can be known of its next bar
NAMED = 8  # functions of a file that a hint names
UNNAMED = "CHECKED"  # a candle file whose name says no symbol


class CheckRequest(Request):
    """What to check: the name of a column, a file, or `FILE.py:column`; and on which bars.

    Bars come from `data`, a candle file; else from the store; else, where none are stored and no symbol is asked for,
    from a simulated market.
    """

    target: str
    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1
    data: Path | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdicts on one series of bars, and the bars they are about."""

    bars: BarFrame
    report: Report


def check(request: CheckRequest, ports: Ports) -> list[Checked]:
    """Check on every series asked for.

    Raises ConfigError that names file and line for a file that cannot be run, or a step that cannot be compiled, and
    for a candle file that does not exist; MissingBars for bars that are not there or cannot be read.
    """
    path, name = _target(request.target)
    columns = _columns(path, name)
    done = []
    for bars in _found(request, ports, columns):
        ports.progress.stage(f"checking on {bars.instrument.symbol}")
        if columns:
            part = suitable(bars, columns)
            report = check_columns(columns, part, cache_folder=ports.settings.cache_folder)
        else:
            part = bars.rows(max(0, len(bars) - SHORT), len(bars))
            report = check_function(load_function(path or Path(), name), part, columns=(name,))
        done.append(Checked(part, report))
    return done


def suitable(bars: BarFrame, columns: tuple[str, ...]) -> BarFrame:
    """The last of the bars that begin with whole higher bars and without a gap until every column is known.

    Where there are none, the last bars as they are: what cannot be judged on them is said.
    """
    frame = bars.timeframe
    clocks = {clock for column in columns for clock in needed_clocks(column)}
    starts = np.ones(len(bars), dtype=np.bool_)
    for clock in clocks:
        starts &= (bars.open_time - clock.offset_ms) % clock.ms == 0
    longest = max((clock.ms // frame.ms for clock in clocks), default=1)
    known = max(total_warmup(column, frame) for column in columns) * longest + 1
    gaps = np.cumsum(bars.missing_before)
    whole = np.zeros(len(bars), dtype=np.bool_)
    whole[: max(0, len(bars) - known)] = gaps[known:] == gaps[: max(0, len(bars) - known)]
    first = max(0, len(bars) - max(MOST, bars_needed(columns, frame)))
    found = np.flatnonzero(starts & whole)
    later = found[found >= first]
    begin = int(later[0]) if len(later) else first
    return bars.rows(begin, len(bars))


def _target(text: str) -> tuple[Path | None, str]:
    """A file and a name in it, either of them missing."""
    file, colon, name = text.rpartition(":")
    if colon and file.endswith(".py"):
        return Path(file), name
    return (Path(text), "") if text.endswith(".py") else (None, text)


def _columns(path: Path | None, name: str) -> tuple[str, ...]:
    """The columns meant, or none where a plain function of a file is."""
    if path is None:
        features.get(name)
        return (name,)
    found = load_columns(path)
    if name in found:
        return (name,)
    if not name and not found:
        named = " or ".join(f"{path}:{function}" for function in functions_of(path)[:NAMED])
        hint = f"name a function of it: {named}" if named else "declare one with @feature, or write a function of bars"
        raise ConfigError(f"{path} registers no feature", hint=hint)
    return () if name else found


def _found(request: CheckRequest, ports: Ports, columns: tuple[str, ...]) -> list[BarFrame]:
    """The bars to check on; whatever is wrong with them says nothing of the feature, and so is MissingBars."""
    if request.data is not None and not request.data.exists():
        raise ConfigError(f"{request.data} does not exist", hint="check the path", file=str(request.data))
    try:
        return _bars(request, ports, columns)
    except (DataError, SourceError, StorageError) as error:
        raise MissingBars(error.message, hint=error.hint, **error.context) from error
    except OSError as error:
        raise MissingBars(f"the bars cannot be read: {error}", hint="check the path and its permissions") from error


def _bars(request: CheckRequest, ports: Ports, columns: tuple[str, ...]) -> list[BarFrame]:
    if request.data is not None:
        symbol = request.symbols[0] if request.symbols else symbol_from_filename(request.data) or UNNAMED
        return [read_bars([request.data], symbol=symbol, timeframe=request.timeframe, now=ports.clock.now())]
    stored = [one for one in ports.bars.series() if one.timeframe is request.timeframe]
    if stored or request.symbols:
        wanted = request.symbols or symbols_for((), request.timeframe, ports)[:1]
        return [ports.bars.read(symbol, request.timeframe) for symbol in wanted]
    count = max(LEAST_SIMULATED, bars_needed(columns, request.timeframe) if columns else 0)
    week = max(1, Timeframe.W1.ms // request.timeframe.ms)
    return [simulate(MARKET, bars=count + week, timeframe=request.timeframe)]
