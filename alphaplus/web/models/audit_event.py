"""Table `audit_event`: every change of state, chained by hashes; the database refuses to change or remove a row."""

from django.db import models


class AuditEvent(models.Model):
    """Who changed what, when and why. Triggers made by the migrations refuse UPDATE and DELETE."""

    at = models.BigIntegerField()
    actor = models.CharField(max_length=128)
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=255)
    before = models.CharField(max_length=255, blank=True)
    after = models.CharField(max_length=255, blank=True)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64, blank=True, unique=True)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        """In order of writing; a unique `previous_hash` keeps the chain from forking."""

        db_table = "audit_event"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
