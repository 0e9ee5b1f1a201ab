"""Admin of `forming_bar`."""

from django.contrib import admin

from alphaplus.web.admin import shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import FormingBar


@admin.register(FormingBar)
class FormingBarAdmin(RecordAdmin):
    """Bars that are not closed yet."""

    list_display = ("topic", "revision", "updated")

    @column("updated", order="updated_at")
    def updated(self, row: FormingBar) -> str:
        """When it was last replaced."""
        return shown.utc(row.updated_at)
