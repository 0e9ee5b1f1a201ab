"""`/ml/stream`: the live events of one series as server-sent events."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.market.symbols import check_symbol
from alphaplus.web.api.errors import status_of
from alphaplus.web.problems import problem
from alphaplus.web.queries.feeds import topic
from alphaplus.web.stream.hub import Hub
from alphaplus.web.whole import whole_number

CONTENT_TYPE = "text/event-stream"

hub = Hub()


async def stream(request: HttpRequest) -> HttpResponseBase:
    """Stream `bar`, `decision`, `feed` and `ping` events; `Last-Event-ID` brings those that were missed."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    try:
        name = _topic(request)
    except ConfigError as error:
        kind, status = type(error).__name__, status_of(error)
        return problem(request, status=status, title=kind, detail=error.message, hint=error.hint, kind=kind)
    response = _answer(request, name)
    response["Cache-Control"] = "no-cache, no-transform"
    response["Content-Encoding"] = "identity"  # whatever compresses must leave this alone: it would hold events back
    response["X-Accel-Buffering"] = "no"
    return response


def _answer(request: HttpRequest, name: str) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse(content_type=CONTENT_TYPE)
    return StreamingHttpResponse(hub.stream(name, _last_id(request)), content_type=CONTENT_TYPE)


def _topic(request: HttpRequest) -> str:
    """The topic that is asked for; raises UnknownName for a timeframe, ConfigError for what is no symbol."""
    timeframe = Timeframe.parse(request.GET.get("timeframe", "")).value
    return topic(check_symbol(request.GET.get("symbol", "")), timeframe)


def _last_id(request: HttpRequest) -> int | None:
    return whole_number(request.headers.get("Last-Event-ID", ""))
