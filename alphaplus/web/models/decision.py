"""Table `decision`: both panels with their votes, and their fusion, at one bar close."""

from django.db import models

from alphaplus.core.enums import Origin, Side
from alphaplus.web.models.run import FromRun
from alphaplus.web.models.vocabulary import check, one_of


class Decision(FromRun):
    """A decision as it was taken; `ml` and `rules` hold each panel's consensus with its votes."""

    ml = models.JSONField()
    rules = models.JSONField()
    probability = models.FloatField(null=True, blank=True)
    confidence = models.FloatField()
    side = one_of(Side)
    reason = models.TextField(blank=True)

    class Meta:
        """One for each run, symbol, timeframe and bar."""

        db_table = "decision"
        ordering = ("-id",)
        constraints = (
            check("decision", "origin", Origin),
            check("decision", "side", Side),
            models.UniqueConstraint(
                fields=("symbol", "timeframe", "as_of", "origin", "run_id"), name="decision_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.symbol} {self.timeframe} {self.as_of}: {self.side}"
