"""Regimes as filters: the bars that models of one kind of market learn from, and which kind a bar belongs to.

The names are the words of three regime columns: trending, sideways, volatile and consolidation of `regime`; bull and
bear of `market_regime` (its sideways market is what `regime` calls by that word); low_volatility, medium_volatility and
high_volatility of `volatility_regime`. "all" is every bar.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.enums import Bias, Trend, Volatility
from alphaplus.core.errors import UnknownName
from alphaplus.features.contract import features

ALL = "all"
_COLUMNS = {
    **{trend.value: ("regime", trend.value) for trend in Trend},
    **{bias.value: ("market_regime", bias.value) for bias in (Bias.BULL, Bias.BEAR)},
    **{f"{level.value}_volatility": ("volatility_regime", level.value) for level in Volatility},
}


def regimes() -> list[str]:
    """Names of all regimes that a model may be for, "all" first."""
    return [ALL, *_COLUMNS]


def check_regime(name: str) -> str:
    """The name in lower case; raises UnknownName."""
    lower = name.lower()
    if lower not in regimes():
        raise UnknownName(name, kind="regime", known=regimes())
    return lower


def regime_columns() -> tuple[str, ...]:
    """The feature columns that tell regimes apart."""
    return tuple(dict.fromkeys(column for column, _ in _COLUMNS.values()))


def regime_column(name: str) -> tuple[str, float]:
    """The feature column that tells whether a bar is in a regime, and the value it then has; raises UnknownName."""
    if name not in _COLUMNS:
        raise UnknownName(name, kind="regime with a column", known=_COLUMNS)
    column, word = _COLUMNS[name]
    codes = {text: code for code, text in features.get(column).words[column].items()}
    return column, float(codes[word])


def in_regime(name: str, bars: BarFrame, *, cache_folder: Path | None = None) -> NDArray[np.bool_]:
    """Whether each bar (n,), as known at its close, is in a regime; none is before its column has a value."""
    if check_regime(name) == ALL:
        return np.ones(len(bars), dtype=np.bool_)
    from alphaplus.features.compute import compute_features  # the compiler is not loaded for the names alone

    column, code = regime_column(name.lower())
    values = compute_features(bars, [column], cache_folder=cache_folder).values[:, 0]
    return np.asarray(values == code)
