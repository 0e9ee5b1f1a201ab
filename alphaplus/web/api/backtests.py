"""`/api/backtests/`: finished backtests."""

from typing import Any

from django.http import HttpRequest
from django.views.decorators.gzip import gzip_page
from ninja import Router
from ninja.decorators import decorate_view

from alphaplus.web import queries
from alphaplus.web.api.parameters import Limit, Number
from alphaplus.web.api.schemas.backtests import BacktestDetail, Backtests
from alphaplus.web.api.schemas.common import Problem

router = Router()


@router.get("/", response=Backtests, summary="Backtests")
@decorate_view(gzip_page)
def backtests(request: HttpRequest, limit: Limit = 50, before: Number | None = None) -> dict[str, Any]:
    """Backtests in short, newest first."""
    return queries.backtests(limit, before)


@router.get("/{number}", response={200: BacktestDetail, 404: Problem}, summary="One backtest")
@decorate_view(gzip_page)
def backtest(request: HttpRequest, number: Number) -> dict[str, Any]:
    """A backtest with curves, baselines and trades."""
    return queries.backtest(number)
