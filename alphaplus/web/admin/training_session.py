"""Admin of `training_session`."""

from django.contrib import admin

from alphaplus.web.admin import shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import TrainingSession


@admin.register(TrainingSession)
class TrainingSessionAdmin(RecordAdmin):
    """Finished trainings."""

    list_display = ("version", "dataset", "folds", "took", "finished")
    list_select_related = ("version", "dataset")
    search_fields = ("version__label",)

    @column("folds")
    def folds(self, row: TrainingSession) -> int:
        """Of the validation."""
        return len(row.summary.get("folds", ()))

    @column("seconds")
    def took(self, row: TrainingSession) -> str:
        """How long it took."""
        return shown.number(row.summary.get("seconds"), 1)

    @column("finished", order="finished_at")
    def finished(self, row: TrainingSession) -> str:
        """When."""
        return shown.utc(row.finished_at)
