"""What can be said of the next bar of real candles: direction and volatility, walked forward, beside baselines.

Needs recorded market data: ALPHAPLUS_TEST_DATA names the folder whose ohlcv/binance_spot_1h is read, all symbols of it.
Without that there are no rows. The settings of the models are those of the library; nothing was tuned here.

Volatility is the label target_volatility of one bar, the logarithm of a variance. A forecast of a logarithm is too low
a forecast of the variance (Jensen), so each is multiplied by what that had cost on the folds before (Duan 1983,
Smearing estimate), the baselines' too; the first fold serves for that alone. Lower QLIKE is better. The p-value is of
the test of Harvey, Leybourne and Newbold against "same as last hour".
"""

import os
from pathlib import Path

import numpy as np

from alphaplus.core.bars import Timeframe
from alphaplus.datasets.assemble import make_dataset
from alphaplus.datasets.labelling import make_labels
from alphaplus.datasets.splits import WalkForward
from alphaplus.evaluation.bootstrap import optimal_block, stationary_bootstrap
from alphaplus.evaluation.compare import hln
from alphaplus.evaluation.losses import qlike
from alphaplus.evaluation.smearing import smeared
from alphaplus.market.read import read_bars
from alphaplus.models.scoring import report
from alphaplus.models.spec import ModelSpec
from alphaplus.models.validate import validate

FOLDER = "ohlcv/binance_spot_1h"
NOW = 1_767_225_600_000  # 2026-01-01, later than all recorded data
MOST_FOLDS = 12
DAY, WEEK = 24, 168  # bars
DECAY = 0.94  # RiskMetrics
DIRECTION_FAMILIES = ("lightgbm", "logistic")


def files():
    """The files of every symbol, oldest first."""
    data = os.environ.get("ALPHAPLUS_TEST_DATA")
    found = sorted(Path(data, FOLDER).glob("*-1h-*.csv.gz")) if data else []
    symbols = dict.fromkeys(path.name.split("-")[0] for path in found)
    return {symbol: [path for path in found if path.name.startswith(f"{symbol}-")] for symbol in symbols}


def walked(dataset, family):
    """Predictions of a family on all test blocks."""
    splits = WalkForward.for_timeframe(dataset.timeframe, max_folds=MOST_FOLDS)
    return validate(ModelSpec.of(dataset, family=family), dataset, splits=splits).oos


def direction(symbol, bars):
    """How well the direction of the next bar was told, with what a base rate and the last bar tell."""
    dataset = make_dataset(bars, "core", horizon=1, threshold=0.0)
    rows = []
    for family in DIRECTION_FAMILIES:
        scores = report(walked(dataset, family), label=dataset.label)
        model, others = scores["model"], scores["baselines"]
        said = "; ".join(
            f"{name.replace('_', ' ')} AUC {values.get('roc_auc', 0.5):.3f}, log loss {values['log_loss']:.4f}"
            for name, values in others.items()
        )
        rows.append(
            {
                "name": f"next direction, {symbol}, {family}",
                "value": model["roc_auc"]["value"],
                "unit": "AUC",
                "goal": None,
                "detail": f"95 % {_between(model['roc_auc'])}; skill {_between(model['skill'], 4)}; accuracy "
                f"{_between(model['accuracy'])}; {scores['judged']:,} bars; {said}",
            }
        )
    return rows


def _between(interval, digits=3):
    return f"{interval['low']:.{digits}f} to {interval['high']:.{digits}f}"


def classics(bars, dataset, oos):
    """Log-variance forecasts (n,) of the tested bars by two recipes of the literature, from the same variances.

    EWMA: an exponential mean of the variances so far. HAR: the logarithms of the variance of the last bar, day and week
    (Corsi 2009), fitted by least squares on the bars before each fold.
    """
    last = make_labels(bars, "target_volatility", horizon=1).last_known  # of the bar itself, known at its close
    variance = np.exp(last)
    smooth, ewma = np.full(len(bars), np.nan), np.nan
    for place, value in enumerate(variance.tolist()):
        if np.isfinite(value):
            ewma = DECAY * ewma + (1.0 - DECAY) * value if np.isfinite(ewma) else value
        smooth[place] = np.log(ewma)
    logs = [np.log(np.convolve(variance, np.ones(count) / count)[: len(variance)]) for count in (1, DAY, WEEK)]
    logs[0] = last
    parts = np.column_stack([np.ones(len(bars)), *logs])
    at = np.searchsorted(bars.close_time, dataset.as_of)
    rows = parts[at]
    known = np.isfinite(rows).all(axis=1)
    har = np.full(len(oos), np.nan)
    for number in np.unique(oos.fold):
        tested = oos.fold == number
        past = known & (dataset.span_end < oos.as_of[tested][0])
        slopes = np.linalg.lstsq(rows[past], dataset.y[past], rcond=None)[0]
        har[tested] = rows[oos.index[tested]] @ slopes
    return {"EWMA": smooth[at][oos.index], "HAR": har}


def volatility(symbol, bars):
    """QLIKE of forecasts of the next bar's variance, and whether the model's is lower than that of the last bar."""
    dataset = make_dataset(bars, "core", label="target_volatility", horizon=1)
    oos = walked(dataset, "lightgbm")
    forecasts = {"LightGBM": oos.predicted, "same as last hour": oos.persistence} | classics(bars, dataset, oos)
    losses = {name: qlike(oos.y, smeared(oos.y, said, oos.fold)) for name, said in forecasts.items()}
    kept = np.isfinite(np.column_stack(list(losses.values()))).all(axis=1)
    losses = {name: loss[kept] for name, loss in losses.items()}
    against = losses["LightGBM"] - losses["same as last hour"]
    means = stationary_bootstrap(against[:, None], block=optimal_block(against), draws=2_000, seed=0)
    low, high = np.quantile(means, (0.025, 0.975))
    p_values = {name: hln(losses["LightGBM"], loss, horizon=1).p_value for name, loss in losses.items()}
    said = ", ".join(f"{name} {loss.mean():.3f}" for name, loss in losses.items())
    return [
        {
            "name": f"next volatility, {symbol}, lightgbm over last hour",
            "value": float(against.mean()),
            "unit": "QLIKE",
            "goal": "below 0, p < 0.01",
            "detail": f"95 % {low:.3f} to {high:.3f}, HLN p {p_values['same as last hour']:.1e}; {kept.sum():,} bars; "
            f"QLIKE {said}; p against EWMA {p_values['EWMA']:.1e}, against HAR {p_values['HAR']:.1e}",
        }
    ]


def main():
    """Measure every symbol; a row for each claim."""
    rows = []
    for symbol, paths in files().items():
        bars = read_bars(paths, symbol=symbol, timeframe=Timeframe.H1, now=NOW)
        rows += direction(symbol, bars) + volatility(symbol, bars)
    return rows


if __name__ == "__main__":
    for row in main():
        print(f"{row['name']:<50} {row['value']:>8.4f} {row['unit']:<6} ({row['detail']})")
