"""Admin of `backtest_run`."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from alphaplus.web.admin import shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import BacktestRun


@admin.register(BacktestRun)
class BacktestRunAdmin(RecordAdmin):
    """Backtests with their main figures; the report is a page of the dashboard."""

    list_display = ("report", "symbols_text", "timeframe", "version", "net", "sharpe", "trade_count", "made")
    list_filter = ("timeframe", "simulated")
    list_select_related = ("version",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BacktestRun]:
        """Without the curves, which only a row's own page shows."""
        rows = super().get_queryset(request)
        shown_alone = request.resolver_match is not None and "object_id" in request.resolver_match.kwargs
        return rows if shown_alone else rows.defer("summary")

    @column("report", order="id")
    def report(self, row: BacktestRun) -> SafeString:
        """The way to its page."""
        return format_html('<a href="/ml/backtests/{}">backtest {}</a>', row.pk, row.pk)

    @column("symbols")
    def symbols_text(self, row: BacktestRun) -> str:
        """What was traded, and whether its prices were made up."""
        return ", ".join(row.symbols) + (" (simulated)" if row.simulated else "")

    @column("net return, after costs")
    def net(self, row: BacktestRun) -> str:
        """In percent."""
        value = row.metrics.get("total_return")
        return shown.NOTHING if value is None else f"{shown.number(100 * value, 1)} %"

    @column("Sharpe")
    def sharpe(self, row: BacktestRun) -> str:
        """Annualised."""
        return shown.number(row.metrics.get("sharpe"), 2)

    @column("made", order="created_at")
    def made(self, row: BacktestRun) -> str:
        """When."""
        return shown.utc(row.created_at)
