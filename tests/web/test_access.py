"""Who may do what: reading is open on the machine itself in the embedded profile, nothing else is."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver

from alphaplus.web.api.app import api

READABLE = ["/api/ml/models/", "/api/ml/predictions/", "/api/backtests/", "/api/market/series", "/api/openapi.json"]
CHANGING = ["/api/ml/models/", "/api/ml/predictions/", "/api/backtests/1", "/ml/", "/ml/stream"]
REMOTE = {"REMOTE_ADDR": "192.0.2.7"}
PROXIED = {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}


@pytest.mark.parametrize("path", READABLE)
def test_anyone_on_this_machine_may_read(client, filled, path):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("elsewhere", [REMOTE, PROXIED, {"REMOTE_ADDR": ""}])
@pytest.mark.parametrize("path", READABLE)
def test_others_may_not(client, filled, path, elsewhere):
    answer = client.get(path, **elsewhere)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", READABLE)
def test_in_production_nobody_reads_without_signing_in(client, filled, settings, path):
    settings.OPEN_READING = False
    assert client.get(path).status_code == 401


def test_signed_in_users_read_from_anywhere(admin, filled):
    assert {admin.get(path, **REMOTE).status_code for path in READABLE} == {200}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", CHANGING)
def test_a_change_needs_signing_in(client, db, path, method):
    assert getattr(client, method)(path).status_code == 401


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", CHANGING[:3])
def test_a_change_by_cookie_needs_the_csrf_token(db, django_user_model, path, method):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(django_user_model.objects.create_superuser("admin"))
    assert getattr(careful, method)(path).status_code in {403, 405}


def test_people_are_sent_to_the_sign_in_page(client, db):
    answer = client.get("/ml/models", **REMOTE)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=%2Fml%2Fmodels")


def test_the_admin_asks_everyone_to_sign_in(client, db):
    assert client.get("/admin/alphaplus/modelversion/")["Location"].startswith("/admin/login/")
    plain_user = client.get("/admin/login/")
    assert plain_user.status_code == 200


def test_liveness_says_only_that_we_live(client, db, settings):
    settings.OPEN_READING = False
    answer = client.get("/api/ml/health", **REMOTE)
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert client.post("/api/ml/health", **REMOTE).status_code == 401


def test_an_unknown_host_name_is_refused(client, db):
    assert client.get("/ml/", HTTP_HOST="evil.example").status_code == 400


def test_every_operation_of_the_api_asks_who_calls(client, filled):
    """Taken from the schema, so that a new route is tried without being named here."""
    paths = api.get_openapi_schema()["paths"]
    assert len(paths) >= 9
    answers = {}
    for path, operations in paths.items():
        address = re.sub(r"\{\w+\}", "1", path)
        for method, operation in operations.items():
            answers[method, path] = getattr(client, method)(address, **REMOTE).status_code
            assert bool(operation.get("security")) == (path != "/api/ml/health"), path
    assert {key: status for key, status in answers.items() if status != 401} == {("get", "/api/ml/health"): 200}


def test_every_address_is_known():
    """Pages and API only: a new root address must be thought about here and in web.access."""
    roots = {str(pattern.pattern) for pattern in get_resolver().url_patterns}
    assert roots == {"", "admin/", "api/", "signin/<str:token>", "ml/stream", "ml/"}
