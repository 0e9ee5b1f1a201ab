"""The two profiles: what each adds to the base."""

from typing import Any

from alphaplus.core.config import Settings
from alphaplus.web.settings.base import django_settings

HSTS_SECONDS = 365 * 24 * 3600


def embedded(settings: Settings) -> dict[str, Any]:
    """One machine: plain HTTP, and whoever is on this machine may read without signing in."""
    return {**django_settings(settings), "OPEN_READING": True}


def production(settings: Settings) -> dict[str, Any]:
    """Behind a proxy that ends TLS: every page needs signing in, cookies travel encrypted only."""
    return {
        **django_settings(settings),
        "OPEN_READING": False,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "SECURE_SSL_REDIRECT": True,
        "SECURE_REDIRECT_EXEMPT": [r"^api/ml/health$"],  # probes come from inside, without TLS
        "SECURE_HSTS_SECONDS": HSTS_SECONDS,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_HSTS_PRELOAD": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
    }
