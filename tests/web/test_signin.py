"""One-time sign-in links."""

import pytest
from django.contrib.auth.models import User

from alphaplus.core.clock import FixedClock
from alphaplus.web.models import SignInLink
from alphaplus.web.signin import VALID_MS, redeem, sign_in_link

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def clock(db):
    return FixedClock(1_000_000)


def token_of(link):
    assert link.startswith(f"{BASE}/signin/")
    return link.rpartition("/")[2]


def test_the_first_link_makes_an_admin_without_a_password(clock):
    sign_in_link(BASE, clock=clock)
    admin = User.objects.get()
    assert (admin.username, admin.is_superuser, admin.is_staff) == ("admin", True, True)
    assert not admin.has_usable_password()


def test_a_link_works_once(clock):
    token = token_of(sign_in_link(BASE, clock=clock))
    assert redeem(token, clock=clock) == User.objects.get()
    assert redeem(token, clock=clock) is None


def test_a_link_ends_after_a_quarter_of_an_hour(clock):
    token = token_of(sign_in_link(BASE, clock=clock))
    clock.at += VALID_MS
    assert redeem(token, clock=clock) is None


def test_a_newer_link_ends_the_older_one(clock):
    older, newer = (token_of(sign_in_link(BASE, clock=clock)) for _ in range(2))
    assert redeem(older, clock=clock) is None
    assert redeem(newer, clock=clock) is not None


def test_the_token_is_stored_nowhere(clock):
    token = token_of(sign_in_link(BASE, clock=clock))
    row = SignInLink.objects.values().get()
    assert token not in str(row)
    assert len(row["token_hash"]) == 64


def test_an_admin_with_a_password_needs_no_link(clock):
    User.objects.create_superuser("root", password="a password of some length")
    assert sign_in_link(BASE, clock=clock) is None


def test_following_the_link_signs_in(client, db):
    from alphaplus.core.clock import SystemClock

    token = token_of(sign_in_link(BASE, clock=SystemClock()))
    assert client.head(f"/signin/{token}").status_code == 405
    answer = client.get(f"/signin/{token}")
    assert (answer.status_code, answer["Location"]) == (302, "/ml/")
    assert client.get("/admin/").status_code == 200
    again = client.get(f"/signin/{token}")
    assert again.status_code == 403
    assert b"no longer works" in again.content


def test_a_made_up_token_is_refused(client, db):
    assert client.get("/signin/abc").status_code == 403
