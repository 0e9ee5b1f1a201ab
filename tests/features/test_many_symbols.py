"""Many instruments side by side: the same values as one after another, and little memory each."""

import threading
import time

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.features.compute import compute_features, compute_many
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import feature_set

SYMBOLS = 60
MOST_BYTES = 64 * 1024


def test_sixty_symbols_on_threads_give_what_each_gives_alone(walk, compiled):
    frames = [walk(400, seed=seed, symbol=f"S{seed}") for seed in range(SYMBOLS)]
    together = compute_many(frames, "lean", workers=4, cache_folder=compiled)
    assert [frame.instrument.symbol for frame in together] == [f"S{seed}" for seed in range(SYMBOLS)]
    for bars, frame in zip(frames, together, strict=True):
        assert np.array_equal(
            frame.values, compute_features(bars, "lean", cache_folder=compiled).values, equal_nan=True
        )
    assert len({frame.values[-1].tobytes() for frame in together}) == SYMBOLS


def test_the_loop_lets_other_threads_run(walk, compiled):
    bars = walk(20_000)
    engine = FeatureEngine("core", bars.instrument, bars.timeframe, cache_folder=compiled)
    rows, ticks, done = bars.matrix(engine.inputs), 0, threading.Event()

    def work():
        try:
            for _ in range(30):
                engine.compute(rows, keep=False)
        finally:
            done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():  # would not be reached before the end if the loop held the interpreter
        ticks += 1
        time.sleep(0.001)
    thread.join()
    assert ticks > 10


@pytest.mark.parametrize("timeframe", [Timeframe.M1, Timeframe.M15, Timeframe.H1, Timeframe.D1])
@pytest.mark.parametrize("name", ["full", "volume"])
def test_the_state_of_a_symbol_fits_into_64_kb(name, timeframe):
    from alphaplus.features.plan import make_plan

    plan = make_plan(feature_set(name, timeframe).columns, timeframe=timeframe, max_gap=24)
    assert 8 * plan.size < MOST_BYTES
