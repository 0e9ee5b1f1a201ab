"""Table `data_import`: what became of every row of an imported file."""

from django.db import models


class DataImport(models.Model):
    """An import; stored + duplicates + quarantined = rows."""

    symbol = models.CharField(max_length=32)
    timeframe = models.CharField(max_length=4)
    files = models.JSONField()
    layout = models.CharField(max_length=64)
    rows = models.BigIntegerField()
    stored = models.BigIntegerField()
    duplicates = models.BigIntegerField()
    conflicts = models.BigIntegerField()
    quarantined_count = models.BigIntegerField()
    gaps = models.JSONField(default=list)
    missing_bars = models.BigIntegerField(default=0)
    zero_volume = models.BigIntegerField()
    out_of_order = models.BigIntegerField()
    first = models.BigIntegerField(null=True, blank=True)
    last = models.BigIntegerField(null=True, blank=True)
    created_at = models.BigIntegerField()

    class Meta:
        """Newest first."""

        db_table = "data_import"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.symbol} {self.timeframe}: {self.stored} of {self.rows} rows"
