"""Numbers of fitted regimes, fitted on a simulated market: real bars would have told them the future of a backtest.

Four thousand bars of market N0 with seed 1; `fit_mixture` and `fit_hidden_markov` give them again.
"""

from collections.abc import Mapping

from alphaplus.core.errors import ConfigError

MIXTURE = {
    "low_x": -0.0196782,
    "low_y": -0.380498,
    "low_x_scale": 1.54625,
    "low_y_scale": 8.45813,
    "low_height": -0.461114,
    "medium_x": -0.0262167,
    "medium_y": 0.0306769,
    "medium_x_scale": 0.412793,
    "medium_y_scale": 7.34322,
    "medium_height": -1.61563,
    "high_x": -0.194259,
    "high_y": 0.464392,
    "high_x_scale": 0.119642,
    "high_y_scale": 10.2805,
    "high_height": -3.41047,
}
HIDDEN_MARKOV = {
    "low_x": -0.0152743,
    "low_y": 0.0290122,
    "low_x_scale": 1.58778,
    "low_y_scale": 3.72843,
    "low_height": -0.255569,
    "medium_x": -0.0308741,
    "medium_y": 0.469932,
    "medium_x_scale": 0.459143,
    "medium_y_scale": 4.4711,
    "medium_height": -0.785109,
    "high_x": -0.176495,
    "high_y": 0.947318,
    "high_x_scale": 0.126092,
    "high_y_scale": 3.2426,
    "high_height": -1.59191,
    "low_low": 0.95,
    "low_medium": 0.0435036,
    "low_high": 0.00649643,
    "medium_low": 0.0423137,
    "medium_medium": 0.95,
    "medium_high": 0.00768626,
    "high_low": 0.004,
    "high_medium": 0.046,
    "high_high": 0.95,
}


def check_params(name: str, params: Mapping[str, float], like: Mapping[str, float]) -> None:
    """Raise ConfigError unless the params have the names that such a model has."""
    if set(params) != set(like):
        wrong = sorted(set(params) ^ set(like))
        message = f"the params of {name} do not fit: {wrong} are missing or unknown"
        raise ConfigError(message, hint="take them from a fit of such a model")
