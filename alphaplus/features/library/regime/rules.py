"""The regime by rules: trending, sideways, volatile or in consolidation."""

from alphaplus.core.enums import Trend, Volatility
from alphaplus.features.contract import feature
from alphaplus.features.library.regime.stay import AGE, present, settle

TRENDING, SIDEWAYS, VOLATILE, CONSOLIDATION = range(4)  # places in Trend
LOW, MEDIUM, HIGH = range(3)  # places in Volatility
NONE = -1.0


@feature(
    inputs=("adx_14", "volatility_percentile", "bollinger_width_percentile"),
    outputs=("regime", "bars_in_regime"),
    state=2,
    memory=400,
    words={"regime": {code: trend.value for code, trend in enumerate(Trend)}},
    unit=("code: trending 0, sideways 1, volatile 2, consolidation 3", "bars in [1, 100]"),
)
def regime(s, b, n, adx, volatility, width):
    """Regime by rules, and for how many bars it has lasted, this one included.

    Trending where the ADX is 25 or more, until it falls under 20; else volatile where realised volatility stands at
    or above .80 of its last month, until under .70; else in consolidation where the Bollinger width stands at or under
    .20; else sideways. Every regime lasts 6 bars at least: a change is taken on the first bar that asks for one once
    the present regime has lasted 6 bars. The bars are counted up to 100.

    What is kept by hysteresis or by the least stay depends on the past, for which there is no strict bound: an ADX that
    stayed between 20 and 25 for ever would never tell where it came from. Two regimes of one series started apart meet
    as soon as one regime has been entered by both; the declared memory is well above what that took on recorded bars.

    Reference: methodology of the project, regimes; Wilder (1978) for the ADX, Bollinger (2001) for the width.
    """
    held = present(s, b, NONE)
    if adx >= 25.0 or (held == TRENDING and adx >= 20.0):
        found = TRENDING
    elif volatility >= 0.8 or (held == VOLATILE and volatility >= 0.7):
        found = VOLATILE
    elif width <= 0.2:
        found = CONSOLIDATION
    else:
        found = SIDEWAYS
    return settle(s, b, found), s[b + AGE]


@feature(
    inputs=("volatility_percentile",),
    outputs=("volatility_regime",),
    state=2,
    memory=400,
    words={"volatility_regime": {code: word.value for code, word in enumerate(Volatility)}},
    unit="code: low 0, medium 1, high 2",
)
def volatility_regime(s, b, n, volatility):
    """Realised volatility compared with its own last month: low, medium or high.

    Low from the lower third of its last month on (percentile at or under .33) until over .40, high from the upper
    third on (.67) until under .60, else medium; each lasts 6 bars at least. As `regime` it has no strict memory.

    Reference: methodology of the project, regimes.
    """
    held = present(s, b, NONE)
    if volatility >= 0.67 or (held == HIGH and volatility >= 0.6):
        found = HIGH
    elif volatility <= 0.33 or (held == LOW and volatility <= 0.4):
        found = LOW
    else:
        found = MEDIUM
    return settle(s, b, found)
