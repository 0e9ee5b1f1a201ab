"""Table `alert`: what a person should know."""

from django.db import models


class Alert(models.Model):
    """Something that happened: a kind, a sentence, and the symbol it is about, if any."""

    at = models.BigIntegerField()
    kind = models.CharField(max_length=64)
    message = models.TextField()
    symbol = models.CharField(max_length=32, blank=True)
    run_id = models.CharField(max_length=64, blank=True)

    class Meta:
        """Newest first."""

        db_table = "alert"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"
