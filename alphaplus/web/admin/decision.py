"""Admin of `decision`."""

from django.contrib import admin

from alphaplus.web.admin import badges, shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import Decision


@admin.register(Decision)
class DecisionAdmin(RecordAdmin):
    """Decisions; a row's own page shows every vote."""

    list_display = ("symbol", "timeframe", "bar", "side_badge", "probability", "confidence", "reason", "origin")
    list_filter = ("symbol", "timeframe", "side", "origin")
    search_fields = ("symbol", "run_id", "reason")

    @column("bar close", order="as_of")
    def bar(self, row: Decision) -> str:
        """When it was taken."""
        return shown.utc(row.as_of)

    @column("side", order="side", tones=badges.SIDES)
    def side_badge(self, row: Decision) -> tuple[str, str]:
        """The side in its colour, with its sign."""
        return row.side, f"{badges.ARROWS[row.side]} {row.side}"
