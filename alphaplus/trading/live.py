"""The live loop: one bar at a time through the pipeline, on paper, written down and shown."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from alphaplus.core.bars import PRICES, BarFrame
from alphaplus.core.clock import Clock
from alphaplus.core.records import Run
from alphaplus.storage.base import BarStore, Ledger, Publisher
from alphaplus.trading import messages
from alphaplus.trading.pace import Pace
from alphaplus.trading.pipeline import Pipeline
from alphaplus.trading.plan import opens
from alphaplus.trading.simulated import SimulatedBroker

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class LiveReport:
    """What a live loop did: closed bars decided, signals that opened a position, trades closed, events that failed.

    `silent` counts the closed bars at which the version that serves could not speak, so that the rules decided alone.
    """

    bars: int = 0
    signals: int = 0
    trades: int = 0
    failures: int = 0
    silent: int = 0
    as_of: int = 0
    equity: float = 0.0


def run_live(
    events: Iterable[tuple[BarFrame, bool]],
    pipeline: Pipeline,
    *,
    store: BarStore | None,
    ledger: Ledger,
    publisher: Publisher,
    clock: Clock,
    run: Run,
    pace: Pace,
    as_of: int = 0,
) -> LiveReport:
    """Consume events until they end, `pace` says stop, or a keyboard interrupt does.

    An event is a frame of one bar and whether that bar is closed. A forming bar is only shown. A closed one is stored
    (where a store is given), decided, traded on paper, recorded under `run` and published. Before the first event the
    pipeline must have taken in all bars before it (`Pipeline.warm`), the last of which closed at `as_of` (ms UTC): then
    the decisions are those of a backtest over the same bars, bit for bit.

    An event that fails is logged and counted, and the loop goes on with the next one. However the loop ends, the feed
    is told to be finished.
    """
    report = LiveReport(as_of=as_of)
    topic = messages.topic(pipeline.instrument.symbol, pipeline.timeframe)
    loop = _Loop(pipeline, store=store, ledger=ledger, publisher=publisher, clock=clock, run=run, report=report)

    def tell(state: str) -> None:
        message = messages.feed_message(
            origin=run.origin.value, state=state, as_of=report.as_of, updated_at=clock.now(), speed=pace.speed
        )
        publisher.publish(topic, messages.FEED, message)

    tell(messages.RUNNING)
    try:
        for bars, closed in events:
            if not pace.wait():
                break
            try:
                loop.take(bars, closed=closed)
            except Exception:
                report.failures += 1
                logger.exception("event failed", extra={"topic": topic, "closed": closed, "failures": report.failures})
    except KeyboardInterrupt:
        logger.info("interrupted", extra={"topic": topic, "bars": report.bars})
    finally:
        tell(messages.FINISHED)
    return report


class _Loop:
    """What one event needs: the account on paper, and where to write."""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        store: BarStore | None,
        ledger: Ledger,
        publisher: Publisher,
        clock: Clock,
        run: Run,
        report: LiveReport,
    ) -> None:
        symbol, timeframe = pipeline.instrument.symbol, pipeline.timeframe
        capital = pipeline.settings.trading.capital
        self._pipeline = pipeline
        self._broker = SimulatedBroker(symbol, timeframe, costs=pipeline.costs, capital=capital)
        self._topic = messages.topic(symbol, timeframe)
        self._store, self._ledger, self._publisher = store, ledger, publisher
        self._clock, self._run, self._report = clock, run, report

    def take(self, bars: BarFrame, *, closed: bool) -> None:
        """Deal with one event."""
        if not closed:
            self._publisher.forming(self._topic, messages.bar_message(bars, closed=False, sent_at=self._clock.now()))
            return
        if self._store is not None:
            appended = self._store.append(bars)
            if appended.conflicts:
                logger.warning("bar contradicts the stored one", extra={"topic": self._topic, "at": appended.conflicts})
                self._report.failures += 1
                return
        self._decide(bars)

    def _decide(self, bars: BarFrame) -> None:
        observation = self._pipeline.observe(bars)
        trades = self._broker.advance(int(bars.open_time[0]), bars.matrix(PRICES)[0])
        plan = self._pipeline.decide(observation, 0, self._broker.portfolio)
        opened = opens(plan, self._broker.portfolio)
        self._broker.submit(plan)
        prediction = observation.said.predictions[0]
        said = [] if prediction is None else [prediction]
        self._ledger.record(*said, plan if opened else plan.signal.decision, *trades, run=self._run)
        report = self._report
        report.bars += 1
        report.silent += bool(observation.said.failures)
        report.signals += opened
        report.trades += len(trades)
        report.as_of = observation.as_of[0]
        report.equity = self._broker.equity
        probability = None if prediction is None else prediction.value
        bar = messages.bar_message(bars, closed=True, sent_at=self._clock.now(), probability=probability)
        decision = messages.decision_message(
            plan.signal,
            opens=opened,
            version=self._pipeline.version(None if prediction is None else prediction.version),
            origin=self._run.origin.value,
        )
        self._publisher.publish(self._topic, messages.BAR, bar)
        self._publisher.publish(self._topic, messages.DECISION, decision)
