"""Three normal laws of two observations: their densities, and the most probable one without flicker."""

from math import exp

from alphaplus.features.state import compiled

LEAD = 0.2  # by which another state must be more probable than the present one to take its place


@compiled
def log_density(x, y, x_mean, y_mean, x_scale, y_scale, height):
    """Logarithm of the density of uncorrelated normals; a scale is 1 / (2 variance), `height` what does not vary."""
    x_away, y_away = x - x_mean, y - y_mean
    return height - x_scale * x_away * x_away - y_scale * y_away * y_away


@compiled
def likelihoods(low, medium, high):
    """Densities from their logarithms, over the largest of them."""
    top = max(low, medium, high)
    return exp(low - top), exp(medium - top), exp(high - top)


@compiled
def most_probable(s, slot, low, medium, high):
    """The state kept in the slot as 1, 2 or 3 (0: none yet), replaced once another is more probable by `LEAD`; from 0.

    One state alone can be the most probable by more than that, so wherever it was before, it is the same then.
    """
    held = s[slot]
    own = low if held == 1.0 else (medium if held == 2.0 else (high if held == 3.0 else -1.0))
    best = max(low, medium, high)
    if best > own + LEAD:
        s[slot] = 1.0 if best == low else (2.0 if best == medium else 3.0)
    return s[slot] - 1.0
