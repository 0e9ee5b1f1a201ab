"""Admin of `model_version`."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from alphaplus.web.admin import badges, shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import Evaluation, ModelVersion

BASELINE = "base_rate"


@admin.register(ModelVersion)
class ModelVersionAdmin(RecordAdmin):
    """Versions with their stage, their accuracy beside the base rate, and what the gates said."""

    list_display = ("name", "stage_badge", "slot_text", "accuracy", "gates_text", "size", "created", "deployed")
    list_filter = ("stage", "family", "slot__symbol", "slot__timeframe")
    search_fields = ("label", "slot__symbol", "slot__name")
    list_select_related = ("slot",)
    ordering = ("-number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        """Versions with the gates and the verdict of their newest evaluation."""
        newest = Evaluation.objects.filter(candidate=OuterRef("pk")).order_by("-pk")
        rows: QuerySet[ModelVersion] = super().get_queryset(request)
        return rows.annotate(
            judged_gates=Subquery(newest.values("gates")[:1]), verdict=Subquery(newest.values("verdict")[:1])
        )

    @column("version", order="number", two_lines=True)
    def name(self, row: ModelVersion) -> list[str]:
        """Label, number and family."""
        return [row.label, f"number {row.number}, {row.family}"]

    @column("stage", order="stage", tones=badges.STAGES)
    def stage_badge(self, row: ModelVersion) -> tuple[str, str]:
        """The stage in its colour."""
        return row.stage, row.stage

    @column("slot", order="slot")
    def slot_text(self, row: ModelVersion) -> str:
        """What it competes for."""
        return str(row.slot)

    @column("accuracy, held out (over the base rate)", tones=badges.LEVELS)
    def accuracy(self, row: ModelVersion) -> tuple[str, str]:
        """Accuracy on the untouched slice, green where its interval lies above the more frequent class said always."""
        held: dict[str, Any] = row.metrics.get("holdout", {})
        found = held.get("model", {}).get("accuracy", {})
        base = held.get("baselines", {}).get(BASELINE, {}).get("accuracy")
        return badges.margin(found.get("value"), base, low=found.get("low"))

    @column("gates", tones=badges.VERDICTS | {"": badges.GREY})
    def gates_text(self, row: ModelVersion) -> tuple[str, str]:
        """How many gates were not met, in the colour of the verdict."""
        gates, verdict = getattr(row, "judged_gates", None), getattr(row, "verdict", None)
        if gates is None or verdict is None:
            return "", "not evaluated"
        failed = sum(not gate["passed"] for gate in gates)
        return verdict, f"{failed} of {len(gates)} failed" if failed else f"all {len(gates)} passed"

    @column("size, MB", order="size_mb")
    def size(self, row: ModelVersion) -> str:
        """Of the artefact."""
        return shown.number(row.size_mb, 2)

    @column("created", order="created_at")
    def created(self, row: ModelVersion) -> str:
        """When it was registered."""
        return shown.utc(row.created_at)

    @column("first served", order="deployed_at")
    def deployed(self, row: ModelVersion) -> str:
        """When it first became production."""
        return shown.utc(row.deployed_at)
