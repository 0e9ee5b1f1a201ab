"""The state that fitted probabilities speak for, without flicker."""

from functools import partial

from alphaplus.core.enums import Volatility
from alphaplus.features.contract import feature
from alphaplus.features.library.regime.stay import present, settle

LOW, MEDIUM, HIGH = range(3)  # places in Volatility
NONE = -1.0
LEAD = 0.2  # by which another state must be more probable than the present one

declare_state = partial(
    feature,
    inputs=("{name}_low", "{name}_medium", "{name}_high"),
    outputs=("{name}",),
    state=2,
    memory=400,
    words={"{name}": {code: word.value for code, word in enumerate(Volatility)}},
    unit="code: low 0, medium 1, high 2",
)


@declare_state(variants=({"name": "regime_mixture"}, {"name": "regime_hmm"}))
def most_probable(s, b, n, low, medium, high):
    """The state of a fitted regime: low, medium or high volatility.

    The most probable one at first; another one once it is more probable by .2 and the present one has lasted 6 bars. As
    `regime` it has no strict memory.

    Reference: methodology of the project, regimes.
    """
    held = present(s, b, NONE)
    own = low if held == LOW else (medium if held == MEDIUM else (high if held == HIGH else -1.0))
    best, found = max(low, medium, high), held
    if best > own + LEAD:
        found = LOW if best == low else (MEDIUM if best == medium else HIGH)
    return settle(s, b, found)
