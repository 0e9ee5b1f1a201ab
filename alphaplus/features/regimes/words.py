"""The regime columns of a row as a record with words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Bias, Trend, Volatility
from alphaplus.core.errors import UnknownName
from alphaplus.core.records import RegimeState
from alphaplus.features.contract import features
from alphaplus.features.frame import FeatureFrame

WORDS = ("regime", "market_regime", "volatility_regime")  # the columns that are read, in the order of the record


def regime_state(row: NDArray[np.float64], columns: Sequence[str]) -> RegimeState | None:
    """The regime that a feature row (p,) tells, None where one of its three columns is not known.

    `columns` name the row's numbers and must hold regime, market_regime and volatility_regime; raises UnknownName.
    """
    missing = [name for name in WORDS if name not in columns]
    if missing:
        raise UnknownName(missing[0], kind="feature column", known=columns)
    codes = [float(row[columns.index(name)]) for name in WORDS]
    if any(np.isnan(codes)):
        return None
    trend, bias, volatility = (features.get(name).words[name][int(c)] for name, c in zip(WORDS, codes, strict=True))
    return RegimeState(Trend(trend), Bias(bias), Volatility(volatility))


def regime_states(frame: FeatureFrame) -> list[RegimeState | None]:
    """The regime at every row of a frame; as `regime_state`."""
    return [regime_state(row, frame.columns) for row in frame.values]
