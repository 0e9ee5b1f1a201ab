"""`manage.py volume`: what volume says."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus volume`."""

    name = "volume"
