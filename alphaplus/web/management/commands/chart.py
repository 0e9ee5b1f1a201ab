"""`manage.py chart`: a chart of stored bars as a PNG file."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus chart`."""

    name = "chart"
