"""The same training on a Ray cluster of this machine gives the same artefacts."""

import logging
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from alphaplus.core.errors import SingleClass
from alphaplus.core.parallel import Backend
from alphaplus.datasets.splits import WalkForward
from alphaplus.models.plan import Plan
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import Going, train_all

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install alphaplus[cluster]")

SPLITS = WalkForward(train_days=20, test_days=5)
FAST = {"lightgbm": {"rounds": 15}}


def outcomes(plans, backend):
    """What came of every plan."""
    found = {}
    trainings = [Going(plan, f"training {place}") for place, plan in enumerate(plans)]
    train_all(trainings, finished=found.__setitem__, backend=backend, workers=2)
    return found


def test_a_cluster_trains_the_same_artefacts_and_leaves_nothing_behind(dataset_of):
    dataset = dataset_of(rows=800)
    one_sided = replace(dataset, y=np.ones(len(dataset)))
    plans = [
        Plan.of(ModelSpec.of(rows, family=family, params=FAST.get(family)), rows, splits=SPLITS)
        for rows, family in ((dataset, "lightgbm"), (dataset, "logistic"), (one_sided, "logistic"))
    ]
    factory = logging.getLogRecordFactory()
    here, there = outcomes(plans, Backend.SEQUENTIAL), outcomes(plans, Backend.RAY)
    for place in (0, 1):
        assert there[place].model.sha256 == here[place].model.sha256
        assert np.array_equal(there[place].oos.p, here[place].oos.p)
    assert isinstance(there[2], SingleClass)
    assert there[2].message == here[2].message
    assert logging.getLogRecordFactory() is factory

    import ray  # only now: whoever imports it first must not be left with Ray's own log records

    assert not ray.is_initialized()
    logging.setLogRecordFactory(factory)
