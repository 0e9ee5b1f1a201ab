"""Tuning: the untouched slice stays untouched, a kill costs nothing but time, and luck is not taken for skill."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from alphaplus.core.errors import ConfigError, StorageError
from alphaplus.datasets.select import Rules, Selection
from alphaplus.datasets.splits import PurgedKFold, WalkForward, holdout
from alphaplus.evaluation.overfit import expected_best
from alphaplus.models.fit import fit
from alphaplus.models.spec import ModelSpec
from alphaplus.models.study import JOURNAL, Tried, hopeless
from alphaplus.models.tune import BLOCKS, block_means, choose, tune

TRIALS = 9


def spec_of(dataset, family="logistic", **params):
    return ModelSpec.of(dataset, family=family, params=params, seed=3)


def history(tuning):
    return [(judged.spec.hash, judged.tried) for judged in tuning.trials]


@pytest.fixture(scope="module")
def dataset(dataset_of):
    return dataset_of(rows=900, strength=0.3, horizon=2)


@pytest.fixture(scope="module")
def tuning(dataset):
    return tune(spec_of(dataset), dataset, trials=TRIALS)


@pytest.fixture(scope="module")
def lucky(dataset_of):
    """Of 600 columns of noise the five that agree best with the answers of the first half of the rows."""
    dataset = dataset_of(rows=1400, columns=600, strength=0.0)
    noise = np.delete(dataset.X, 1, axis=1)
    looked_at = slice(0, 700)
    agreed = np.abs(np.corrcoef(noise[looked_at].T, dataset.y[looked_at])[-1, :-1])
    best = np.sort(np.argsort(agreed)[-5:])
    names = tuple(f"column_{place}" for place in best)
    until = int(dataset.span_end[looked_at].max())
    return replace(
        dataset,
        X=np.ascontiguousarray(noise[:, best]),
        columns=names,
        missing_share=np.zeros(5),
        selection=Selection(Rules(), names, {}, 700, until, {}),
    )


class TestObjective:
    def test_the_first_trial_is_the_spec_itself(self, dataset, tuning):
        assert tuning.trials[0].spec == spec_of(dataset)
        assert len({judged.spec.hash for judged in tuning.trials}) == TRIALS

    def test_the_value_is_the_mean_skill_of_purged_folds(self, dataset, tuning):
        """By scikit-learn's log loss, fold by fold."""
        from sklearn.metrics import log_loss

        development = dataset.rows(holdout(dataset).train)
        for judged in [tuning.trials[0], tuning.trials[tuning.best]]:
            skills = []
            for fold in PurgedKFold().split(development):
                train, test = development.rows(fold.train), development.rows(fold.test)
                p = fit(judged.spec, train).predict(test.X)[:, 1]
                share = (train.up.sum() + 1) / (len(train) + 2)
                base = log_loss(test.up, np.full(len(test), share))
                skills.append(1 - log_loss(test.up, p) / base)
            assert judged.tried.value == pytest.approx(np.mean(skills), abs=1e-9)
            assert judged.tried.running == pytest.approx(np.cumsum(skills) / np.arange(1, 6), abs=1e-9)

    def test_the_untouched_slice_changes_nothing(self, dataset, tuning):
        """Multiplied by 1000, and with every answer turned around."""
        untouched = holdout(dataset).test
        x, y, outcome = dataset.X.copy(), dataset.y.copy(), dataset.outcome.copy()
        x[untouched] *= 1000
        y[untouched] *= -1
        outcome[untouched] *= -1000
        other = replace(dataset, X=x, y=y, outcome=outcome)
        assert other.hash != dataset.hash
        again = tune(spec_of(other), other, trials=TRIALS)
        assert history(again) == history(tuning)
        assert again.trials[0].study == tuning.trials[0].study
        assert again.spec == tuning.spec

    def test_that_test_would_notice(self, dataset, tuning):
        """The last rows of the development part do change what is found."""
        x = dataset.X.copy()
        x[holdout(dataset).train[-50:]] *= 1000
        other = replace(dataset, X=x)
        assert history(tune(spec_of(other), other, trials=2)) != history(tuning)[:2]

    @pytest.mark.parametrize("task", ["multiclass", "regression"])
    def test_other_tasks_and_folds_are_tuned_alike(self, dataset_of, task):
        dataset = dataset_of(task, rows=900, strength=0.5)
        found = tune(spec_of(dataset), dataset, trials=3, folds=WalkForward(12, 3))
        assert len(found.trials[0].tried.running) == 6
        assert found.trials[0].tried.value > 0.02

    def test_blocks_are_means_in_order_of_time(self):
        gains = np.arange(35.0)
        gains[[3, 17]] = np.nan
        kept = gains[np.isfinite(gains)]
        blocks = block_means(gains)
        assert len(blocks) == BLOCKS
        assert blocks[0] == kept[:3].mean()
        assert blocks[-1] == kept[-2:].mean()


