"""The regime by a Gaussian mixture whose numbers were fitted elsewhere."""

from collections.abc import Mapping
from functools import partial

from alphaplus.core.catalog import Catalog
from alphaplus.features.contract import FeatureSpec, feature, features
from alphaplus.features.library.regime.gaussian import likelihoods, log_density
from alphaplus.features.library.regime.most_probable import declare_state, most_probable
from alphaplus.features.library.regime.simulated import MIXTURE, check_params

_declared = partial(
    feature,
    inputs=("{x}", "{y}"),
    outputs=("{name}_low", "{name}_medium", "{name}_high"),
    unit="probability in [0, 1]",
)


@_declared(variants=({"name": "regime_mixture", "x": "return_to_volatility", "y": "log_volatility_ratio", **MIXTURE},))
def regime_mixture(
    s, b, n, x, y,
    low_x, low_y, low_x_scale, low_y_scale, low_height,
    medium_x, medium_y, medium_x_scale, medium_y_scale, medium_height,
    high_x, high_y, high_x_scale, high_y_scale, high_height,
):  # fmt: skip
    """Probabilities of low, medium and high volatility given two observations.

    A mixture of three normal laws, in each of which the observations are uncorrelated; the states are ordered by the
    mean of the second observation. The numbers are parameters. Those of `regime_mixture` were fitted on a SIMULATED
    market (N0), for real bars would have told them the future of every backtest: fit your own on training bars, see
    how-to/regimes.

    Reference: McLachlan & Peel, Finite Mixture Models (2000).
    """
    low, medium, high = likelihoods(
        log_density(x, y, low_x, low_y, low_x_scale, low_y_scale, low_height),
        log_density(x, y, medium_x, medium_y, medium_x_scale, medium_y_scale, medium_height),
        log_density(x, y, high_x, high_y, high_x_scale, high_y_scale, high_height),
    )
    one = 1.0 / (low + medium + high)
    return low * one, medium * one, high * one


def register_mixture(
    name: str,
    params: Mapping[str, float],
    *,
    inputs: tuple[str, str] = ("return_to_volatility", "log_volatility_ratio"),
    catalog: Catalog[FeatureSpec] = features,
) -> None:
    """Add the columns `name`_low, `name`_medium, `name`_high and `name` of a fitted mixture to the catalog.

    `params` are those of `fit_mixture`, `inputs` the columns that it was fitted on, in that order. Raises ConfigError
    where a name is taken or the params are not a mixture's.
    """
    check_params(name, params, MIXTURE)
    x, y = inputs
    _declared(variants=({"name": name, "x": x, "y": y, **params},), catalog=catalog)(regime_mixture)
    declare_state(variants=({"name": name},), catalog=catalog)(most_probable)
