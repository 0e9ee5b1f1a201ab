"""An installation of its own for every test of the web room, and small records to fill it with."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import SIMULATED_VENUE, BarFrame, Instrument, Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.enums import Origin, Panel, Side, Stage, Verdict
from alphaplus.core.records import (
    AuditEvent,
    Consensus,
    Contribution,
    Decision,
    Evaluation,
    GateResult,
    Prediction,
    Run,
    Signal,
    Trade,
    Vote,
)
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.models.spec import ModelSpec
from alphaplus.registry.trials import Trial
from alphaplus.registry.versions import ModelVersion, Slot

NOW = 1_763_596_800_000
HOUR = Timeframe.H1.ms
SYMBOL = "BTCUSDT"


@pytest.fixture(autouse=True)
def installation(settings, home):
    """Point Django at an empty home folder; the database of a test is pytest-django's."""
    from alphaplus.web.settings.secret import secret_key

    settings.ALPHAPLUS = Settings(home=home)
    settings.SECRET_KEY = secret_key(home)
    settings.STATIC_ROOT = home / "static"
    return settings.ALPHAPLUS


@pytest.fixture
def ports(installation, db):
    """The stores of the installation, at a fixed time."""
    from alphaplus.web.ports import open_ports

    return open_ports(installation, FixedClock(NOW))


@pytest.fixture
def admin(client, django_user_model):
    """A browser of a signed-in admin."""
    client.force_login(django_user_model.objects.create_superuser("admin"))
    return client


def slot_of(*, symbol=SYMBOL, name="technical_ml"):
    return Slot(name, symbol, Timeframe.H1, "all", "signal_direction", 24)


def version_of(label="lgb_1", *, slot=None, stage=Stage.STAGING, seed=0):
    slot = slot or slot_of()
    label_spec = LabelSpec("signal_direction", 24, {"threshold": 0.0})
    spec = ModelSpec("lightgbm", label_spec, "core", "f" * 64, slot.symbols, Timeframe.H1, seed=seed)
    return ModelVersion(
        slot=slot,
        spec=spec,
        artifact_uri="a" * 64,
        sha256="b" * 64,
        dataset_hash="d" * 64,
        featureset_hash="f" * 64,
        trained_from=NOW - 1000 * HOUR,
        trained_to=NOW - 500 * HOUR,
        samples=400,
        label=label,
        stage=stage,
        metrics={"holdout": {"model": {"accuracy": {"value": 0.54, "low": 0.5, "high": 0.58}},
                             "baselines": {"base_rate": {"accuracy": 0.51}}}, "broken": float("nan")},
        seconds=12.5,
        size_mb=0.3,
        created_at=NOW,
    )  # fmt: skip


def event_of(action="promote", subject="lgb_1", *, before="staging", after="production", at=NOW):
    return AuditEvent(at, "tester", action, subject, before, after, "because", {"gates": ("g1", "g2"), "skill": 0.25})


def trial_of(spec_hash="e" * 64, *, study="s", blocks=(0.25,) * 16, at=NOW):
    return Trial(
        slot=slot_of(),
        study=study,
        spec_hash=spec_hash,
        family="lightgbm",
        params={"num_leaves": 5, "l2": 0.5},
        value=0.0123,
        error=0.004,
        blocks=blocks,
        first=NOW - 900 * HOUR,
        last=NOW - 500 * HOUR,
        pruned=not blocks,
        dataset_hash="d" * 64,
        at=at,
    )


def evaluation_of(number, *, verdict=Verdict.PROMOTE):
    gate = GateResult("g1_skill", "skill", 0.012, 0.0, 500, verdict is Verdict.PROMOTE, "log-loss better", 0.2)
    return Evaluation(
        number, None, NOW - 400 * HOUR, NOW, {"skill": 0.012}, (gate,), verdict, 0.2, "notes", 500, 1.5, NOW
    )


