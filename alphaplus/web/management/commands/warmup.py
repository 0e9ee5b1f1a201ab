"""`manage.py warmup`: compile the feature loops ahead of their first use."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus warmup`."""

    name = "warmup"
