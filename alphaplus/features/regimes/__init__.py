"""Regimes beside the bars: their words as records, and the fitting of those that need it."""

from alphaplus.features.regimes.hidden_markov import fit_hidden_markov
from alphaplus.features.regimes.mixture import RegimeFit, fit_mixture
from alphaplus.features.regimes.words import WORDS, regime_state, regime_states
