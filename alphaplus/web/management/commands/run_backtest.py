"""`manage.py run_backtest`: backtest the decisions of the live pipeline."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus run_backtest`."""

    name = "run_backtest"
