"""Metrics, comparisons, gates."""

from alphaplus.evaluation.evidence import Evidence
from alphaplus.evaluation.gating import judge, risk_score, verdict
