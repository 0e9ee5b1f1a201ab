"""The quality score of stored series."""

from pydantic import Field

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import MissingBars
from alphaplus.core.records import Series
from alphaplus.market.score import WINDOW_DAYS, DataQuality, data_quality, judged_from
from alphaplus.market.symbols import check_symbol
from alphaplus.workflows.base import Ports, Request


class QualityRequest(Request):
    """Which series to judge, and over how many of their last days."""

    symbols: tuple[str, ...] = Field((), description="none: every stored symbol")
    timeframe: Timeframe | None = Field(None, description="none: every stored timeframe")
    window_days: int = Field(WINDOW_DAYS, gt=0, description="at least 200 bars are judged")


def judge_series(request: QualityRequest, ports: Ports) -> list[DataQuality]:
    """Score every series asked for, as of now, by symbol and timeframe; only their last bars are read.

    Raises MissingBars when there is no such series.
    """
    found = _chosen(request, ports)
    ports.progress.stage("judging", len(found))
    judged = []
    for done, series in enumerate(found, start=1):
        judged.append(_judge(series, request.window_days, ports))
        ports.progress.advance(done, series.instrument.symbol)
    return judged


def _chosen(request: QualityRequest, ports: Ports) -> list[Series]:
    symbols = [check_symbol(symbol) for symbol in request.symbols]
    stored = [s for s in ports.bars.series() if request.timeframe in (None, s.timeframe)]
    missing = [symbol for symbol in symbols if symbol not in {s.instrument.symbol for s in stored}]
    if missing or not stored:
        what = f"{request.timeframe} bars" if request.timeframe else "bars"
        message = f"no {what} of {', '.join(missing)} are stored" if missing else f"no {what} are stored"
        raise MissingBars(message, hint="alphaplus data list shows what is there")
    return [s for s in stored if not symbols or s.instrument.symbol in symbols]


def _judge(series: Series, window_days: int, ports: Ports) -> DataQuality:
    symbol, timeframe = series.instrument.symbol, series.timeframe
    start = judged_from(series.last, timeframe, window_days=window_days)
    return data_quality(
        ports.bars.read(symbol, timeframe, start),
        now=ports.clock.now(),
        series=series,
        read=ports.journal.rows_read(symbol, timeframe),
        window_days=window_days,
    )
