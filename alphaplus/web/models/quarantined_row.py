"""Table `quarantined_row`: rows that an import refused, where they stood and why."""

from django.db import models

from alphaplus.web.models.data_import import DataImport


class QuarantinedRow(models.Model):
    """A refused row; an import keeps its first ones and counts them all."""

    source = models.ForeignKey(DataImport, db_column="import_id", on_delete=models.CASCADE, related_name="quarantined")
    file = models.CharField(max_length=512)
    line = models.BigIntegerField()
    reason = models.CharField(max_length=255)
    text = models.TextField(blank=True)

    class Meta:
        """In the order of the file."""

        db_table = "quarantined_row"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"
