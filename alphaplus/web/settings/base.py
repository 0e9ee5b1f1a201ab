"""What both profiles share, as a function of the settings of AlphaPlus."""

from pathlib import Path
from typing import Any

from alphaplus.core.config import Settings
from alphaplus.web.settings.secret import secret_key

WEB = Path(__file__).resolve().parent.parent
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
SQLITE_TIMEOUT_SECONDS = 20
SESSION_SECONDS = 12 * 3600
BODY_LIMIT_BYTES = 1024 * 1024


def django_settings(settings: Settings) -> dict[str, Any]:
    """Every Django setting that does not depend on the profile."""
    return {
        "ALPHAPLUS": settings,
        "SECRET_KEY": secret_key(settings.home),
        "DEBUG": False,
        "ALLOWED_HOSTS": [*LOOPBACK_NAMES, *settings.web.hosts],
        "INSTALLED_APPS": _apps(),
        "MIDDLEWARE": _middleware(),
        "ROOT_URLCONF": "alphaplus.web.urls",
        "ASGI_APPLICATION": "alphaplus.web.asgi.application",
        "TEMPLATES": [_templates()],
        "DATABASES": {"default": _sqlite(settings.database)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "LANGUAGE_CODE": "en",
        "USE_I18N": False,
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
        ],
        "LOGIN_URL": "admin:login",
        "LOGIN_REDIRECT_URL": "/ml/",
        "SESSION_COOKIE_AGE": SESSION_SECONDS,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SAMESITE": "Lax",
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": BODY_LIMIT_BYTES,
        "LOGGING": _logging(),
        "UNFOLD": _unfold(),
        **_static(settings),
    }


def _apps() -> list[str]:
    return [
        "alphaplus.web",  # before unfold, else its templates win over ours
        "unfold",
        "unfold.contrib.filters",
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "ninja",  # so that the API page takes its scripts from here
    ]


def _middleware() -> list[str]:
    # No GZipMiddleware: it makes one gzip member per chunk of a stream, and browsers then show no event at all.
    return [
        "alphaplus.web.request_id.give_request_id",
        "alphaplus.web.headers.security_headers",
        "alphaplus.web.api.edge.api_edge",
        "django.middleware.security.SecurityMiddleware",
        "servestatic.middleware.ServeStaticMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "alphaplus.web.access.guard",
    ]


def _templates() -> dict[str, Any]:
    return {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [WEB / "dashboard/templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            # A deferred transaction that turns into a writer fails at once when another writes; an immediate one waits.
            "transaction_mode": "IMMEDIATE",
            "timeout": SQLITE_TIMEOUT_SECONDS,
            "init_command": "PRAGMA journal_mode=WAL",
        },
    }


def _static(settings: Settings) -> dict[str, Any]:
    return {
        "STATIC_URL": "/static/",
        "STATIC_ROOT": settings.home / "static",
        "STATICFILES_DIRS": [WEB / "dashboard/static"],
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "alphaplus.web.assets.HashedStaticFiles"},
        },
        "SERVESTATIC_USE_FINDERS": False,
        "SERVESTATIC_USE_MANIFEST": True,
        "SERVESTATIC_ALLOW_ALL_ORIGINS": False,
        "SERVESTATIC_KEEP_ONLY_HASHED_FILES": True,
    }


def _logging() -> dict[str, Any]:
    """Failures of pages as lines on stderr, as `core.log` writes ours; a wrong Host header is no failure of ours."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "alphaplus.core.log.KeyValueFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
            "django.security.DisallowedHost": {"level": "CRITICAL", "propagate": False},
        },
    }


def _unfold() -> dict[str, Any]:
    return {
        "SITE_TITLE": "AlphaPlus",
        "SITE_HEADER": "AlphaPlus",
        "SITE_SUBHEADER": "records and permissions",
        "SITE_SYMBOL": "candlestick_chart",
        "SITE_URL": "/ml/",
        "SHOW_HISTORY": True,
        "SHOW_VIEW_ON_SITE": True,
        "STYLES": ["alphaplus.web.admin.site.stylesheet"],
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "alphaplus.web.admin.site.icon"}],
        "SIDEBAR": {
            "show_search": True,
            "show_all_applications": False,
            "navigation": "alphaplus.web.admin.site.navigation",
        },
    }
