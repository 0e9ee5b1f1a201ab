"""Table `backtest_run`: a finished backtest, its figures and the curves that its page draws."""

from django.db import models

from alphaplus.web.models.model_version import ModelVersion


class BacktestRun(models.Model):
    """A backtest; `summary` is its JSON form, long curves thinned for drawing, trades in their own table."""

    symbols = models.JSONField()
    timeframe = models.CharField(max_length=4)
    version = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="backtests")
    simulated = models.BooleanField(default=False)
    start = models.BigIntegerField(null=True, blank=True)
    end = models.BigIntegerField(null=True, blank=True)
    metrics = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    trade_count = models.PositiveIntegerField(default=0)
    created_at = models.BigIntegerField()

    class Meta:
        """Newest first."""

        db_table = "backtest_run"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"backtest {self.pk}: {', '.join(self.symbols)} {self.timeframe}"
