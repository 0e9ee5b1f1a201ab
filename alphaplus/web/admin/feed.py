"""Admin of `feed`."""

from django.contrib import admin

from alphaplus.web.admin import badges, shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import Feed


@admin.register(Feed)
class FeedAdmin(RecordAdmin):
    """Where bars come from now."""

    list_display = ("topic", "origin", "state_badge", "reached", "speed", "updated")
    list_filter = ("state", "origin")

    @column("state", order="state", tones=badges.FEEDS)
    def state_badge(self, row: Feed) -> tuple[str, str]:
        """The state in its colour."""
        return row.state, row.state

    @column("reached", order="as_of")
    def reached(self, row: Feed) -> str:
        """How far it has come."""
        return shown.utc(row.as_of)

    @column("last sign", order="updated_at")
    def updated(self, row: Feed) -> str:
        """When it was last heard of."""
        return shown.utc(row.updated_at)
