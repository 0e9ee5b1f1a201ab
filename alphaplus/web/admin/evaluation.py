"""Admin of `evaluation`."""

from django.contrib import admin

from alphaplus.web.admin import badges, shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import Evaluation


@admin.register(Evaluation)
class EvaluationAdmin(RecordAdmin):
    """The evaluation history: verdicts, and which gates were not met."""

    list_display = ("candidate", "champion", "verdict_badge", "failed", "risk", "samples", "made")
    list_filter = ("verdict", "candidate__slot__symbol")
    search_fields = ("candidate__label",)
    list_select_related = ("candidate", "champion")

    @column("verdict", order="verdict", tones=badges.VERDICTS)
    def verdict_badge(self, row: Evaluation) -> tuple[str, str]:
        """The verdict in its colour."""
        return row.verdict, row.verdict

    @column("gates not met")
    def failed(self, row: Evaluation) -> str:
        """Their names."""
        return ", ".join(gate["name"] for gate in row.gates if not gate["passed"]) or "none"

    @column("risk", order="risk_score")
    def risk(self, row: Evaluation) -> str:
        """How near it came to failing, 0 to 1."""
        return shown.number(row.risk_score, 2)

    @column("made", order="created_at")
    def made(self, row: Evaluation) -> str:
        """When."""
        return shown.utc(row.created_at)
