"""The step-function contract, the engine, and the library of features."""

from alphaplus.features.contract import feature
from alphaplus.features.listing import catalog
