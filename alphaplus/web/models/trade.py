"""Table `trade`: round trips, of backtests and of paper trading."""

from django.db import models

from alphaplus.core.enums import Origin, Side
from alphaplus.web.models.backtest_run import BacktestRun
from alphaplus.web.models.vocabulary import check, one_of


class Trade(models.Model):
    """A round trip, net of costs; `return_pct` is relative to the equity at entry, in percent."""

    origin = one_of(Origin)
    run_id = models.CharField(max_length=64)
    backtest = models.ForeignKey(BacktestRun, null=True, blank=True, on_delete=models.CASCADE, related_name="trades")
    symbol = models.CharField(max_length=32)
    side = one_of(Side)
    opened_at = models.BigIntegerField()
    closed_at = models.BigIntegerField()
    entry = models.FloatField()
    exit = models.FloatField()
    quantity = models.FloatField()
    fees = models.FloatField()
    pnl = models.FloatField()
    return_pct = models.FloatField()
    bars = models.PositiveIntegerField()
    exit_reason = models.CharField(max_length=32)
    confidence = models.FloatField(default=0.0)
    probability = models.FloatField(null=True, blank=True)
    version = models.BigIntegerField(null=True, blank=True)

    class Meta:
        """A run opens one trade at a time in a symbol."""

        db_table = "trade"
        ordering = ("id",)
        constraints = (
            check("trade", "origin", Origin),
            check("trade", "side", Side),
            models.UniqueConstraint(fields=("origin", "run_id", "symbol", "opened_at", "side"), name="trade_unique"),
        )

    def __str__(self) -> str:
        return f"{self.side} {self.symbol} {self.opened_at}: {self.return_pct:+.2f} %"
