"""Table `signal`: what we would do at one bar close, with its size where one was planned."""

from django.db import models

from alphaplus.core.enums import Origin, Side
from alphaplus.web.models.run import FromRun
from alphaplus.web.models.vocabulary import check, one_of


class Signal(FromRun):
    """A signal and its plan: `position` is the fraction of equity to hold, `refused` why none was taken."""

    side = one_of(Side)
    strength = models.FloatField()
    confidence = models.FloatField()
    entry = models.FloatField()
    stop = models.FloatField(null=True, blank=True)
    target = models.FloatField(null=True, blank=True)
    position = models.FloatField(null=True, blank=True)
    refused = models.TextField(blank=True)
    contributions = models.JSONField(default=list)
    expires_at = models.BigIntegerField(null=True, blank=True)
    status = models.CharField(max_length=16, default="active")

    class Meta:
        """One for each run, symbol, timeframe and bar."""

        db_table = "signal"
        ordering = ("-id",)
        constraints = (
            check("signal", "origin", Origin),
            check("signal", "side", Side),
            models.UniqueConstraint(fields=("symbol", "timeframe", "as_of", "origin", "run_id"), name="signal_unique"),
        )

    def __str__(self) -> str:
        return f"{self.symbol} {self.timeframe} {self.as_of}: {self.side}"
