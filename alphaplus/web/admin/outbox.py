"""Admin of `outbox`."""

from django.contrib import admin

from alphaplus.web.admin import shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import Outbox


@admin.register(Outbox)
class OutboxAdmin(RecordAdmin):
    """What screens were told."""

    list_display = ("id", "topic", "kind", "created")
    list_filter = ("kind", "topic")
    ordering = ("-id",)

    @column("written", order="created_at")
    def created(self, row: Outbox) -> str:
        """When it was written."""
        return shown.utc(row.created_at)
