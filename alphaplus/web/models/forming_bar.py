"""Table `forming_bar`: the bar that is not closed yet, one replaced row for each topic."""

from django.db import models


class FormingBar(models.Model):
    """The newest state of a forming bar; `revision` grows with every replacement."""

    topic = models.CharField(max_length=64, primary_key=True)
    revision = models.BigIntegerField(default=1)
    payload = models.JSONField()
    updated_at = models.BigIntegerField()

    class Meta:
        """One row a topic."""

        db_table = "forming_bar"
        ordering = ("topic",)

    def __str__(self) -> str:
        return f"{self.topic} revision {self.revision}"
