"""The one Django app of AlphaPlus."""

from django.apps import AppConfig


class AlphaPlusConfig(AppConfig):
    """Tables, admin and pages; `alphaplus` is its label in admin addresses and permissions."""

    name = "alphaplus.web"
    label = "alphaplus"
    verbose_name = "AlphaPlus"
    default_auto_field = "django.db.models.BigAutoField"
