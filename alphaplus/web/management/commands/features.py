"""`manage.py features`: the catalog of features."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus features`."""

    name = "features"
