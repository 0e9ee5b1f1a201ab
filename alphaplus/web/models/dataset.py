"""Table `dataset`: what a model learned from, as a recipe that gives it again."""

from django.db import models


class Dataset(models.Model):
    """A dataset by its content hash; its rows are not kept, `recipe` says how to get them, `report` what they are."""

    hash = models.CharField(max_length=64, primary_key=True)
    recipe = models.JSONField()
    report = models.JSONField(default=dict)
    rows = models.PositiveIntegerField()
    created_at = models.BigIntegerField()

    class Meta:
        """Newest first."""

        db_table = "dataset"
        ordering = ("-created_at", "hash")

    def __str__(self) -> str:
        return f"dataset {self.hash[:12]}"
