"""Admin of `data_import`."""

from django.contrib import admin

from alphaplus.web.admin import shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import DataImport


@admin.register(DataImport)
class DataImportAdmin(RecordAdmin):
    """Imports: what became of every row."""

    list_display = (
        "symbol",
        "timeframe",
        "made",
        "rows",
        "stored",
        "duplicates",
        "quarantined_count",
        "conflicts",
        "missing_bars",
        "range",
    )
    list_filter = ("symbol", "timeframe", "layout")
    search_fields = ("symbol",)

    @column("made", order="created_at")
    def made(self, row: DataImport) -> str:
        """When."""
        return shown.utc(row.created_at)

    @column("range")
    def range(self, row: DataImport) -> str:
        """First and last bar."""
        return f"{shown.utc(row.first)} to {shown.utc(row.last)}"
