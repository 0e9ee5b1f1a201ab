"""What tests of planted markets share: one learned on its first half and asked about its second, or judged whole."""

from dataclasses import dataclass

import numpy as np
import pytest

from alphaplus.core.bars import BarFrame
from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.enums import Stage
from alphaplus.core.parallel import Backend
from alphaplus.datasets.assemble import assemble
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.market.sources.simulated import simulate
from alphaplus.models.model import up_probability
from alphaplus.models.spec import ModelSpec
from alphaplus.models.validate import fit_calibrated
from alphaplus.registry.audit import verify
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.trials import MemoryTrialLog
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.memory import MemoryBarStore, MemoryLedger, MemoryPublisher
from alphaplus.workflows.base import Ports, Silent
from alphaplus.workflows.evaluate import EvaluateRequest
from alphaplus.workflows.promote import evaluate_and_promote
from alphaplus.workflows.train import TrainRequest, train

BARS, HALF = 40_000, 20_000
EVERYTHING = 100_000  # days


@dataclass(frozen=True)
class Halves:
    """A market, its dataset, and which rows of that are learned from and tested, by position."""

    bars: BarFrame
    dataset: Dataset
    past: np.ndarray
    future: np.ndarray
    seed: int

    @property
    def bayes(self):
        """The Bayes probability of up on the tested rows."""
        return self.bars.bayes[np.searchsorted(self.bars.close_time, self.dataset.as_of[self.future])]

    @property
    def up(self):
        """Whether the price went up, on the tested rows."""
        return self.dataset.up[self.future] == 1.0

    def says(self, family, *, among=None, **params):
        """The probability of up that a family gives the tested rows, of `among` (n of all rows,) alone if given."""
        past, future = self.past, self.future
        if among is not None:
            past, future = past[among[past]], future[among[future]]
        spec = ModelSpec.of(self.dataset, family=family, seed=self.seed, params=params)
        model = fit_calibrated(spec, self.dataset, past)
        return up_probability(model.predict(self.dataset.X[future]), self.dataset.classes)

    def captured(self, p, *, rows=slice(None)):
        """The share of the edge of the Bayes forecast that probabilities of the tested rows have, on some of them."""
        attainable = np.mean((self.bayes > 0.5)[rows] == self.up[rows]) - 0.5
        return float((np.mean((p > 0.5)[rows] == self.up[rows]) - 0.5) / attainable)


@pytest.fixture
def halves(compiled):
    """Gives the Halves of 40,000 bars of a market; features are a named set or columns."""

    def make(market, *, seed, features="lean", horizon=1):
        bars = simulate(market, bars=BARS, seed=seed)
        chosen = feature_set(features) if isinstance(features, str) else FeatureSet("planted", tuple(features))
        label = LabelSpec("signal_direction", horizon, {"threshold": 0.0})
        dataset = assemble([bars], chosen, label, cache_folder=compiled)
        half = bars.close_time[HALF]
        past, future = np.flatnonzero(dataset.span_end < half), np.flatnonzero(dataset.as_of >= half)
        return Halves(bars, dataset, past, future, seed)

    return make


class NoJournal:
    """Keeps nothing of what finished runs leave behind."""

    def imported(self, symbol, timeframe, report):
        pass

    def trained(self, version, summary, recipe=None):
        pass


@pytest.fixture
def judged(tmp_path, compiled):
    """Imports, trains, evaluates and promotes one simulated market as a user would; gives the evaluation."""

    def judge(market, *, bars, horizon, seed, family="lightgbm"):
        folder = tmp_path / f"{market} {seed} {family}"
        folder.mkdir()
        (folder / "cache").symlink_to(compiled, target_is_directory=True)
        series = simulate(market, bars=bars, seed=seed)
        ports = Ports(
            bars=MemoryBarStore(),
            artifacts=FileArtifactStore(folder / "artifacts"),
            models=MemoryModelStore(),
            trials=MemoryTrialLog(),
            ledger=MemoryLedger(),
            publisher=MemoryPublisher(),
            journal=NoJournal(),
            clock=FixedClock(int(series.close_time[-1])),
            settings=Settings(home=folder, parallel=Backend.THREADS),
            progress=Silent(),
        )
        ports.bars.append(series)
        request = TrainRequest(
            family=family,
            symbols=(series.instrument.symbol,),
            horizon=horizon,
            threshold=0.0,
            features="lean",
            training_days=EVERYTHING,
            seed=seed,
        )
        version, _ = train(request, ports)
        outcome = evaluate_and_promote(EvaluateRequest(candidate=str(version.number)), ports, actor="test")
        verify(ports.models.audit())
        expected = Stage.PRODUCTION if outcome.promoted else Stage.STAGING
        assert ports.models.get(version.number).stage is expected
        return outcome.evaluation

    return judge
