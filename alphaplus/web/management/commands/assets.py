"""`manage.py assets`: the front-end files."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus assets`."""

    name = "assets"
