"""Admin of `trade`."""

from django.contrib import admin

from alphaplus.web.admin import badges, shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import Trade


@admin.register(Trade)
class TradeAdmin(RecordAdmin):
    """Round trips."""

    list_display = ("symbol", "side_badge", "opened", "closed", "entry", "exit", "result", "exit_reason", "origin")
    list_filter = ("symbol", "side", "exit_reason", "origin")
    search_fields = ("symbol", "run_id")
    ordering = ("-id",)

    @column("side", order="side", tones=badges.SIDES)
    def side_badge(self, row: Trade) -> tuple[str, str]:
        """The side in its colour, with its sign."""
        return row.side, f"{badges.ARROWS[row.side]} {row.side}"

    @column("opened", order="opened_at")
    def opened(self, row: Trade) -> str:
        """When it was opened."""
        return shown.utc(row.opened_at)

    @column("closed", order="closed_at")
    def closed(self, row: Trade) -> str:
        """When it was closed."""
        return shown.utc(row.closed_at)

    @column("return, net", order="return_pct")
    def result(self, row: Trade) -> str:
        """In percent of the equity at entry."""
        return f"{shown.number(row.return_pct, 2)} %"
