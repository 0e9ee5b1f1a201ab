"""`manage.py serve`: the dashboard, the API and the admin."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus serve`."""

    name = "serve"
