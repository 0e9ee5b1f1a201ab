"""`/api/ml/health`: the process answers. It touches neither database nor disk, and says nothing about the house."""

from django.http import HttpRequest
from ninja import Router

from alphaplus.web.api.schemas.common import Alive

router = Router(auth=None)


@router.get("", response=Alive, summary="Liveness")
def alive(request: HttpRequest) -> dict[str, str]:
    """Answer."""
    return {"status": "alive"}
