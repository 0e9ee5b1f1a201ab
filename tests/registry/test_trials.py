"""Trials: all are counted, once; those judged on the same time say whether the best of them is luck."""

from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import DataError
from alphaplus.evaluation.overfit import pbo_of_blocks
from alphaplus.registry.trials import MemoryTrialLog, Trial, count_trials, overfitting, tried_first
from alphaplus.registry.versions import Slot

SLOT = Slot("technical_ml", "BTCUSDT", Timeframe.H1, "all", "signal_direction", 24)
HOUR = 3_600_000


def trial(name, *, study="s", blocks=(), slot=SLOT, first=0, last=1600 * HOUR, at=0):
    return Trial(
        slot=slot,
        study=study,
        spec_hash=name,
        family="logistic",
        params={},
        value=0.01,
        error=0.01,
        blocks=tuple(blocks),
        first=first,
        last=last,
        pruned=not blocks,
        dataset_hash="d" * 64,
        at=at,
    )


class Versions:
    """A model store as far as counting reads it."""

    def __init__(self, *specs):
        self._versions = [
            SimpleNamespace(spec=SimpleNamespace(hash=name), created_at=at, slot=SLOT) for name, at in specs
        ]

    def find(self, slot):
        return [version for version in self._versions if version.slot == slot]


def log_of(*trials):
    log = MemoryTrialLog()
    for one in trials:
        log.add(one)
    return log


def noise(count, *, seed=0, level=0.0):
    return level + np.random.default_rng(seed).standard_normal((count, 16))


class TestCounting:
    def test_n_is_the_number_of_different_specs_of_trials_and_versions(self):
        log = log_of(trial("a"), trial("b"), trial("b", study="other"), trial("z", slot=replace(SLOT, horizon=1)))
        store = Versions(("a", 1), ("c", 2), ("c", 3))  # c was refreshed
        assert count_trials(store, log, SLOT) == 3

    def test_a_spec_is_counted_once_a_study(self):
        log = MemoryTrialLog()
        assert log.add(trial("a"))
        assert not log.add(trial("a", at=9))
        assert [one.at for one in log.of_slot(SLOT)] == [0]

    def test_the_first_spec_of_a_slot_was_not_chosen_among_others(self):
        log = log_of(trial("b", at=5), trial("a", at=5))
        assert tried_first(Versions(), log, SLOT, "b")
        assert not tried_first(Versions(), log, SLOT, "a")
        assert not tried_first(Versions(("c", 1)), log, SLOT, "b")
        assert tried_first(Versions(("c", 1)), log, SLOT, "c")
        assert not tried_first(Versions(), MemoryTrialLog(), SLOT, "c")


class TestOverfitting:
    def test_all_trials_of_the_same_time_stand_beside_each_other(self):
        blocks = noise(12)
        trials = [trial(f"t{place}", blocks=own) for place, own in enumerate(blocks.tolist())]
        assert overfitting(trials, "t3") == pbo_of_blocks(blocks.T)

    def test_pruned_trials_and_other_times_are_left_out(self):
        blocks = noise(5).tolist()
        beside = [trial(f"t{place}", blocks=own) for place, own in enumerate(blocks[:3])]
        later = trial("t3", blocks=blocks[3], last=1700 * HOUR)
        assert overfitting([*beside, later, trial("t4")], "t0") == pbo_of_blocks(np.array(blocks[:3]).T)
        assert overfitting([*beside, later, trial("t4")], "t3") is None
        assert overfitting([*beside, later, trial("t4")], "t4") is None

    def test_ends_a_few_bars_apart_are_the_same_time(self):
        blocks = noise(2).tolist()
        pair = [trial("a", blocks=blocks[0]), trial("b", blocks=blocks[1], first=20 * HOUR, last=1580 * HOUR)]
        assert overfitting(pair, "a") is not None

    def test_a_spec_tried_twice_is_judged_where_it_had_most_rivals(self):
        blocks = noise(8).tolist()
        many = [trial(f"t{place}", blocks=own) for place, own in enumerate(blocks[:5])]
        few = [trial("t0", study="", blocks=blocks[5], first=800 * HOUR),
               trial("x", study="", blocks=blocks[6], first=800 * HOUR)]  # fmt: skip
        assert overfitting([*few, *many], "t0") == pbo_of_blocks(np.array(blocks[:5]).T)

    def test_an_unknown_spec_has_none(self):
        assert overfitting([], "a") is None


class TestProbability:
    def test_it_is_what_counting_by_hand_gives(self):
        blocks = noise(5, seed=4)[:, :6].T
        bad = []
        for chosen in combinations(range(6), 3):
            others = [row for row in range(6) if row not in chosen]
            best = max(range(5), key=lambda column: blocks[list(chosen), column].mean())
            outside = [blocks[others, column].mean() for column in range(5)]
            bad.append(sorted(outside).index(outside[best]) + 1 <= 3)  # of five the third is the median
        assert pbo_of_blocks(blocks) == pytest.approx(np.mean(bad))

    def test_noise_is_a_coin_and_a_real_edge_is_none(self):
        """Methodology 6: 0.50 over seeds for noise (single ones 0.33 to 0.76)."""
        coins = [pbo_of_blocks(noise(50, seed=seed).T) for seed in range(12)]
        assert 0.4 < np.mean(coins) < 0.6
        blocks = noise(50, seed=1)
        blocks[7] += 3.0
        assert pbo_of_blocks(blocks.T) < 0.01

    def test_one_trial_has_none(self):
        with pytest.raises(DataError, match="1 trials"):
            pbo_of_blocks(noise(1).T)
