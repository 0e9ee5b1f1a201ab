"""Who may call the API: what `web.access` lets read, else a signed-in user with a CSRF token."""

from django.http import HttpRequest

from alphaplus.web.access import is_open


def reader(request: HttpRequest) -> bool:
    """Let reading requests from this machine pass in the embedded profile."""
    return is_open(request)
