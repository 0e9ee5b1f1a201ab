"""`manage.py models`: the registry."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus models`."""

    name = "models"
