"""`manage.py tune`: search better parameters on purged folds, every trial counted."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus tune`."""

    name = "tune"
