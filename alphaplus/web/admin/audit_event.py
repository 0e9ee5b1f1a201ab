"""Admin of `audit_event`."""

from django.contrib import admin

from alphaplus.web.admin import shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(RecordAdmin):
    """The audit trail; the database itself refuses to change it, `alphaplus audit verify` proves that nobody did."""

    list_display = ("moment", "actor", "action", "subject", "change", "reason")
    list_filter = ("action", "actor")
    search_fields = ("subject", "reason")
    ordering = ("-id",)

    @column("time", order="at")
    def moment(self, row: AuditEvent) -> str:
        """When."""
        return shown.utc(row.at)

    @column("change")
    def change(self, row: AuditEvent) -> str:
        """Before and after."""
        return f"{row.before or shown.NOTHING} → {row.after or shown.NOTHING}"
