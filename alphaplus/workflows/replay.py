"""Replay stored bars through the live path, at a chosen speed, as if they closed now."""

import threading
import time
import uuid
from collections.abc import Callable
from functools import partial

from pydantic import Field

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Origin
from alphaplus.core.parallel import Backend, parallel_map
from alphaplus.core.records import Run
from alphaplus.market.sources.replay import replay as formed
from alphaplus.trading.live import LiveReport, run_live
from alphaplus.trading.pace import Metronome
from alphaplus.trading.serving import registered
from alphaplus.workflows.backtest import pipeline_for
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.series import symbols_for


class ReplayRequest(Request):
    """Which of the last bars to replay, at how many bars a second, with how many updates inside a bar."""

    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1
    bars: int = Field(500, gt=0)
    speed: float = Field(2.0, gt=0, le=1000)
    forming_steps: int = Field(5, ge=0)


def replay(
    request: ReplayRequest, ports: Ports, *, stop: threading.Event, release: Callable[[], None] = lambda: None
) -> list[LiveReport]:
    """Replay every symbol at once, until the bars end or `stop` is set.

    Features are warmed on all bars before, so the decisions are those of a backtest over the same bars. `release` is
    called when a symbol's thread ends, to give back what it holds. Raises MissingBars when there is nothing to replay.
    """
    symbols = symbols_for(request.symbols, request.timeframe, ports)
    run = Run(Origin.REPLAY, f"replay-{uuid.uuid4().hex[:12]}")
    work = partial(_one, request=request, ports=ports, run=run, stop=stop, release=release)
    return parallel_map(work, symbols, backend=Backend.THREADS, workers=len(symbols))


def _one(
    symbol: str,
    *,
    request: ReplayRequest,
    ports: Ports,
    run: Run,
    stop: threading.Event,
    release: Callable[[], None],
) -> LiveReport:
    try:
        bars = ports.bars.read(symbol, request.timeframe)
        first = max(len(bars) - request.bars, 0)
        services = registered(ports.models, symbol, request.timeframe)
        pipeline = pipeline_for(bars, services, ports, settings=ports.settings, explain=True)
        past = bars.rows(0, first)
        pipeline.warm(past)
        pace = Metronome(
            request.speed,
            events_per_bar=request.forming_steps + 1,
            now=time.monotonic,
            sleep=time.sleep,
            stopped=stop.is_set,
        )
        return run_live(
            formed(bars.rows(first, len(bars)), forming_steps=request.forming_steps),
            pipeline,
            store=None,
            ledger=ports.ledger,
            publisher=ports.publisher,
            clock=ports.clock,
            run=run,
            pace=pace,
            as_of=int(past.close_time[-1]) if first else int(bars.open_time[0]),
        )
    finally:
        release()
