"""Table `slot`: what a model is for."""

from django.db import models


class Slot(models.Model):
    """What versions compete for; `symbol` may be a universe, its symbols joined by "+"; `horizon` counts bars."""

    name = models.CharField(max_length=64)
    symbol = models.CharField(max_length=255)
    timeframe = models.CharField(max_length=4)
    regime = models.CharField(max_length=32, default="all")
    target = models.CharField(max_length=64)
    horizon = models.PositiveIntegerField()

    class Meta:
        """One row for each slot."""

        db_table = "slot"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("name", "symbol", "timeframe", "regime", "target", "horizon"), name="slot_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}/{self.symbol}/{self.timeframe}/{self.regime}/{self.target}/{self.horizon}"
