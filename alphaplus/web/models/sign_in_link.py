"""Table `sign_in_link`: one-time links that sign a person in, kept as hashes."""

from django.conf import settings
from django.db import models


class SignInLink(models.Model):
    """A link that works once and not after `expires_at`; the token itself is never stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_in_links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    used_at = models.BigIntegerField(null=True, blank=True)

    class Meta:
        """Newest first."""

        db_table = "sign_in_link"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"sign-in link {self.pk}"
