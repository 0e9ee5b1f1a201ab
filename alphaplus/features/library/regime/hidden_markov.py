"""The regime by a hidden Markov model whose numbers were fitted elsewhere, filtered forward only."""

from collections.abc import Mapping
from functools import partial
from itertools import permutations
from math import ceil, log, sqrt

from alphaplus.core.catalog import Catalog
from alphaplus.core.errors import ConfigError
from alphaplus.features.contract import FeatureSpec, feature, features
from alphaplus.features.library.regime.gaussian import likelihoods, log_density
from alphaplus.features.library.regime.most_probable import declare_state, most_probable
from alphaplus.features.library.regime.simulated import HIDDEN_MARKOV, check_params

LOW, MEDIUM, HIGH = range(3)  # slots
FORGOTTEN = 1e-7  # of a probability


def forgetting(
    low_low, low_medium, low_high, medium_low, medium_medium, medium_high, high_low, high_medium, high_high
) -> int:  # fmt: skip
    """Bars after which the filter cannot show where it began, whatever it observed.

    From their second bar on two filters are within -2 log r of each other by Hilbert's projective distance, and every
    bar brings them closer by the factor (1 - r) / (1 + r), where r is the root of the least ratio
    p(i,k) p(j,l) / (p(j,k) p(i,l)) of the transition probabilities. Raises ConfigError where one of these is 0.

    Reference: Birkhoff, Extensions of Jentzsch's Theorem (1957); Atar & Zeitouni, Exponential Stability for Nonlinear
    Filtering (1997).
    """
    rows = (low_low, low_medium, low_high), (medium_low, medium_medium, medium_high), (high_low, high_medium, high_high)
    if min(min(row) for row in rows) <= 0.0:
        raise ConfigError("a regime that cannot follow another is never forgotten", hint="raise the transition above 0")
    least = min(a[k] * c[m] / (c[k] * a[m]) for a, c in permutations(rows, 2) for k, m in permutations(range(3), 2))
    if least >= 1.0:
        return 1
    ratio = sqrt(least)
    return 1 + ceil(log(FORGOTTEN / (-2.0 * log(ratio))) / log((1.0 - ratio) / (1.0 + ratio)))


_declared = partial(
    feature,
    inputs=("{x}", "{y}"),
    outputs=("{name}_low", "{name}_medium", "{name}_high"),
    state=3,
    memory=forgetting,
    unit="probability in [0, 1]",
)


@_declared(variants=({"name": "regime_hmm", "x": "return_to_volatility", "y": "log_range_ratio", **HIDDEN_MARKOV},))
def regime_hmm(
    s, b, n, x, y,
    low_x, low_y, low_x_scale, low_y_scale, low_height,
    medium_x, medium_y, medium_x_scale, medium_y_scale, medium_height,
    high_x, high_y, high_x_scale, high_y_scale, high_height,
    low_low, low_medium, low_high, medium_low, medium_medium, medium_high, high_low, high_medium, high_high,
):  # fmt: skip
    """Probabilities of low, medium and high volatility given all observations so far.

    A hidden Markov model of three states, each with a normal law of two uncorrelated observations, ordered by the mean
    of the second; filtered forward, so a later bar never changes them, from equal probabilities on. The numbers are
    parameters. Those of `regime_hmm` were fitted on a SIMULATED market (N0), for real bars would have told them the
    future of every backtest: fit your own on training bars, see how-to/regimes.

    Reference: Hamilton, A New Approach to the Economic Analysis of Nonstationary Time Series (1989).
    """
    low = medium = high = 1.0
    if n > 0:
        was_low, was_medium, was_high = s[b + LOW], s[b + MEDIUM], s[b + HIGH]
        low = was_low * low_low + was_medium * medium_low + was_high * high_low
        medium = was_low * low_medium + was_medium * medium_medium + was_high * high_medium
        high = was_low * low_high + was_medium * medium_high + was_high * high_high
    of_low, of_medium, of_high = likelihoods(
        log_density(x, y, low_x, low_y, low_x_scale, low_y_scale, low_height),
        log_density(x, y, medium_x, medium_y, medium_x_scale, medium_y_scale, medium_height),
        log_density(x, y, high_x, high_y, high_x_scale, high_y_scale, high_height),
    )
    low, medium, high = low * of_low, medium * of_medium, high * of_high
    one = 1.0 / (low + medium + high)
    low, medium, high = low * one, medium * one, high * one
    s[b + LOW], s[b + MEDIUM], s[b + HIGH] = low, medium, high
    return low, medium, high


def register_hidden_markov(
    name: str,
    params: Mapping[str, float],
    *,
    inputs: tuple[str, str] = ("return_to_volatility", "log_range_ratio"),
    catalog: Catalog[FeatureSpec] = features,
) -> None:
    """Add the columns `name`_low, `name`_medium, `name`_high and `name` of a fitted hidden Markov model to the catalog.

    `params` are those of `fit_hidden_markov`, `inputs` the columns that it was fitted on, in that order. Raises
    ConfigError where a name is taken or the params are not such a model's.
    """
    check_params(name, params, HIDDEN_MARKOV)
    x, y = inputs
    _declared(variants=({"name": name, "x": x, "y": y, **params},), catalog=catalog)(regime_hmm)
    declare_state(variants=({"name": name},), catalog=catalog)(most_probable)
