"""The Python API for notebooks and scripts: `import alphaplus as ap`.

Thin doors to the rooms, with defaults. A trained and evaluated model on a market whose edge is known:

>>> import alphaplus as ap
>>> market = ap.simulate("M1", bars=12_000, seed=1)
>>> dataset = ap.make_dataset(market, features="lean", horizon=1, threshold=0)
>>> training = ap.train(dataset, family="logistic")
>>> round(training.metrics["oos"]["model"]["roc_auc"]["value"], 1)
0.6
>>> market.instrument.simulated
True

Features are compiled at their first use, which takes long for a large set, and kept in the home as those of commands
(`ALPHAPLUS_HOME`, `./var` unless you set it). `logging.basicConfig(level=logging.INFO)` shows when that happens.
"""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from pydantic import ValidationError

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.config import Settings, Volume, load_settings
from alphaplus.core.errors import ConfigError
from alphaplus.datasets import raster
from alphaplus.datasets.assemble import make_dataset as assemble_dataset
from alphaplus.datasets.boxes import zones_of
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.dataset_recipe import DatasetRecipe
from alphaplus.datasets.folder import open_dataset as open_folder
from alphaplus.datasets.labelling import make_labels
from alphaplus.datasets.recipe import Recipe
from alphaplus.datasets.repeat import Stored
from alphaplus.datasets.repeat import repeat_dataset as assemble_again
from alphaplus.datasets.select import Rules
from alphaplus.datasets.splits import splits_named
from alphaplus.datasets.weights import Weighting
from alphaplus.evaluation.pattern_scores import pattern_scores
from alphaplus.features.cache import open_cache
from alphaplus.features.compute import Wanted
from alphaplus.features.compute import compute_features as compute
from alphaplus.features.engine import FeatureEngine as Engine
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.listing import catalog
from alphaplus.features.sets import FeatureSet
from alphaplus.features.sets import feature_sets as all_feature_sets
from alphaplus.features.volume_answer import VolumeAnalysis
from alphaplus.market.frames import bars_from_table
from alphaplus.market.read import read_bars as read_files
from alphaplus.market.resample import resample as resample_bars
from alphaplus.market.score import DataQuality
from alphaplus.market.score import data_quality as judge_bars
from alphaplus.market.sources.simulated import simulate as simulate_market
from alphaplus.models.artifact import load_model
from alphaplus.models.importance import PermutationImportance
from alphaplus.models.model import Model
from alphaplus.models.pattern_success import success_probability, with_success
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train as train_spec
from alphaplus.models.training import Training
from alphaplus.models.tune import tune as tune_spec
from alphaplus.patterns.contract import KINDS
from alphaplus.patterns.events import chosen_patterns, detect_as_born
from alphaplus.trading.backtest import backtest_positions
from alphaplus.trading.costs import Costs
from alphaplus.trading.positions import positions_of
from alphaplus.trading.result import Backtest
from alphaplus.workflows.volume import analyze

__all__ = [
    "FeatureEngine",
    "analyze_volume",
    "backtest",
    "bars",
    "chart_images",
    "compute_features",
    "data_quality",
    "detect_patterns",
    "feature_sets",
    "features",
    "load_model",
    "make_dataset",
    "make_labels",
    "open_dataset",
    "pattern_scores",
    "read_bars",
    "repeat_dataset",
    "resample",
    "simulate",
    "train",
]

log = logging.getLogger(__name__)


def read_bars(
    path: str | Path | Sequence[str | Path],
    *,
    symbol: str,
    timeframe: str | Timeframe,
    columns: Mapping[str, str] | None = None,
    time_unit: str | None = None,
    utc: bool = False,
) -> BarFrame:
    """Read candle files of any known layout, plain, gz or zip; nothing is stored.

    `.report` of the result counts rows, duplicates, quarantined rows with line and reason, and gaps. `columns` maps our
    column names to those of the file, `time_unit` is s, ms, us or ns where the layout does not say.
    """
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
    return read_files(
        paths,
        symbol=symbol,
        timeframe=Timeframe.parse(timeframe),
        now=_now(),
        columns=columns,
        time_unit=time_unit,
        utc=utc,
    )


