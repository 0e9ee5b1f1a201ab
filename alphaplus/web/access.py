"""Who may do what: on the machine itself everyone may read, everything else needs signing in."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.decorators import sync_and_async_middleware

from alphaplus.web.problems import problem

READS = ("GET", "HEAD", "OPTIONS")
FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP")
OPEN = ("/admin/", "/signin/")  # the admin asks for signing in by itself, and a link is how one signs in
ALIVE = "/api/ml/health"


@sync_and_async_middleware
def guard(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: let a request pass, or answer 401 to programs and the sign-in page to people."""
    if iscoroutinefunction(get_response):
        answer: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def later(request: HttpRequest) -> HttpResponseBase:
            if is_open(request) or (await request.auser()).is_authenticated:
                return await answer(request)
            return _refuse(request)

        return later

    def now(request: HttpRequest) -> HttpResponseBase:
        if is_open(request) or request.user.is_authenticated:
            passed: HttpResponseBase = get_response(request)
            return passed
        return _refuse(request)

    return now


def is_open(request: HttpRequest) -> bool:
    """Whether the request may pass without a user."""
    if request.path.startswith(OPEN) or (request.path == ALIVE and request.method in READS):
        return True
    return bool(settings.OPEN_READING) and request.method in READS and from_this_machine(request)


def from_this_machine(request: HttpRequest) -> bool:
    """Whether the other end is on the loopback address and no proxy stands between."""
    if any(header in request.META for header in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _refuse(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/") or request.path == "/ml/stream" or request.method not in READS:
        return problem(
            request, status=401, title="Sign in first", detail="this needs a signed-in user", kind="not-signed-in"
        )
    return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': request.get_full_path()})}")
