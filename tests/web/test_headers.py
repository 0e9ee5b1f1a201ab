"""Security headers, on every answer."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from alphaplus.web import dashboard
from alphaplus.web.headers import CHART_STYLE, policy

PATHS = [
    "/ml/about",
    "/nothing/here",
    "/api/ml/models/",
    "/api/ml/models/99",
    "/api/docs",
    "/admin/login/",
    "/signin/x",
]
LIBRARY = Path(dashboard.__file__).parent / "static/vendor/lightweight-charts.mjs"


@pytest.mark.parametrize("path", PATHS)
def test_headers_are_on_every_answer(client, db, path):
    answer = client.get(path)
    csp = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert csp["default-src"] == "'self'"
    assert csp["object-src"] == csp["frame-ancestors"] == "'none'"
    assert csp["base-uri"] == csp["form-action"] == "'self'"
    assert "unsafe-inline" not in csp["script-src"]
    assert re.search(r"'nonce-[\w-]{20,}'", csp["script-src"])
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert re.fullmatch(r"[0-9a-f]{16}", answer["X-Request-ID"])
    assert "Access-Control-Allow-Origin" not in answer


def test_only_the_admin_may_evaluate_and_style_inline():
    assert "unsafe" not in policy("/ml/chart/BTCUSDT/1h", "n")
    assert "unsafe" not in policy("/api/docs", "n")
    assert "'unsafe-eval'" in policy("/admin/", "n")


def test_a_nonce_is_used_once(client, db):
    first, second = (client.get("/ml/about")["Content-Security-Policy"] for _ in range(2))
    assert first != second


def test_an_error_of_ours_carries_headers_and_no_trace(client, db, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("alphaplus.web.queries.series", lambda: 1 / 0)
    answer = client.get("/ml/chart/BTCUSDT/1h")
    assert answer.status_code == 500
    assert b"ZeroDivisionError" not in answer.content
    assert "Content-Security-Policy" in answer


def test_the_allowed_style_is_the_one_that_the_chart_library_adds():
    if not LIBRARY.is_file():
        pytest.skip("the chart library was not fetched: `alphaplus assets build`")
    text = LIBRARY.read_text(encoding="utf-8")
    style = re.search(r'createElement\("style"\),this\.\w+\.innerText="([^"]+)"', text).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" == CHART_STYLE
