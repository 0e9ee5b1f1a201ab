"""Which stored series a request means when it names none."""

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import MissingBars
from alphaplus.market.symbols import check_symbol
from alphaplus.workflows.base import Ports


def symbols_for(wanted: tuple[str, ...], timeframe: Timeframe, ports: Ports) -> tuple[str, ...]:
    """The symbols asked for, or every stored one of the timeframe; raises MissingBars when there is none."""
    found = tuple(check_symbol(symbol) for symbol in wanted) or tuple(
        s.instrument.symbol for s in ports.bars.series() if s.timeframe is timeframe
    )
    if not found:
        hint = f"import some: alphaplus data import FILE --symbol BTCUSDT --timeframe {timeframe}"
        raise MissingBars(f"no {timeframe} bars are stored", hint=hint)
    return found
