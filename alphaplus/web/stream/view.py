"""`/ml/stream`: the live events of one series as server-sent events."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import UnknownName
from alphaplus.web.problems import problem
from alphaplus.web.queries.feeds import topic
from alphaplus.web.stream.hub import Hub

hub = Hub()


async def stream(request: HttpRequest) -> HttpResponseBase:
    """Stream `bar`, `decision`, `feed` and `ping` events; `Last-Event-ID` brings those that were missed."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    symbol, timeframe = request.GET.get("symbol", ""), request.GET.get("timeframe", "")
    try:
        name = topic(symbol, Timeframe.parse(timeframe).value)
    except UnknownName as error:
        return problem(request, status=404, title="UnknownName", detail=error.message, hint=error.hint)
    response = StreamingHttpResponse(hub.stream(name, _last_id(request)), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache, no-transform"
    response["Content-Encoding"] = "identity"  # whatever compresses must leave this alone: it would hold events back
    response["X-Accel-Buffering"] = "no"
    return response


def _last_id(request: HttpRequest) -> int | None:
    text = request.headers.get("Last-Event-ID", "")
    return int(text) if text.isdigit() else None
