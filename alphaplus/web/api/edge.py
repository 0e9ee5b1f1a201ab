"""The edge of the API: HEAD is answered like GET, and every refusal is a problem detail, whoever refused.

The routes' own errors are problem details already; this covers what never reaches a route: unknown addresses, methods
that an address does not take, host names that are not ours.
"""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from alphaplus.web.problems import CONTENT_TYPE, problem

API = "/api/"
FIRST_REFUSAL = 400
OF_THE_BODY = ("content-type", "content-length", "content-encoding")
SAID = {
    400: ("The request cannot be read", "check the address and the host name; `web.hosts` lists the names we go by"),
    403: ("Not allowed", "this needs another role"),
    404: ("Not found", "nothing has this address"),
    405: ("Method not allowed", "this address takes other methods; see the Allow header"),
    500: ("Internal error", "the fault is ours and has been logged"),
}


@sync_and_async_middleware
def api_edge(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: ask the routes with GET where HEAD was asked, and write their refusals as problem details."""
    if iscoroutinefunction(get_response):
        answer: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def later(request: HttpRequest) -> HttpResponseBase:
            asked = _enter(request)
            return _leave(request, await answer(request), asked)

        return later

    def now(request: HttpRequest) -> HttpResponseBase:
        asked = _enter(request)
        return _leave(request, get_response(request), asked)

    return now


def _enter(request: HttpRequest) -> str | None:
    """The method that was asked; the server leaves the body of an answer to HEAD out by itself."""
    asked = request.method
    if request.path.startswith(API) and asked == "HEAD":
        request.method = "GET"
    return asked


def _leave(request: HttpRequest, response: HttpResponseBase, asked: str | None) -> HttpResponseBase:
    request.method = asked
    if not request.path.startswith(API):
        return response
    allowed = [method for method in response.get("Allow", "").split(", ") if method]
    if "GET" in allowed and "HEAD" not in allowed:
        response["Allow"] = ", ".join([*allowed, "HEAD"])
    if response.status_code < FIRST_REFUSAL or response.get("Content-Type") == CONTENT_TYPE:
        return response
    title, detail = SAID.get(response.status_code, (response.reason_phrase, ""))
    said = problem(request, status=response.status_code, title=title, detail=detail)
    for name, value in response.items():
        if name.lower() not in OF_THE_BODY:
            said[name] = value
    said["Content-Length"] = str(len(said.content))
    said.cookies = response.cookies
    return said
