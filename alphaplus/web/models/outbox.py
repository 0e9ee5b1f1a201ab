"""Table `outbox`: what screens and notifiers are told; the id is the id of the server-sent event."""

from django.db import models


class Outbox(models.Model):
    """An event of one topic (`BTCUSDT:1h`, or `registry`); written in the transaction that changed the state."""

    topic = models.CharField(max_length=64)
    kind = models.CharField(max_length=32)
    payload = models.JSONField()
    created_at = models.BigIntegerField()

    class Meta:
        """In order of writing."""

        db_table = "outbox"
        verbose_name_plural = "outbox"
        ordering = ("id",)
        indexes = (models.Index(fields=("topic", "id"), name="outbox_topic"),)

    def __str__(self) -> str:
        return f"{self.topic} {self.kind}"
