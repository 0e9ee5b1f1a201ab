"""The one path from closed bars to a plan, shared by backtest and live.

`observe` takes any number of bars, all of history or the one that just closed, and gives what is known at each close;
`decide` turns one of those closes into a plan. A backtest observes once and decides for every bar, the live loop
observes one bar at a time: the same two functions, the same bits.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.config import Settings
from alphaplus.core.errors import ConfigError
from alphaplus.core.records import TradePlan
from alphaplus.datasets.regimes import regime_columns
from alphaplus.features.contract import features as catalog
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet, feature_sets, standing_sets
from alphaplus.models.spec import ModelSpec
from alphaplus.registry.routing import Service
from alphaplus.registry.versions import ModelVersion
from alphaplus.signals.decide import RANGE, Terms, decide
from alphaplus.signals.panels import ml_roster, rules_roster
from alphaplus.signals.voting import Roster, tally
from alphaplus.trading.costs import Costs
from alphaplus.trading.observation import Observation, Predicts, Said, ask_versions, union_set
from alphaplus.trading.plan import plan
from alphaplus.trading.serving import ServiceSource, nobody
from alphaplus.trading.simulated import Portfolio

logger = logging.getLogger(__name__)

MOST_CONTRIBUTIONS = 10  # of a signal, the largest
DEFAULT_HORIZON = 24  # bars until a signal expires where no version says how far it looks


def columns_read(*rosters: Roster) -> tuple[str, ...]:
    """The feature columns that voters and levels need, whatever the models read."""
    return tuple(dict.fromkeys((*(column for roster in rosters for column in roster.columns), RANGE)))


def pipeline_sets() -> list[FeatureSet]:
    """What pipelines compute, for rules alone and with versions beside them; a warm-up compiles these ahead."""
    read = columns_read(ml_roster(), rules_roster())
    return [union_set(read, []), _with_models(read)]


def _with_models(read: Sequence[str], specs: Sequence[ModelSpec] = ()) -> FeatureSet:
    """The columns read, those that tell regimes apart, those of the standing sets, and those that models name.

    The standing sets, whoever serves today: a version promoted tomorrow then speaks at the next bar, from features
    that have been computed since the origin of the series. A name that no set and no feature carries adds none: its
    versions cannot be asked, and the rules must go on without them.
    """
    standing = standing_sets()
    known = {features.name for features in standing}
    names = {spec.feature_set for spec in specs if not spec.columns}
    own = [column for spec in specs for column in spec.columns if column in catalog.names()]
    others = [features for features in feature_sets() if features.name in names and features.name not in known]
    return union_set([*read, *regime_columns(), *own], [*standing, *others])


class Pipeline:
    """Features, predictions, votes and decision of one instrument and timeframe.

    `services` says which versions may speak from when on, `predictor` lets them; without either the rules decide
    alone. With a predictor the columns of the standing sets are computed, so a version on one of them that comes later
    speaks at the next bar; one on any other set needs a pipeline that is built after it came.

    `horizon` is the life of a signal in bars where no version serves. With `explain` predictions carry their
    contributions, at the cost of time.
    """

    def __init__(
        self,
        instrument: Instrument,
        timeframe: Timeframe,
        *,
        settings: Settings,
        predictor: Predicts | None = None,
        services: ServiceSource = nobody,
        horizon: int = DEFAULT_HORIZON,
        explain: bool = False,
        cache_folder: Path | None = None,
    ) -> None:
        if horizon < 1:
            raise ConfigError(f"a horizon of {horizon} bars", hint="one bar or more")
        self.instrument = instrument
        self.timeframe = timeframe
        self.settings = settings
        self.costs = Costs.of(instrument, settings.trading)
        self._predictor = predictor
        self._services = services if predictor is not None else nobody
        self._horizon = horizon
        self._explain = explain
        self._ml = ml_roster()
        self._rules = rules_roster()
        read = columns_read(self._ml, self._rules)
        specs = [service.version.spec for service in self.services()]
        union = union_set(read, []) if predictor is None else _with_models(read, specs)
        self._engine = FeatureEngine(union, instrument, timeframe, cache_folder=cache_folder)
        self._rule_places = {column: place for place, column in enumerate(read)}
        self._places = {column: place for place, column in enumerate(union.columns)}
        self._terms: dict[int, Terms] = {}
        self._silent: dict[int, str] = {}  # why the versions that cannot speak at present cannot

    def services(self) -> Sequence[Service]:
        """The versions that may speak now, slot by slot as `ServiceSource` gives them."""
        return self._services()

    def version(self, number: int | None) -> ModelVersion | None:
        """The serving version of a number; None when it is not, or no longer, among them."""
        return next((service.version for service in self._services() if service.version.number == number), None)

    def snapshot(self) -> bytes:
        """The state of the features; `restore` is its exact inverse."""
        return self._engine.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """Go back to a state that `snapshot` gave."""
        self._engine.restore(snapshot)

    def warm(self, bars: BarFrame) -> None:
        """Take closed bars in without saying anything about them: what lies before the first decision."""
        self._engine.advance(bars)

    def observe(self, bars: BarFrame) -> Observation:
        """Take the next closed bars, any number of them, and say what is known at each close."""
        values = self._engine.advance(bars).values
        as_of = bars.close_time
        said = Said.nothing(len(bars), horizon=self._horizon)
        services = self._services()
        if self._predictor is not None and services:
            ask = partial(self._predictor.predict, symbol=self.instrument.symbol, explain=self._explain)
            said = ask_versions(ask, services, values=values, places=self._places, as_of=as_of, horizon=self._horizon)
            self._report(said.failures)
        return Observation(
            bars=bars,
            as_of=as_of.tolist(),
            closes=bars.column("close").tolist(),
            columns=self._rule_places,
            rows=values[:, [self._places[column] for column in self._rule_places]].tolist(),
            said=said,
        )

    def decide(self, observation: Observation, i: int, portfolio: Portfolio) -> TradePlan:
        """Decide at the close of bar `i` of an observation what the account should hold from the next open on."""
        view = observation.view(i)
        fusion = self.settings.fusion
        prediction = observation.said.predictions[i]
        signal = decide(
            view,
            tally(self._ml, view, fusion=fusion),
            tally(self._rules, view, fusion=fusion),
            fusion=fusion,
            terms=self._terms_for(observation.said.horizons[i]),
            contributions=() if prediction is None else prediction.contributions[:MOST_CONTRIBUTIONS],
        )
        return plan(signal, portfolio, fraction=self.settings.trading.risk_fraction)

    def _report(self, failures: Mapping[int, Exception]) -> None:
        """Log that a version cannot speak: once, not at every bar, and again when the reason is another one."""
        for number, error in failures.items():
            if self._silent.get(number) != str(error):
                extra = {"version": number, "symbol": self.instrument.symbol, "timeframe": self.timeframe.value}
                logger.error("version cannot speak", exc_info=error, extra=extra)
        self._silent = {number: str(error) for number, error in failures.items()}

    def _terms_for(self, horizon: int) -> Terms:
        if horizon not in self._terms:
            self._terms[horizon] = Terms(round_trip_cost=self.costs.round_trip, horizon=horizon)
        return self._terms[horizon]
