"""`manage.py replay`: replay stored bars through the live path."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus replay`."""

    name = "replay"
