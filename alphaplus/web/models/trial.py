"""Table `trial`: every spec tried for a slot; the database refuses to change or remove a row."""

from django.db import models

from alphaplus.web.models.slot import Slot


class Trial(models.Model):
    """One trial of a tuning, or a training. Triggers made by the migrations refuse UPDATE and DELETE."""

    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="trials")
    study = models.CharField(max_length=64, blank=True)
    spec_hash = models.CharField(max_length=64)
    family = models.CharField(max_length=64)
    params = models.JSONField(default=dict)
    value = models.FloatField()
    error = models.FloatField(null=True, blank=True)
    blocks = models.JSONField(default=list)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    pruned = models.BooleanField()
    dataset_hash = models.CharField(max_length=64)
    at = models.BigIntegerField()

    class Meta:
        """In order of recording; a study has tried a spec once."""

        db_table = "trial"
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("slot", "study", "spec_hash"), name="trial_once_a_study"),)

    def __str__(self) -> str:
        return f"{self.family} {self.spec_hash[:12]}"