def bars(table: object, *, symbol: str, timeframe: str | Timeframe, utc: bool = False) -> BarFrame:
    """Make bars of a Polars, pandas or Arrow table, or of a dict of arrays, with the hygiene of an import.

    Bad rows are left out and told in `.report`, with their position as the line. Datetimes without a zone are refused
    unless `utc` says what they are.

    >>> import alphaplus as ap
    >>> hours = [1_600_000_000_000 // 3_600_000 * 3_600_000 + 3_600_000 * i for i in range(3)]
    >>> prices = {"open": [1.0, 1.1, 1.2], "high": [1.2, 1.3, 1.4], "low": [0.9, 1.0, 1.1], "close": [1.1, 1.2, 1.3]}
    >>> len(ap.bars({"open_time": hours, **prices, "volume": [5.0, 6.0, 7.0]}, symbol="BTCUSDT", timeframe="1h"))
    3
    """
    return bars_from_table(table, symbol=symbol, timeframe=Timeframe.parse(timeframe), now=_now(), utc=utc)


def resample(bars: BarFrame, to: str | Timeframe, *, min_share: float = 1.0) -> BarFrame:
    """Make bars of a coarser timeframe, on the grid of UTC, weeks from Monday; only complete ones, so gaps stay gaps.

    `min_share` is the share of its bars that a coarser one needs. What each column becomes, and an account of the bars
    that are left out, is in `alphaplus.market.resample`.

    >>> import alphaplus as ap
    >>> market = ap.simulate("N0", bars=1_000)
    >>> four = ap.resample(market, "4h")
    >>> (str(four.timeframe), len(four))
    ('4h', 250)
    >>> bool(four.column("volume")[0] == market.column("volume")[:4].sum())
    True
    """
    return resample_bars(bars, Timeframe.parse(to), min_share=min_share).bars


def data_quality(bars: BarFrame, *, now: int | None = None, window_days: int = 30) -> DataQuality:
    """Score bars as of `now` (ms UTC, by default this moment): complete, fresh, valid, free of outliers; each 0 to 1.

    `.total` weighs them .35, .25, .25 and .15, and every component has a `.value` and a `.reason`. The window is the
    last `window_days` before the last close, at least 200 bars.

    >>> import alphaplus as ap
    >>> market = ap.simulate("N0", bars=1_000)
    >>> quality = ap.data_quality(market, now=int(market.close_time[-1]))
    >>> quality.total
    1.0
    >>> quality.completeness.reason
    '720 of 720 bars of the window are there, 1,000 of 1,000 since the start'
    """
    return judge_bars(bars, now=_now() if now is None else now, window_days=window_days)


def simulate(market: str, *, bars: int = 40_000, seed: int = 1, timeframe: str | Timeframe = "1h") -> BarFrame:
    """Bars of a planted market, labelled simulated; `.bayes` is the probability of up that a perfect model would give.

    >>> import alphaplus as ap
    >>> ap.simulate("M1", bars=100).instrument.symbol
    'SIM-M1'
    """
    return simulate_market(market, bars=bars, seed=seed, timeframe=Timeframe.parse(timeframe))


def features() -> pl.DataFrame:
    """The catalog of features: name, category, unit, inputs, params, warm-up, memory, reference.

    >>> import alphaplus as ap
    >>> ap.features().filter(name="rsi_14")["warmup"].item()
    15
    """
    return catalog()


def feature_sets() -> pl.DataFrame:
    """The named sets: name, number of columns, hash, columns.

    >>> import alphaplus as ap
    >>> ap.feature_sets()["name"].to_list()[:2]
    ['core', 'lean']
    """
    rows = [{"name": s.name, "count": len(s.columns), "hash": s.hash, "columns": s.columns} for s in all_feature_sets()]
    return pl.DataFrame(rows)


