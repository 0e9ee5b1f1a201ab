"""Table `feed`: where the bars of a series come from now, and how far they have come."""

from django.db import models

RUNNING, PAUSED, FINISHED = "running", "paused", "finished"


class Feed(models.Model):
    """A replay or live feed. While a replay runs, its `as_of` is "now" for the series: later bars are not shown."""

    topic = models.CharField(max_length=64, primary_key=True)
    origin = models.CharField(max_length=16)
    state = models.CharField(max_length=16)
    as_of = models.BigIntegerField()
    speed = models.FloatField(null=True, blank=True)
    updated_at = models.BigIntegerField()

    class Meta:
        """One row a series."""

        db_table = "feed"
        ordering = ("topic",)
        constraints = (
            models.CheckConstraint(condition=models.Q(state__in=(RUNNING, PAUSED, FINISHED)), name="feed_state_known"),
        )

    def __str__(self) -> str:
        return f"{self.topic} {self.origin} {self.state}"
