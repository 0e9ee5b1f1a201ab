"""Admin of `trial`."""

from django.contrib import admin

from alphaplus.web.admin import shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import Trial


@admin.register(Trial)
class TrialAdmin(RecordAdmin):
    """Every spec tried for a slot; the database itself refuses to change it."""

    list_display = ("moment", "slot", "family", "skill", "pruned", "params", "study")
    list_filter = ("family", "pruned", "slot__symbol")
    search_fields = ("study", "spec_hash")
    list_select_related = ("slot",)
    ordering = ("-id",)

    @column("time", order="at")
    def moment(self, row: Trial) -> str:
        """When."""
        return shown.utc(row.at)

    @column("skill", order="value")
    def skill(self, row: Trial) -> str:
        """Share of the base rate's loss that it gained on rows it had not seen."""
        return shown.number(row.value, 4)
