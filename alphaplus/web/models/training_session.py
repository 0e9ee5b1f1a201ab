"""Table `training_session`: a training, from its request to the version it made."""

from django.db import models

from alphaplus.web.models.model_version import ModelVersion


class TrainingSession(models.Model):
    """A finished training; `summary` is what the training reports about itself."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="sessions")
    summary = models.JSONField(default=dict)
    finished_at = models.BigIntegerField()

    class Meta:
        """Newest first."""

        db_table = "training_session"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"training of {self.version_id}"
