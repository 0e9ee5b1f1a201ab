"""Table `evaluation`: a candidate judged beside the champion, never changed afterwards."""

from django.db import models

from alphaplus.core.enums import Verdict
from alphaplus.web.models.model_version import ModelVersion
from alphaplus.web.models.vocabulary import check, one_of


class Evaluation(models.Model):
    """One judgement: window, figures, each gate with value, threshold and sample size, and the verdict."""

    candidate = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="evaluations")
    champion = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="defences")
    window_start = models.BigIntegerField()
    window_end = models.BigIntegerField()
    metrics = models.JSONField(default=dict)
    gates = models.JSONField(default=list)
    verdict = one_of(Verdict)
    risk_score = models.FloatField()
    notes = models.TextField(blank=True)
    samples = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    created_at = models.BigIntegerField(default=0)

    class Meta:
        """The evaluation history."""

        db_table = "evaluation"
        ordering = ("id",)
        constraints = (check("evaluation", "verdict", Verdict),)

    def __str__(self) -> str:
        return f"evaluation of {self.candidate_id}: {self.verdict}"
