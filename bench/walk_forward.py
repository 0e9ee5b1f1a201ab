"""A walk-forward of 45 fits over three symbols, against the same work done as FreqAI does it.

FreqAI itself is not installed; its way is followed here: one pair after another, and for each retraining the features
are computed anew, by TA-Lib and pandas, on the bars of that window and of the block that is predicted. The peer uses
the 91 columns of `core` (`bench/_talib_pandas.py`), LightGBM with our parameters, the same training windows and blocks.
It neither calibrates nor validates, exports, or scores anything. LightGBM has as many threads as there are cores, its
default, and in a second run one, since rows this few can be quicker so; ours is held against the quicker run.

Ours: three datasets, and 14 folds and a final fit for each, through one queue on all cores; with calibration,
baselines, ONNX, parity and scores with intervals. A first, unmeasured run of ours compiles; the start of the processes
(seconds, most of them LightGBM's import) is measured, and so is the same work on threads, which need none.
`python -m bench` makes idle OpenMP threads sleep (OMP_WAIT_POLICY), which on a busy machine saves the peer several
times its time.
"""

import os
import tempfile
import time
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd

from alphaplus.core.bars import BarFrame
from alphaplus.core.parallel import Backend
from alphaplus.datasets.assemble import make_dataset
from alphaplus.datasets.splits import WalkForward
from alphaplus.market.sources.simulated import simulate
from alphaplus.models.families.lightgbm import LightGBMParams, _settings
from alphaplus.models.plan import Plan
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import Going, train_all
from bench._talib_pandas import core

SYMBOLS = ("AAA", "BBB", "CCC")
BARS = 19_200  # a bit more than two years of hours, enough for all folds
FOLDS = 14
HORIZON = 24
LONGEST = 1_000  # bars before a window that its features need
SPLITS = WalkForward(180, 30, max_folds=FOLDS)
LABEL = {"label": "signal_direction", "horizon": HORIZON, "threshold": 0.0}


def main() -> list[dict[str, object]]:
    """Measure seconds of both."""
    series = [simulate("N0", bars=BARS, seed=seed, symbol=symbol) for seed, symbol in enumerate(SYMBOLS)]
    ours = {}
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        ours_of([one.rows(0, 4_000) for one in series[:1]], cache, cache / "warm", Backend.SEQUENTIAL)
        for backend in (Backend.PROCESSES, Backend.THREADS):
            begun = time.perf_counter()
            plans = ours_of(series, cache, cache / backend, backend)
            ours[backend] = time.perf_counter() - begun
    fits = sum(len(plan.folds) + 1 for plan in plans)
    peers = {}
    for threads in (os.cpu_count() or 1, 1):
        begun = time.perf_counter()
        features = sum(peer_of(one, plan, threads) for one, plan in zip(series, plans, strict=True))
        peers[threads] = time.perf_counter() - begun, features
    peer = min(seconds for seconds, _ in peers.values())
    return [
        *(
            {
                "name": f"{fits} fits one pair after another, features recomputed, {threads} threads a fit",
                "value": seconds,
                "unit": "s",
                "goal": "peer",
                "detail": f"of which features {features:.1f} s; {len(SYMBOLS)} symbols of {BARS:,} bars",
            }
            for threads, (seconds, features) in peers.items()
        ),
        *(
            {
                "name": f"{fits} fits through one queue, {backend}",
                "value": seconds,
                "unit": "s",
                "goal": "under the peer",
                "detail": f"{peer / seconds:.2f} times as fast as the quicker; with calibration, export, intervals",
            }
            for backend, seconds in ours.items()
        ),
    ]


def ours_of(series: list[BarFrame], cache: Path, folder: Path, backend: Backend) -> list[Plan]:
    """Features, labels and all fits; gives the plans."""
    trainings = []
    for bars in series:
        place = folder / bars.instrument.symbol
        dataset = make_dataset(bars, "core", **LABEL, cache_folder=cache, folder=place)
        plan = Plan.of(ModelSpec.of(dataset, family="lightgbm"), dataset, splits=SPLITS)
        trainings.append(Going(plan, bars.instrument.symbol, folder=place))
    outcomes: list[object] = []
    train_all(trainings, finished=lambda _, outcome: outcomes.append(outcome), backend=backend)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return [training.plan for training in trainings]


def peer_of(bars: BarFrame, plan: Plan, threads: int) -> float:
    """All retrainings of one pair and their predictions; gives the seconds that features took."""
    columns = ("open", "high", "low", "close", "volume")
    table = pd.DataFrame(
        {name: bars.column(name) for name in columns}, index=pd.to_datetime(bars.open_time, unit="ms", utc=True)
    )
    close = bars.column("close")
    up = np.full(len(close), np.nan)
    up[:-HORIZON] = close[HORIZON:] > close[:-HORIZON]
    times, spent = bars.close_time, 0.0
    for fold in (*plan.folds, plan.outer):
        first, last = plan.dataset.as_of[fold.train[0]], plan.dataset.as_of[fold.test[-1]]
        begin, end = np.searchsorted(times, [first, last + 1])
        window = slice(max(begin - LONGEST, 0), end)
        begun = time.perf_counter()
        values = pd.DataFrame(core(table.iloc[window]))
        values["up"], values["as_of"] = up[window], times[window]
        values = values.replace([np.inf, -np.inf], np.nan).dropna()
        spent += time.perf_counter() - begun
        known = values["as_of"] <= plan.dataset.as_of[fold.train[-1]]
        x = values.drop(columns=["up", "as_of"])
        settings = _settings(LightGBMParams(), plan.dataset.rows(fold.train), 0) | {"num_threads": threads}
        data = lightgbm.Dataset(
            x[known], label=values["up"][known], params={"max_bin": 63, "verbose": -1, "num_threads": threads}
        )
        booster = lightgbm.train(settings, data, num_boost_round=LightGBMParams().rounds)
        booster.predict(x[~known])
    return spent


if __name__ == "__main__":
    for line in main():
        print(line)
