"""`/api/ml/models/`: the registry."""

from typing import Any

from django.http import HttpRequest
from django.views.decorators.gzip import gzip_page
from ninja import Router
from ninja.decorators import decorate_view

from alphaplus.core.enums import Stage
from alphaplus.web import queries
from alphaplus.web.api.parameters import Limit, Number, Symbol
from alphaplus.web.api.schemas.common import Problem
from alphaplus.web.api.schemas.models import ModelDetail, Models

router = Router()


@router.get("/", response=Models, summary="Model versions")
@decorate_view(gzip_page)
def models(
    request: HttpRequest,
    limit: Limit = 100,
    before: Number | None = None,
    symbol: Symbol | None = None,
    stage: Stage | None = None,
) -> dict[str, Any]:
    """Versions, newest first."""
    return queries.models(limit, before, symbol=symbol, stage=None if stage is None else stage.value)


@router.get("/{key}", response={200: ModelDetail, 404: Problem}, summary="One version")
@decorate_view(gzip_page)
def model(request: HttpRequest, key: str) -> dict[str, Any]:
    """A version by number or label: figures, gates, evaluations and history."""
    return queries.model(key)
