"""`manage.py train_ml_model`: train a model with walk-forward validation and register it in staging."""

from alphaplus.web.management.command import AlphaPlusCommand


class Command(AlphaPlusCommand):
    """The same as `alphaplus train_ml_model`."""

    name = "train_ml_model"
