"""Table `training_session`: a training, from its request to the version it made."""

from django.db import models

from alphaplus.web.models.dataset import Dataset
from alphaplus.web.models.model_version import ModelVersion


class TrainingSession(models.Model):
    """A finished training; `summary` is what it reports about itself, `dataset` what it learned from, where known."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="sessions")
    dataset = models.ForeignKey(Dataset, null=True, blank=True, on_delete=models.PROTECT, related_name="sessions")
    summary = models.JSONField(default=dict)
    finished_at = models.BigIntegerField()

    class Meta:
        """Newest first."""

        db_table = "training_session"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"training of {self.version_id}"
