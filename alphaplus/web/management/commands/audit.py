"""`manage.py audit`: the audit trail."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus audit`."""

    name = "audit"
