"""Admin of `dataset`."""

from django.contrib import admin

from alphaplus.web.admin import shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import Dataset

SHOWN = 12  # characters of a hash that tell it apart


@admin.register(Dataset)
class DatasetAdmin(RecordAdmin):
    """What models learned from."""

    list_display = ("short_hash", "symbols", "timeframe", "features", "label", "rows", "made")
    search_fields = ("hash",)

    @column("hash", order="hash")
    def short_hash(self, row: Dataset) -> str:
        """Its beginning."""
        return row.hash[:SHOWN]

    @column("symbols")
    def symbols(self, row: Dataset) -> str:
        """Whose bars."""
        return ", ".join(row.report.get("symbols", ()))

    @column("timeframe")
    def timeframe(self, row: Dataset) -> str:
        """Of the bars."""
        return str(row.report.get("timeframe", shown.NOTHING))

    @column("features")
    def features(self, row: Dataset) -> str:
        """The set."""
        return str(row.recipe["features"]["name"])

    @column("label")
    def label(self, row: Dataset) -> str:
        """What was learned, and how many bars ahead."""
        return f"{row.recipe['label']['name']} {row.recipe['label']['horizon']}"

    @column("made", order="created_at")
    def made(self, row: Dataset) -> str:
        """When it was first learned from."""
        return shown.utc(row.created_at)
