"""Security headers on every answer: what a page may load, and who may frame it.

Templates mark their inline import map with `nonce="{{ request.csp_nonce }}"`; no other inline script runs.
"""

import secrets
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

ADMIN = "/admin/"
CHART_STYLE = "'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='"
"""The one style element that lightweight-charts adds, for the attribution link that its licence asks for."""


@sync_and_async_middleware
def security_headers(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: give the request its nonce and the answer its policy; the outermost one, so that nothing escapes."""
    if iscoroutinefunction(get_response):
        answer: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def later(request: HttpRequest) -> HttpResponseBase:
            nonce = _give_nonce(request)
            return _with_headers(await answer(request), request, nonce)

        return later

    def now(request: HttpRequest) -> HttpResponseBase:
        nonce = _give_nonce(request)
        return _with_headers(get_response(request), request, nonce)

    return now


def _give_nonce(request: HttpRequest) -> str:
    nonce = secrets.token_urlsafe(16)
    setattr(request, "csp_nonce", nonce)  # noqa: B010 - an attribute that HttpRequest does not declare
    return nonce


def _with_headers(response: HttpResponseBase, request: HttpRequest, nonce: str) -> HttpResponseBase:
    response["Content-Security-Policy"] = policy(request.path, nonce)
    response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "same-origin"
    return response


def policy(path: str, nonce: str) -> str:
    """The content security policy of a path.

    The admin's own scripts (Alpine) evaluate expressions and its widgets carry style attributes, so it may do both;
    inline scripts run nowhere without the nonce.
    """
    if path.startswith(ADMIN):
        scripts, styles = f"'self' 'unsafe-eval' 'nonce-{nonce}'", "'self' 'unsafe-inline'"
    else:
        scripts, styles = f"'self' 'nonce-{nonce}'", f"'self' {CHART_STYLE}"
    parts = {
        "default-src": "'self'",
        "script-src": scripts,
        "style-src": styles,
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())
