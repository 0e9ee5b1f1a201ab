"""`manage.py evaluate_and_promote`: judge the newest candidate by the gates."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus evaluate_and_promote`."""

    name = "evaluate_and_promote"
