"""The columns that say which run produced a row: a backtest, a replay or the live loop."""

from django.db import models

from alphaplus.core.enums import Origin
from alphaplus.web.models.vocabulary import one_of


class FromRun(models.Model):
    """A row that a run wrote about one symbol, timeframe and bar close (`as_of`, ms UTC)."""

    origin = one_of(Origin)
    run_id = models.CharField(max_length=64)
    symbol = models.CharField(max_length=32)
    timeframe = models.CharField(max_length=4)
    as_of = models.BigIntegerField()

    class Meta:
        """No table of its own."""

        abstract = True
