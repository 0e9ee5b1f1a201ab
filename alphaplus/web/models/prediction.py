"""Table `prediction`: what one version said about one bar close, and what became of it."""

from django.db import models

from alphaplus.core.enums import Origin, Role
from alphaplus.web.models.model_version import ModelVersion
from alphaplus.web.models.run import FromRun
from alphaplus.web.models.vocabulary import check, one_of


class Prediction(FromRun):
    """A prediction; unique for run, version, symbol, timeframe and bar, so that writing twice changes nothing."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="predictions")
    horizon = models.PositiveIntegerField()
    target = models.CharField(max_length=64)
    value = models.FloatField()
    probabilities = models.JSONField(default=list)
    confidence = models.FloatField()
    role = one_of(Role, default=Role.CHAMPION.value)
    latency_ms = models.FloatField(default=0.0)
    contributions = models.JSONField(default=list)
    actual_value = models.FloatField(null=True, blank=True)
    is_correct = models.BooleanField(null=True, blank=True)
    settled_at = models.BigIntegerField(null=True, blank=True)

    class Meta:
        """Found by symbol and time, newest first."""

        db_table = "prediction"
        ordering = ("-id",)
        constraints = (
            check("prediction", "origin", Origin),
            check("prediction", "role", Role),
            models.UniqueConstraint(
                fields=("symbol", "timeframe", "as_of", "version", "origin", "run_id"), name="prediction_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.symbol} {self.timeframe} {self.as_of}: {self.value:.3f}"
