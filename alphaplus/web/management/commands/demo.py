"""`manage.py demo`: everything once, from candles to a promoted model or an honest refusal, then the dashboard."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus demo`."""

    name = "demo"
