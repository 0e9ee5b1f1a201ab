"""A short id for every request, in its answer and in our log, by which a person can report a failure."""

import secrets
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

HEADER = "X-Request-ID"
ATTRIBUTE = "alphaplus_request_id"


def request_id(request: HttpRequest) -> str:
    """The id of a request, "" outside of the middleware."""
    return getattr(request, ATTRIBUTE, "")


@sync_and_async_middleware
def give_request_id(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: name the request and repeat the name in the answer."""
    if iscoroutinefunction(get_response):
        answer: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def later(request: HttpRequest) -> HttpResponseBase:
            setattr(request, ATTRIBUTE, secrets.token_hex(8))
            response = await answer(request)
            response[HEADER] = request_id(request)
            return response

        return later

    def now(request: HttpRequest) -> HttpResponseBase:
        setattr(request, ATTRIBUTE, secrets.token_hex(8))
        response: HttpResponseBase = get_response(request)
        response[HEADER] = request_id(request)
        return response

    return now