def compute_features(bars: BarFrame, features: Wanted = "core", *, cache_folder: Path | None = None) -> FeatureFrame:
    """Compute a feature set, by itself, by its name or as a list of columns, on all bars from their first one on.

    By name, a set is without the columns that bars of this timeframe can give no value. Compiled code is kept in
    `cache_folder`, in the home unless you name one. Raises UnknownName for a set or column that there is not, BadBars
    for bars that break the schema, and ConfigError, naming file and line, for a step that does not compile.

    >>> import alphaplus as ap
    >>> ap.compute_features(ap.simulate("N0", bars=100), ["rsi_14", "sma_20"]).values.shape
    (100, 2)
    """
    return compute(bars, features, cache_folder=cache_folder or _cache())


class FeatureEngine(Engine):
    """Compute a feature set for one instrument, any number of bars at a time, with the same bits for any division.

    `inputs` are the bar columns that the set reads, `open_time` first; `columns` those that it gives. The first bar
    is the origin: recursive features never quite forget it, so live equals history only from the same origin.

    A set given by its name is without the columns that bars of this timeframe can give no value; of a set given as
    such all columns are there. Code is compiled at construction, or taken from `cache_folder` (which must be yours
    alone), in the home unless you name one. One engine belongs to one thread at a time; the loop itself releases the
    GIL, so engines run side by side.
    """

    def __init__(
        self,
        features: FeatureSet | str,
        instrument: Instrument,
        timeframe: Timeframe,
        *,
        cache_folder: Path | None = None,
    ) -> None:
        super().__init__(features, instrument, timeframe, cache_folder=cache_folder or _cache())


def detect_patterns(
    bars: BarFrame,
    kinds: str | Sequence[str] = KINDS,
    *,
    model: Model | None = None,
    cache_folder: Path | None = None,
) -> pl.DataFrame:
    """Every pattern that was born on the bars, when it became known, and what became of it until the last bar.

    `kinds` are kinds of patterns (candles, figures, smc, volume_patterns, entries) or names of single ones. One row an
    event, in the order in which they became known, times in ms UTC; `alphaplus.patterns.events.SCHEMA` says what the
    columns mean. More bars at the end add events and settle those that were open; they change nothing else.
    `ap.pattern_scores(events)` gives their hit rates. Code is compiled at first use and kept as for `compute_features`.

    A `model` of pattern_success adds `p_success`, the probability that a pattern reaches its target before its stop,
    which takes the place of `confidence`; the detector's own stays as `strength`. It is null, and the confidence the
    detector's, for patterns that the model was not trained on, and for all that it has learned from.

    Raises UnknownName for a kind or pattern that there is not, ConfigError for a model of something else.

    >>> import alphaplus as ap
    >>> events = ap.detect_patterns(ap.simulate("N0", bars=2_000), kinds=["fair_value_gap"])
    >>> events.select("pattern", "direction", "outcome").row(0)
    ('fair_value_gap', 1, 'filled')
    >>> score = ap.pattern_scores(events).row(0, named=True)
    >>> (score["born"], round(score["touched"], 2))
    (309, 0.9)
    """
    wanted = chosen_patterns((kinds,) if isinstance(kinds, str) else kinds)
    folder = cache_folder or _cache()
    found = detect_as_born(bars, wanted, cache_folder=folder)
    if model is None:
        return found.events
    return with_success(found.events, success_probability(found, bars, model, cache_folder=folder))


