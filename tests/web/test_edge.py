"""The edge of the API: HEAD is answered like GET, and whoever refuses, a program gets problem details."""

import pytest

READS = (
    "/api/ml/models/",
    "/api/ml/models/1",
    "/api/ml/predictions/",
    "/api/ml/health",
    "/api/market/series",
    "/api/market/chart?symbol=BTCUSDT",
    "/api/backtests/",
    "/api/docs",
    "/ml/",
    "/ml/stream?symbol=BTCUSDT&timeframe=1h",
)


def refusal(answer, status):
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["request_id"] == answer["X-Request-ID"]
    assert answer["Content-Security-Policy"]
    assert int(answer["Content-Length"]) == len(answer.content)
    return problem


@pytest.mark.parametrize("path", ["/api/nothing", "/api/", "/api/ml/models/1/2", "/api/backtests/x/y"])
def test_an_unknown_address_is_a_problem(client, filled, path):
    assert refusal(client.get(path), 404)["instance"] == path


def test_a_method_that_is_not_taken_names_those_that_are(admin, filled):
    for answer in (admin.post("/api/ml/models/"), admin.options("/api/ml/models/")):
        refusal(answer, 405)
        assert answer["Allow"] == "GET, HEAD"


def test_a_foreign_host_name_is_a_problem(client, filled):
    refusal(client.get("/api/ml/models/", headers={"host": "evil.example"}), 400)
    page = client.get("/ml/", headers={"host": "evil.example"})
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")


def test_pages_keep_their_own_refusals(client, filled):
    assert "Nothing is here" in client.get("/nothing").content.decode()


@pytest.mark.parametrize("path", READS)
def test_head_is_answered_like_get(client, filled, path):
    answer = client.head(path)
    assert answer.status_code == 200
    assert answer.content == b""
    if "stream" not in path:  # which has no end
        assert answer["Content-Type"] == client.get(path)["Content-Type"]


def test_head_of_what_is_not_there_is_not_found(client, filled):
    assert client.head("/api/ml/models/99").status_code == 404
    assert client.head("/api/nothing").status_code == 404


def test_a_link_is_not_used_up_by_looking_at_its_head(client, db):
    from alphaplus.core.clock import SystemClock
    from alphaplus.web.signin import sign_in_link

    link = sign_in_link("", clock=SystemClock())
    assert client.head(link).status_code == 405
    assert client.get(link).headers["Location"] == "/ml/"
