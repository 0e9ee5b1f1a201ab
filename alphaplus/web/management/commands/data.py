"""`manage.py data`: import, list and verify candles."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus data`."""

    name = "data"
