"""`/api/ml/predictions/`: what versions said."""

from typing import Any

from django.http import HttpRequest
from django.views.decorators.gzip import gzip_page
from ninja import Router
from ninja.decorators import decorate_view

from alphaplus.web import queries
from alphaplus.web.api.schemas.predictions import Predictions

router = Router()


@router.get("/", response=Predictions, summary="Predictions")
@decorate_view(gzip_page)
def predictions(
    request: HttpRequest,
    limit: int = 100,
    before: int | None = None,
    *,
    symbol: str | None = None,
    timeframe: str | None = None,
    version: int | None = None,
) -> dict[str, Any]:
    """Predictions that match, newest first."""
    return queries.predictions(limit, before, symbol=symbol, timeframe=timeframe, version=version)
