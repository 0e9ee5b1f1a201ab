"""Admin of `alert`."""

from django.contrib import admin

from alphaplus.web.admin import shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import Alert


@admin.register(Alert)
class AlertAdmin(RecordAdmin):
    """What a person should know."""

    list_display = ("moment", "kind", "symbol", "message")
    list_filter = ("kind", "symbol")
    search_fields = ("message",)

    @column("time", order="at")
    def moment(self, row: Alert) -> str:
        """When."""
        return shown.utc(row.at)
