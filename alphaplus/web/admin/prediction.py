"""Admin of `prediction`."""

from django.conf import settings
from django.contrib import admin

from alphaplus.web.admin import badges, shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import Prediction


@admin.register(Prediction)
class PredictionAdmin(RecordAdmin):
    """Predictions with their confidence in colour: green is where the ML panel may speak."""

    list_display = ("about", "bar", "value_text", "confidence_badge", "version", "role_badge", "origin", "outcome")
    list_filter = ("symbol", "timeframe", "target", "role", "origin", "is_correct", "version")
    search_fields = ("symbol", "version__label", "run_id")
    list_select_related = ("version",)

    @column("symbol", order="symbol", two_lines=True)
    def about(self, row: Prediction) -> list[str]:
        """What it is about."""
        return [f"{row.symbol} {row.timeframe}", f"{row.target}, {row.horizon} bars ahead"]

    @column("bar close", order="as_of")
    def bar(self, row: Prediction) -> str:
        """When it was made."""
        return shown.utc(row.as_of)

    @column("value", order="value")
    def value_text(self, row: Prediction) -> str:
        """The calibrated probability of up, or the forecast."""
        return shown.number(row.value)

    @column("confidence", order="confidence", tones=badges.LEVELS)
    def confidence_badge(self, row: Prediction) -> tuple[str, str]:
        """The rank of its decisiveness."""
        return badges.confidence(row.confidence, high=settings.ALPHAPLUS.fusion.min_ml_confidence)

    @column("role", order="role", tones=badges.ROLES)
    def role_badge(self, row: Prediction) -> tuple[str, str]:
        """Whether it was used."""
        return row.role, row.role

    @column("outcome", order="is_correct")
    def outcome(self, row: Prediction) -> str:
        """What became of it."""
        if row.is_correct is None:
            return shown.NOTHING
        return f"{'✓' if row.is_correct else '✗'} {shown.number(row.actual_value)}"
