"""`/api/ml/predictions/`: what versions said."""

from typing import Any

from django.http import HttpRequest
from django.views.decorators.gzip import gzip_page
from ninja import Router
from ninja.decorators import decorate_view

from alphaplus.web import queries
from alphaplus.web.api.parameters import Contributions, Limit, Number, Symbol
from alphaplus.web.api.schemas.predictions import Predictions

router = Router()


@router.get("/", response=Predictions, summary="Predictions")
@decorate_view(gzip_page)
def predictions(
    request: HttpRequest,
    limit: Limit = 100,
    before: Number | None = None,
    *,
    symbol: Symbol | None = None,
    timeframe: str | None = None,
    version: Number | None = None,
    contributions: Contributions = "top",
) -> dict[str, Any]:
    """Predictions that match, newest first, each with the contributions that moved it most."""
    return queries.predictions(
        limit,
        before,
        symbol=symbol,
        timeframe=timeframe,
        version=version,
        every_contribution=contributions == "all",
    )
