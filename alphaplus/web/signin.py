"""One-time sign-in links: how the person at the machine becomes the admin without choosing a password first."""

import hashlib
import secrets

from django.contrib.auth import get_user_model, login
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from alphaplus.core.clock import Clock, SystemClock
from alphaplus.web.models import SignInLink

ADMIN_NAME = "admin"
TOKEN_BYTES = 32
VALID_MS = 15 * 60 * 1000


def sign_in_link(base_url: str, *, clock: Clock) -> str | None:
    """A fresh link for the admin, or None once an admin has a password and no longer needs one.

    The admin is made at the first call. Links issued before stop working.
    """
    users = get_user_model().objects
    admins = list(users.filter(is_superuser=True, is_active=True).order_by("pk"))
    if any(admin.has_usable_password() for admin in admins):
        return None
    with transaction.atomic():
        admin = admins[0] if admins else users.create_superuser(ADMIN_NAME)
        now, token = clock.now(), secrets.token_urlsafe(TOKEN_BYTES)
        SignInLink.objects.filter(user=admin, used_at=None, expires_at__gt=now).update(expires_at=now)
        SignInLink.objects.create(user=admin, token_hash=_hash(token), created_at=now, expires_at=now + VALID_MS)
    return base_url.rstrip("/") + reverse("signin", args=[token])


def redeem(token: str, *, clock: Clock) -> User | None:
    """The user of a link, once; None when it is unknown, used or too old."""
    now = clock.now()
    links = SignInLink.objects.filter(token_hash=_hash(token))
    # One UPDATE decides between two requests at the same instant: only one of them finds the link unused.
    if not links.filter(used_at=None, expires_at__gt=now, user__is_active=True).update(used_at=now):
        return None
    return links.select_related("user").get().user


@never_cache
@require_GET
def use_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign the holder of a link in, or say why not."""
    user = redeem(token, clock=SystemClock())
    if user is None:
        return render(request, "alphaplus/link_refused.html", status=403)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect("/ml/")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()  # 256 random bits need no slow hash