def bars_of(count=300, *, symbol=SYMBOL, venue="binance", missing=(), end=NOW):
    """Hourly bars whose last one closes at `end`; those at the positions `missing` are left out."""
    times = end - HOUR * np.arange(count, 0, -1, dtype=np.int64)
    closes = np.round(100 + np.cumsum(np.random.default_rng(7).normal(0, 0.5, count)), 2)
    opens = np.concatenate(([100.0], closes[:-1]))
    table = pl.DataFrame(
        {
            "open_time": times,
            "open": opens,
            "high": np.maximum(opens, closes) + 0.25,
            "low": np.minimum(opens, closes) - 0.25,
            "close": closes,
            "volume": np.full(count, 12.5),
        }
    )
    kept = [position for position in range(count) if position not in set(missing)]
    return BarFrame(Instrument(symbol, venue=venue, fee_bps=10.0), Timeframe.H1, table[kept])


@dataclass
class Story:
    """What one run said about the newest bars of a series, alternately to buy, to sell and to hold."""

    symbol: str = SYMBOL
    version: int = 1
    run: Run = field(default_factory=lambda: Run(Origin.BACKTEST, "backtest-1"))
    bars: int = 30
    end: int = NOW
    records: list = field(default_factory=list)

    def __post_init__(self):
        for back in range(self.bars - 1, -1, -1):
            self._bar(self.end - back * HOUR, (Side.LONG, Side.SHORT, Side.HOLD)[back % 3])

    def _bar(self, at, side):
        p = {Side.LONG: 0.7, Side.SHORT: 0.3, Side.HOLD: 0.5}[side]
        moved = (Contribution("rsi_14", 55.0, 0.125),)
        vote = Vote("technical_ml", Panel.ML, 0.25, p, 0.8, version=self.version, latency_ms=0.5)
        absent = Vote("trend", Panel.RULES, 1.0, None, reason="flat")
        ml = Consensus(Panel.ML, p, 0.8, 1.0, 1.0, 0.0, (vote,))
        rules = Consensus(Panel.RULES, None, 0.0, 0.0, 0.0, 0.0, (absent,), "no votes")
        decision = Decision(self.symbol, Timeframe.H1, at, ml, rules, p, 0.8, side, f"ml says {side}")
        prediction = Prediction(
            self.version, self.symbol, Timeframe.H1, at, 24, p, (1 - p, p), 0.8, contributions=moved
        )
        self.records += [prediction, decision]
        if side is not Side.HOLD:
            signal = Signal(
                self.symbol, Timeframe.H1, at, side, 0.4, 0.8, 100.0, 98.0, 104.0, decision, moved, at + 24 * HOUR
            )
            trade = Trade(
                self.symbol, side, at, at + 2 * HOUR, 100.0, 101.0, 1.0, 0.1, 0.9, 0.9, 2, "time", 0.8, p, self.version
            )
            self.records += [signal, trade]


@pytest.fixture(scope="session")
def make():
    """Builders of small records, and the time at which everything happens."""
    return SimpleNamespace(
        slot=slot_of,
        version=version_of,
        event=event_of,
        evaluation=evaluation_of,
        trial=trial_of,
        bars=bars_of,
        story=Story,
        reject=Verdict.REJECT,
        now=NOW,
        hour=HOUR,
        symbol=SYMBOL,
    )


@pytest.fixture
def filled(ports):
    """An installation with bars, a champion, its predictions, decisions, signals, a backtest and an import."""
    ports.bars.append(bars_of(missing=(100, 101)))
    version = ports.models.add(version_of(), event_of("register", before="", after="staging"))
    ports.models.add_evaluation(evaluation_of(version.number))
    ports.models.change([(version.number, Stage.PRODUCTION)], event_of())
    story = Story()
    summary = {"simulated": False, "start": NOW - 30 * HOUR, "end": NOW, "metrics": {"sharpe": 1.25},
               "curves": {"times": [NOW], "equity": [10_000.0]}}  # fmt: skip
    trades = [record for record in story.records if isinstance(record, Trade)]
    number = ports.journal.backtested(
        symbols=[SYMBOL], timeframe=Timeframe.H1, version=version.number, summary=summary, trades=trades
    )
    said = [record for record in story.records if not isinstance(record, Trade)]
    ports.ledger.record(*said, run=Run(Origin.BACKTEST, f"backtest-{number}"))
    return ports


@pytest.fixture
def simulated(ports):
    """A simulated series beside it all."""
    ports.bars.append(bars_of(symbol="SIM-M1", venue=SIMULATED_VENUE))
    return ports
