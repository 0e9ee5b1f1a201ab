"""Admin of `signal`."""

from django.contrib import admin

from alphaplus.web.admin import badges, shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import Signal


@admin.register(Signal)
class SignalAdmin(RecordAdmin):
    """Signals with levels, size and status."""

    list_display = ("symbol", "timeframe", "bar", "side_badge", "confidence", "entry", "levels", "size", "status")
    list_filter = ("symbol", "timeframe", "side", "status", "origin")
    search_fields = ("symbol", "run_id")

    @column("bar close", order="as_of")
    def bar(self, row: Signal) -> str:
        """When it was given."""
        return shown.utc(row.as_of)

    @column("side", order="side", tones=badges.SIDES)
    def side_badge(self, row: Signal) -> tuple[str, str]:
        """The side in its colour, with its sign."""
        return row.side, f"{badges.ARROWS[row.side]} {row.side}"

    @column("stop, target")
    def levels(self, row: Signal) -> str:
        """Where it would be left."""
        return f"{shown.number(row.stop, 2)}, {shown.number(row.target, 2)}"

    @column("position", order="position")
    def size(self, row: Signal) -> str:
        """Share of equity, or why none."""
        return row.refused or shown.number(row.position, 2)
