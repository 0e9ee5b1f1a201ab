"""`manage.py doctor`: check the installation and say what to do."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus doctor`."""

    name = "doctor"
