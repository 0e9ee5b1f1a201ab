"""Three normal laws of two observations: their densities."""

from math import exp

from alphaplus.features.state import compiled


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
