"""`manage.py patterns`: what the chart shows."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus patterns`."""

    name = "patterns"