class TestSelection:
    """Columns chosen by their answers: what is tested are the rows after those."""

    def test_luck_of_the_selection_is_not_skill(self, lucky):
        judged = tune(spec_of(lucky), lucky, trials=1).trials[0]
        assert judged.first > lucky.selection.until
        assert judged.tried.value < 0.0
        forgotten = replace(lucky, selection=None)
        assert tune(spec_of(forgotten), forgotten, trials=1).trials[0].tried.value > 0.01

    def test_folds_that_test_what_was_looked_at_are_refused(self, lucky):
        with pytest.raises(ConfigError, match="the columns were chosen on answers"):
            tune(spec_of(lucky), lucky, trials=1, folds=PurgedKFold())
        after = WalkForward(30, 2)
        assert tune(spec_of(lucky), lucky, trials=1, folds=after).trials[0].first > lucky.selection.until


class TestChoice:
    @staticmethod
    def tried(mean, noise, seed=0):
        blocks = mean + noise * np.random.default_rng(seed).standard_normal(BLOCKS)
        return Tried({}, (float(np.mean(blocks)),), tuple(blocks), 0.1)

    def test_a_clear_gain_is_chosen(self):
        trials = [self.tried(0.0, 0.01), self.tried(0.1, 0.01, 1)]
        assert choose(trials, scale=1.0)[:2] == (1, True)

    def test_a_worse_trial_is_not(self):
        assert choose([self.tried(0.1, 0.0), self.tried(0.0, 0.0)], scale=1.0)[:2] == (0, False)

    def test_the_best_of_many_equal_ones_is_not(self):
        """The best of 41 draws of the same noise is above the first by a standard error in 78 %, by 2.2 in 18 %."""
        fooled = chosen = 0
        for seed in range(50):
            trials = [self.tried(0.0, 1.0, 1000 * seed + place) for place in range(41)]
            best, won, _ = choose(trials, scale=1.0)
            difference = np.subtract(trials[best].blocks, trials[0].blocks)
            fooled += difference.mean() > difference.std(ddof=1) / 4
            chosen += won
        assert 30 <= fooled <= 46  # 39, standard error 3
        assert chosen <= 16  # 9, standard error 3

    def test_the_noise_is_that_of_the_best_of_so_many(self):
        trials = [self.tried(0.0, 1.0, seed) for seed in range(21)]
        best, _, noise = choose(trials, scale=2.0)
        difference = np.subtract(trials[best].blocks, trials[0].blocks)
        assert noise == pytest.approx(difference.std(ddof=1) / 4 * expected_best(20, deviation=1.0) / 2.0)

    def test_pruned_trials_cannot_win(self):
        trials = [self.tried(0.0, 0.01), Tried({}, (9.0, 9.0))]
        assert choose(trials, scale=1.0)[0] == 0


class TestPruning:
    FINISHED = tuple(Tried({}, (0.0, level / 10, 0.0), (0.0,), 0.0) for level in range(5))

    @pytest.mark.parametrize(
        ("running", "finished", "expected"),
        [
            ((-1.0,), FINISHED, False),  # warm-up
            ((-1.0, -1.0), FINISHED[:4], False),  # too few to compare with
            ((0.9, 0.19), FINISHED, True),
            ((-9.0, 0.2), FINISHED, False),
        ],
    )
    def test_the_median_after_as_many_folds_decides(self, running, finished, expected):
        assert hopeless(running, finished) is expected

    def test_pruned_trials_saw_fewer_folds(self, dataset_of):
        dataset = dataset_of(rows=700, strength=0.5)
        found = tune(spec_of(dataset), dataset, trials=25)
        pruned = [judged.tried for judged in found.trials if judged.tried.pruned]
        assert len(pruned) == found.pruned > 0
        assert all(2 <= len(tried.running) < 5 and not tried.blocks for tried in pruned)


class TestBudget:
    def test_minutes_end_it_too(self, dataset):
        clock = count(step=30).__next__  # half a minute between looks
        found = tune(spec_of(dataset), dataset, minutes=4, clock=clock)
        assert 1 <= len(found.trials) < 4
        assert not found.interrupted

    def test_the_first_trial_is_always_finished(self, dataset):
        clock = count(step=3600).__next__
        assert len(tune(spec_of(dataset), dataset, minutes=1, clock=clock).trials) == 1

    def test_without_an_end_it_does_not_begin(self, dataset):
        with pytest.raises(ConfigError, match="an end"):
            tune(spec_of(dataset), dataset)
        with pytest.raises(ConfigError, match="positive"):
            tune(spec_of(dataset), dataset, trials=0)

    def test_an_interrupt_gives_the_best_so_far(self, dataset, tuning):
        def stop(judged):
            if len(seen) == 4:
                raise KeyboardInterrupt
            seen.append(judged)

        seen = []
        found = tune(spec_of(dataset), dataset, trials=TRIALS, judged=stop)
        assert found.interrupted
        assert history(found) == history(tuning)[:4]

    def test_an_interrupt_before_the_first_trial_is_one(self, dataset):
        def stop(judged):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            tune(spec_of(dataset), dataset, trials=2, judged=stop)


