"""Table `model_version`: one trained model, its origin, figures and stage."""

from django.db import models

from alphaplus.core.enums import Stage
from alphaplus.web.models.slot import Slot
from alphaplus.web.models.vocabulary import check, one_of


class ModelVersion(models.Model):
    """A version; the database gives `number`, and allows one production and one canary version a slot.

    Times are ms UTC. `deployed_at` is when it first became production, 0 when it never did.
    """

    number = models.BigAutoField(primary_key=True)
    label = models.CharField(max_length=128, unique=True)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="versions")
    stage = one_of(Stage, default=Stage.STAGING.value)
    family = models.CharField(max_length=64)
    spec = models.JSONField()
    artifact_uri = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    dataset_hash = models.CharField(max_length=64)
    featureset_hash = models.CharField(max_length=64)
    trained_from = models.BigIntegerField()
    trained_to = models.BigIntegerField()
    samples = models.PositiveIntegerField()
    metrics = models.JSONField(default=dict)
    seconds = models.FloatField(default=0.0)
    size_mb = models.FloatField(default=0.0)
    code = models.CharField(max_length=64, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    created_by = models.CharField(max_length=128, blank=True)
    created_at = models.BigIntegerField(default=0)
    deployed_at = models.BigIntegerField(default=0)

    class Meta:
        """The promises of the registry, kept by the database itself."""

        db_table = "model_version"
        ordering = ("number",)
        constraints = (
            check("model_version", "stage", Stage),
            models.UniqueConstraint(
                fields=("slot",), condition=models.Q(stage=Stage.PRODUCTION.value), name="one_production_per_slot"
            ),
            models.UniqueConstraint(
                fields=("slot",), condition=models.Q(stage=Stage.CANARY.value), name="one_canary_per_slot"
            ),
        )
        indexes = (models.Index(fields=("stage", "slot"), name="model_version_stage"),)

    def __str__(self) -> str:
        return self.label
