"""`manage.py datasets`: what models learned from."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus datasets`."""

    name = "datasets"