class TestSpace:
    def test_given_parameters_are_kept(self, dataset):
        found = tune(spec_of(dataset, l2=7.0), dataset, trials=3)
        assert all(judged.spec.params["l2"] == 7.0 for judged in found.trials)
        assert len({judged.spec.params.get("clip") for judged in found.trials}) == 3

    def test_nothing_to_tune_is_an_error(self, dataset):
        with pytest.raises(ConfigError, match="prior has nothing to tune"):
            tune(spec_of(dataset, "prior"), dataset, trials=2)
        with pytest.raises(ConfigError, match="every parameter of logistic that can be tuned is given"):
            tune(spec_of(dataset, l2=1.0, clip=2.0), dataset, trials=2)


KILLED = """
import importlib.util, os, signal, sys
from pathlib import Path
from alphaplus.models.spec import ModelSpec
from alphaplus.models.tune import tune

place = importlib.util.spec_from_file_location("made", sys.argv[1])
made = importlib.util.module_from_spec(place)
place.loader.exec_module(made)
dataset = made.make_dataset(rows=900, strength=0.3, horizon=2)
left = int(sys.argv[3])


def judged(trial):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


tune(ModelSpec.of(dataset, family="logistic", seed=3), dataset, trials=9, folder=Path(sys.argv[2]), judged=judged)
"""


class TestResuming:
    def test_a_killed_study_comes_to_the_same_trials(self, dataset, tuning, tmp_path):
        """Killed twice, each time after a trial was judged and before it was kept, then finished."""
        for survived in (4, 3):  # the second time those kept by the first are heard of again
            words = [sys.executable, "-c", KILLED, str(Path(__file__).with_name("conftest.py")), str(tmp_path)]
            done = subprocess.run([*words, str(survived + 3)], env=os.environ, check=False, capture_output=True)
            assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        heard = []
        found = tune(spec_of(dataset), dataset, trials=TRIALS, folder=tmp_path, judged=heard.append)
        assert history(found) == history(tuning)
        assert [judged.spec for judged in heard] == [judged.spec for judged in tuning.trials]

    def test_what_was_tried_is_not_tried_again(self, dataset, tuning, tmp_path):
        first = tune(spec_of(dataset), dataset, trials=5, folder=tmp_path)
        journal = tmp_path / first.trials[0].study / JOURNAL
        before = journal.read_bytes()
        assert history(tune(spec_of(dataset), dataset, trials=5, folder=tmp_path)) == history(first)
        assert journal.read_bytes() == before
        assert history(tune(spec_of(dataset), dataset, trials=TRIALS, folder=tmp_path)) == history(tuning)
        assert journal.read_bytes().startswith(before)

    def test_a_half_written_line_and_a_dead_lock_are_mended(self, dataset, tuning, tmp_path):
        first = tune(spec_of(dataset), dataset, trials=4, folder=tmp_path)
        journal = tmp_path / first.trials[0].study / JOURNAL
        content = journal.read_bytes()
        journal.write_bytes(content + content.splitlines()[-1][:40])
        journal.with_name(f"{JOURNAL}.lock").symlink_to(journal)
        found = tune(spec_of(dataset), dataset, trials=TRIALS, folder=tmp_path)
        assert history(found) == history(tuning)

    def test_a_broken_journal_is_said_to_be_one(self, dataset, tmp_path):
        first = tune(spec_of(dataset), dataset, trials=1, folder=tmp_path)
        journal = tmp_path / first.trials[0].study / JOURNAL
        journal.write_bytes(b"{]\n" + journal.read_bytes())
        with pytest.raises(StorageError, match="cannot be read"):
            tune(spec_of(dataset), dataset, trials=1, folder=tmp_path)

    def test_the_journal_is_json_and_each_trial_one_line(self, dataset, tmp_path):
        found = tune(spec_of(dataset), dataset, trials=3, folder=tmp_path)
        lines = (tmp_path / found.trials[0].study / JOURNAL).read_text().splitlines()
        assert [json.loads(line)["op_code"] for line in lines] == [0, 4, 4, 4]

    def test_other_rows_folds_space_or_seed_are_another_study(self, dataset):
        specs = [spec_of(dataset), spec_of(dataset, clip=3.0), replace(spec_of(dataset), seed=4)]
        keys = {tune(spec, dataset, trials=1).trials[0].study for spec in specs}
        keys.add(tune(specs[0], dataset, trials=1, folds=PurgedKFold(4)).trials[0].study)
        fewer = dataset.rows(slice(0, 800))
        keys.add(tune(spec_of(fewer), fewer, trials=1).trials[0].study)
        assert len(keys) == 5
