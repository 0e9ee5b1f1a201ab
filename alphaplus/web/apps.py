"""The one Django app of AlphaPlus."""

from django.apps import AppConfig


class AlphaPlusConfig(AppConfig):
    """Tables, admin and pages; `alphaplus` is its label in admin addresses and permissions."""

    name = "alphaplus.web"
    label = "alphaplus"
    verbose_name = "AlphaPlus"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the user's features be found in every process that Django sets up."""
        from django.conf import settings

        from alphaplus.features.user import use_settings

        use_settings(settings.ALPHAPLUS)