def make_dataset(
    bars: BarFrame | Sequence[BarFrame],
    features: str = "core",
    *,
    label: str = "signal_direction",
    horizon: int = 24,
    regime: str = "all",
    weighting: Weighting | None = None,
    select: Rules | bool = False,
    folder: str | Path | None = None,
    **params: float | str,
) -> Dataset:
    """Assemble a dataset by the names of its feature set and label; several series give a panel.

    `select` drops columns that are constant, mostly missing, leaking or repeat others; True takes the usual rules.
    `regime` keeps the rows of one kind of market: trending, bull, high_volatility, ... `weighting` counts recent rows
    more, or classes alike, see `datasets.weights`. `params` are those of the label. With a `folder` the rows are
    written there as they come and mapped, for datasets larger than the memory.
    """
    return assemble_dataset(
        bars,
        features,
        label=label,
        horizon=horizon,
        regime=regime,
        weighting=weighting,
        select=select,
        cache_folder=_cache(),
        folder=None if folder is None else Path(folder),
        **params,
    )


def repeat_dataset(
    recipe: DatasetRecipe | str | Path, bars: BarFrame | Sequence[BarFrame], *, folder: str | Path | None = None
) -> Dataset:
    """Assemble the very same dataset again, from `dataset.recipe`, a saved dataset's folder or a JSON file.

    `bars` may have come on since: only those that went in are used. Raises DataError that says which series, code or
    library has changed since.

    >>> import alphaplus as ap
    >>> market = ap.simulate("N0", bars=1_500)
    >>> dataset = ap.make_dataset(market, features="lean", horizon=1)
    >>> ap.repeat_dataset(dataset.recipe, market).hash == dataset.hash
    True
    """
    stored = Stored(recipe) if isinstance(recipe, DatasetRecipe) else Stored.read(Path(recipe))
    learned = stored.recipe.measure
    return assemble_again(
        stored,
        [bars] if isinstance(bars, BarFrame) else list(bars),
        cache_folder=_cache(),
        measure=None if learned is None else PermutationImportance(**learned),
        folder=None if folder is None else Path(folder),
    )


def open_dataset(folder: str | Path, *, verify: bool = False) -> Dataset:
    """Open what `dataset.save(folder)` wrote, as read-only maps of its files; `verify` reads all and checks the hash.

    >>> import tempfile
    >>> import alphaplus as ap
    >>> dataset = ap.make_dataset(ap.simulate("N0", bars=1_500), features="lean", horizon=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     dataset.save(folder) == ap.open_dataset(folder, verify=True).hash
    True
    """
    return open_folder(folder, verify=verify)


def train(
    dataset: Dataset,
    family: str = "lightgbm",
    *,
    splits: str = "walk_forward",
    tune: int = 0,
    seed: int = 0,
    anomaly: bool = False,
    **params: str | int | float,
) -> Training:
    """Hold out the last fifth, validate on the rest, fit, calibrate, export, and score what was held out.

    `splits` is walk_forward (growing training part) or rolling; or, to choose among models but not for the gates, kfold
    or combinatorial, both purged. `params` are those of the family; `tune` trials search the others first, on the part
    that is not held out. With `anomaly` the family learns from one more column, how unusual the row is, and
    `.model.anomaly(frame)` tells it. `.metrics` has intervals and baselines, and under `trials` how many specs were
    tried; `.model` serves.
    """
    spec = ModelSpec.of(dataset, family=family, params=params, seed=seed, anomaly=anomaly)
    tuning = tune_spec(spec, dataset, trials=tune) if tune else None
    training = train_spec(
        spec if tuning is None else tuning.spec, dataset, splits=splits_named(splits, dataset.timeframe)
    )
    tried = 1 if tuning is None else len({judged.spec.hash for judged in tuning.trials})
    return replace(training, metrics={**training.metrics, "trials": tried})


