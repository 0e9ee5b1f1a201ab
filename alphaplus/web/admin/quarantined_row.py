"""Admin of `quarantined_row`."""

from django.contrib import admin

from alphaplus.web.admin.record import RecordAdmin
from alphaplus.web.models import QuarantinedRow


@admin.register(QuarantinedRow)
class QuarantinedRowAdmin(RecordAdmin):
    """Refused rows, where they stood and why."""

    list_display = ("file", "line", "reason", "text", "source")
    list_filter = ("reason",)
    search_fields = ("file", "reason")
    list_select_related = ("source",)
    ordering = ("-id",)
