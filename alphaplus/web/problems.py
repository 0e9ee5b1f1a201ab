"""Errors as problem details (RFC 9457): one JSON shape, with the id of the request and never a trace."""

import json
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from alphaplus.web.plain import plain
from alphaplus.web.request_id import request_id

CONTENT_TYPE = "application/problem+json"


def problem(
    request: HttpRequest,
    *,
    status: int,
    title: str,
    detail: str = "",
    kind: str = "about:blank",
    hint: str = "",
    facts: Mapping[str, object] | None = None,
) -> HttpResponse:
    """An answer that says what went wrong, `hint` what to do about it, and `facts` what a program may use."""
    body: dict[str, object] = {"type": kind, "title": title, "status": status, "detail": detail}
    if hint:
        body["hint"] = hint
    body |= {"instance": request.path, "request_id": request_id(request)}
    if facts:
        body["context"] = plain(facts)
    return HttpResponse(json.dumps(body, default=str), status=status, content_type=CONTENT_TYPE)
