"""Ways to split by the names that commands and notebooks use."""

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import UnknownName
from alphaplus.datasets.splits.fold import Splits
from alphaplus.datasets.splits.purged import CombinatorialPurged, PurgedKFold
from alphaplus.datasets.splits.walk_forward import WalkForward

SPLITS = ("walk_forward", "rolling", "kfold", "combinatorial")


def splits_named(name: str, timeframe: Timeframe) -> Splits:
    """The way to split of this name, with the usual lengths for bars of a timeframe; raises UnknownName.

    walk_forward trains on all of the past, rolling on as much of it as the first fold had; both are evidence for the
    gates. kfold tests each of five blocks once, combinatorial each of six five times, by the rest of the range: to
    choose among models.
    """
    known: dict[str, Splits] = {
        splits.name: splits
        for splits in (
            WalkForward.for_timeframe(timeframe),
            WalkForward.for_timeframe(timeframe, expanding=False),
            PurgedKFold(),
            CombinatorialPurged(),
        )
    }
    if name not in known:
        raise UnknownName(name, kind="way to split", known=SPLITS)
    return known[name]
