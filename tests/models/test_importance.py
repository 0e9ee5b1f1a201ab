"""Permutation importance: what helps is found, what does not is near nothing, on rows that the model did not see."""

from dataclasses import replace

import numpy as np
import pytest

from alphaplus.models.importance import VALIDATION, PermutationImportance


@pytest.mark.parametrize("family", ["logistic", "lightgbm"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_column_with_the_signal_is_found(dataset_of, family, task):
    found = PermutationImportance(family, seed=3)(dataset_of(task, rows=2_000))
    assert max(found, key=found.get) == "column_0"
    others = [abs(value) for name, value in found.items() if name != "column_0"]
    assert found["column_0"] > 5 * max(others)


def test_the_same_seed_gives_the_same_numbers(dataset_of):
    dataset = dataset_of("binary")
    assert PermutationImportance("logistic", seed=3)(dataset) == PermutationImportance("logistic", seed=3)(dataset)
    assert PermutationImportance("logistic", seed=3)(dataset) != PermutationImportance("logistic", seed=4)(dataset)


def test_it_is_judged_on_later_rows_only(dataset_of):
    """A column that gives the answer away among the earlier rows alone is worth nothing among the later ones."""
    dataset = dataset_of("binary", rows=2_000)
    told = np.arange(2_000) < 2_000 * (1.0 - VALIDATION)
    x = dataset.X.copy()
    x[:, 4] = np.where(told, dataset.y, np.random.default_rng(5).choice([-1.0, 1.0], 2_000))
    found = PermutationImportance("logistic", seed=3)(replace(dataset, X=x))
    assert found["column_4"] <= 0.0


def test_it_is_the_loss_that_grows(dataset_of):
    """Worked out by hand for the prior, which reads no column: nothing grows."""
    assert set(PermutationImportance("prior")(dataset_of("binary")).values()) == {0.0}
