"""AlphaPlus: machine-learning trading signals whose scores are honest and whose features never look ahead.

The functions of `alphaplus.notebook` are offered here and loaded on first use, so that a bare import stays light.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alphaplus.notebook import (
        FeatureEngine,
        analyze_volume,
        backtest,
        bars,
        chart_images,
        compute_features,
        data_quality,
        detect_patterns,
        feature_sets,
        features,
        load_model,
        make_dataset,
        make_labels,
        open_dataset,
        pattern_scores,
        read_bars,
        repeat_dataset,
        resample,
        simulate,
        train,
    )

__version__ = "0.1.0"

__all__ = [
    "FeatureEngine",
    "analyze_volume",
    "backtest",
    "bars",
    "chart_images",
    "compute_features",
    "data_quality",
    "detect_patterns",
    "feature_sets",
    "features",
    "load_model",
    "make_dataset",
    "make_labels",
    "open_dataset",
    "pattern_scores",
    "read_bars",
    "repeat_dataset",
    "resample",
    "simulate",
    "train",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(importlib.import_module("alphaplus.notebook"), name)
    raise AttributeError(f"module 'alphaplus' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
