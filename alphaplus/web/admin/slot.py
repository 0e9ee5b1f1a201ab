"""Admin of `slot`."""

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from alphaplus.core.enums import Stage
from alphaplus.web.admin import shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import ModelVersion, Slot


@admin.register(Slot)
class SlotAdmin(RecordAdmin):
    """Slots and who serves them."""

    list_display = ("name", "symbol", "timeframe", "regime", "target", "horizon", "serving")
    list_filter = ("name", "timeframe", "regime", "target")
    search_fields = ("name", "symbol")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Slot]:
        """Slots with the label of the version in production."""
        champion = ModelVersion.objects.filter(slot=OuterRef("pk"), stage=Stage.PRODUCTION.value)
        rows: QuerySet[Slot] = super().get_queryset(request)
        return rows.annotate(champion=Subquery(champion.values("label")[:1]))

    @column("in production")
    def serving(self, row: Slot) -> str:
        """The version that serves, or a dash: rules do."""
        return getattr(row, "champion", None) or shown.NOTHING
