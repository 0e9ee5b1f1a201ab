"""`/api/market/`: series, bars, the chart in one answer, and decisions."""

from typing import Any

from django.http import HttpRequest
from django.views.decorators.gzip import gzip_page
from ninja import Router, Status
from ninja.decorators import decorate_view

from alphaplus.web import queries
from alphaplus.web.api.parameters import ChartLimit, Kinds, Limit, Number, Symbol
from alphaplus.web.api.schemas.common import Problem
from alphaplus.web.api.schemas.market import AllSeries, Bars, Chart, Compiling, Decision, Patterns

router = Router()

RETRY_MS = 2000  # between questions while patterns are being compiled


@router.get("/series", response=AllSeries, summary="Stored series")
def series(request: HttpRequest) -> dict[str, Any]:
    """Every stored series with its range and gaps."""
    return {"series": queries.series()}


@router.get("/bars", response={200: Bars, 404: Problem, 422: Problem}, summary="Closed bars")
@decorate_view(gzip_page)
def bars(
    request: HttpRequest, symbol: Symbol, timeframe: str = "1h", limit: Limit = 500, before: Number | None = None
) -> dict[str, Any]:
    """The newest bars before `before`, oldest first."""
    return queries.bars(symbol, timeframe, limit, before)


@router.get("/chart", response={200: Chart, 404: Problem, 422: Problem}, summary="Everything a chart draws")
@decorate_view(gzip_page)
def chart(
    request: HttpRequest, symbol: Symbol, timeframe: str = "1h", limit: ChartLimit = 2000, before: Number | None = None
) -> dict[str, Any]:
    """Bars, indicators, probabilities, signals and the decision, as columns."""
    return queries.chart(symbol, timeframe, limit, before)


@router.get(
    "/patterns",
    response={200: Patterns, 202: Compiling, 404: Problem, 422: Problem},
    summary="Patterns found on the bars of a chart",
)
@decorate_view(gzip_page)
def patterns(
    request: HttpRequest,
    symbol: Symbol,
    *,
    timeframe: str = "1h",
    limit: ChartLimit = 2000,
    before: Number | None = None,
    kinds: Kinds = "",
) -> Status[dict[str, Any]]:
    """Zones, structure, figures, candlesticks, volume patterns and entry points, as columns.

    They are those that became known on the newest bars before `before`, each followed to the newest bar. 202 says that
    the code is still being compiled, which happens once.
    """
    found = queries.patterns(symbol, timeframe, limit, before, tuple(filter(None, kinds.split(","))))
    return Status(202, {"retry_ms": RETRY_MS}) if found is None else Status(200, found)


@router.get("/decision", response={200: Decision, 404: Problem, 422: Problem}, summary="A decision as it was taken")
def decision(request: HttpRequest, symbol: Symbol, timeframe: str, as_of: Number) -> dict[str, Any]:
    """The stored decision of one bar close, never recomputed."""
    return queries.decision(symbol, timeframe, as_of)