def backtest(
    bars: BarFrame,
    model: Model | None = None,
    *,
    positions: ArrayLike | None = None,
    fee_bps: float | None = None,
    slippage_bps: float | None = None,
    capital: float = 10_000.0,
) -> Backtest:
    """Trade what a model says, or given positions (fractions of equity, decided at a close, filled at the next open).

    A model is traded by its own rules, without the votes of others, from the first bar it did not learn from.

    >>> import alphaplus as ap
    >>> import numpy as np
    >>> market = ap.simulate("N0", bars=1_000)
    >>> result = ap.backtest(market, positions=np.zeros(len(market)))
    >>> (len(result.trades), float(result.equity[-1]))
    (0, 10000.0)
    """
    costs = Costs.of(bars.instrument, Settings().trading)
    fee_bps = costs.fee_bps if fee_bps is None else fee_bps
    slippage_bps = costs.slippage_bps if slippage_bps is None else slippage_bps
    if model is not None and positions is None:
        bars, wanted = positions_of(model, bars, costs=Costs(fee_bps, slippage_bps), cache_folder=_cache())
    elif positions is not None and model is None:
        wanted = np.asarray(positions, dtype=np.float64)
    else:
        raise ConfigError("backtest takes a model or positions", hint="give one of the two")
    return backtest_positions(bars, wanted, fee_bps=fee_bps, slippage_bps=slippage_bps, capital=capital)


def chart_images(
    bars: BarFrame,
    index: Sequence[int] | NDArray[np.int64] | None = None,
    size: int = 224,
    window: int = 64,
    *,
    channels: int | None = None,
    average: int = 20,
    volume: float = 0.2,
    zones: pl.DataFrame | None = None,
    workers: int = 1,
) -> NDArray[np.uint8]:
    """Draw chart pictures for models: uint8 (n, size, size, channels), of the windows that end at the bars `index`.

    `index` are positions in `bars`; without it every bar that has a whole window behind it. `channels` is 1 (grey) up
    to a size of 64 and 3 above, unless you say. `average` is the number of bars of the moving average and `volume` the
    share of the height for the volume pane; 0 leaves either out. `zones` is a table of events found on these bars,
    whose zones are drawn from the bar on at which each was known.

    A picture depends on bars up to its own alone, and has the same bytes everywhere; keep the recipe, not the pixels.
    `alphaplus.datasets.raster` says what is drawn, how, and where its edges are. `workers` threads share the drawing.

    >>> import alphaplus as ap
    >>> market = ap.simulate("N0", bars=200)
    >>> ap.chart_images(market, [100, 199]).shape
    (2, 224, 224, 3)
    >>> ap.chart_images(market, size=64, window=20).shape
    (181, 64, 64, 1)
    """
    recipe = Recipe(size, window, channels, average, volume, zones is not None)
    boxes = None if zones is None else zones_of(zones, bars)
    return raster.draw_pictures(bars.matrix(raster.BARS), index, recipe, zones=boxes, workers=workers)


def analyze_volume(bars: BarFrame, model: Model | None = None, **thresholds: float) -> VolumeAnalysis:
    """What volume says at the last bar: the columns of the set `volume`, patterns and nodes alive, score, predictions.

    Columns come as numbers, words or None, `.missing` says why; `.history` has those of all bars, `.to_dict()` is for
    JSON. `thresholds` are the settings of the section volume: min_confidence, breakout_volume, divergence, alive_bars.

    >>> import alphaplus as ap
    >>> answer = ap.analyze_volume(ap.simulate("N0", bars=500))
    >>> (answer.symbol, -1 <= answer.score <= 1, len(answer.history))
    ('SIM-N0', True, 500)
    >>> answer.columns["spread_bps"] is None and "no order book in these bars" in answer.missing
    True
    """
    try:
        limits = Volume.model_validate(thresholds)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{name} is {first['input']!r}: {first['msg']}", hint="see the settings of volume") from error
    return analyze(bars, limits, model=model, cache_folder=_cache())


def _cache() -> Path | None:
    """The folder of compiled code in the home, found as commands find it; None where nothing can be kept in it."""
    folder = load_settings(os.environ).cache_folder
    try:
        TemporaryFile(dir=open_cache(folder)).close()
    except (OSError, ConfigError) as error:
        log.warning(f"compiled code is not kept: {error}")
        return None
    return folder


def _now() -> int:
    return time.time_ns() // 1_000_000
