"""Errors as problem details (RFC 9457): one JSON shape, with the id of the request and never a trace."""

import json
import re
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from alphaplus.web.plain import Json, plain
from alphaplus.web.request_id import request_id

CONTENT_TYPE = "application/problem+json"
HOME = "ALPHAPLUS_HOME"
_PATH = re.compile(r"""(?<![\w.:/~-])(?:/(?:[^\s/'"]+/)+|[A-Za-z]:\\(?:[^\s\\'"]+\\)*)([^\s/\\'",;:)]*)""")


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
    body: dict[str, object] = {"type": kind, "title": title, "status": status, "detail": without_paths(detail)}
    if hint:
        body["hint"] = without_paths(hint)
    body |= {"instance": request.path, "request_id": request_id(request)}
    if facts:
        body["context"] = {name: _public(plain(value)) for name, value in facts.items()}
    return HttpResponse(json.dumps(body, default=str), status=status, content_type=CONTENT_TYPE)


def without_paths(text: str) -> str:
    """A message without the places of files on this machine: the home folder by its name, of others the last part.

    Whoever asks over HTTP has no use for them, and they tell the account and the layout of the machine.
    """
    text = text.replace(str(settings.ALPHAPLUS.home.resolve()), HOME)
    return _PATH.sub(lambda found: found[1] or "a folder", text)


def _public(value: Json) -> Json:
    if isinstance(value, str):
        return without_paths(value)
    if isinstance(value, list):
        return [_public(item) for item in value]
    if isinstance(value, dict):
        return {name: _public(item) for name, item in value.items()}
    return value
