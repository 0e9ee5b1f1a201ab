"""What pages and API show, as plain dictionaries; times in ms UTC, `next` is the `before` of the following page."""

from alphaplus.web.queries.backtests import backtest, backtests
from alphaplus.web.queries.bars import bars
from alphaplus.web.queries.chart import chart
from alphaplus.web.queries.decisions import decision
from alphaplus.web.queries.models import model, models
from alphaplus.web.queries.overview import overview
from alphaplus.web.queries.patterns import patterns
from alphaplus.web.queries.predictions import predictions
from alphaplus.web.queries.series import series

__all__ = [
    "backtest",
    "backtests",
    "bars",
    "chart",
    "decision",
    "model",
    "models",
    "overview",
    "patterns",
    "predictions",
    "series",
]
