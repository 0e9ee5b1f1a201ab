"""The pages at /ml/: each asks one query and presents it."""

import platform
from importlib import metadata
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from alphaplus.core.bars import Timeframe
from alphaplus.core.clock import SystemClock
from alphaplus.core.errors import ConfigError, UnknownName, UnknownVersion
from alphaplus.datasets.labelling import LabelSpec, labels
from alphaplus.market.symbols import check_symbol
from alphaplus.web import queries
from alphaplus.web.dashboard.report import present
from alphaplus.web.dashboard.shell import WORKER, assets_built, shell
from alphaplus.web.dashboard.sparkline import points
from alphaplus.workflows.score_tables import headline, ranking, score_tables
from alphaplus.workflows.split_words import folds_called

FIRST_BARS = 1200  # several screens full; older ones come as one scrolls to them
PACKAGES = ("django", "django-ninja", "numpy", "polars", "numba", "lightgbm", "scikit-learn", "onnxruntime", "ta-lib")


@require_safe
@gzip_page
def overview(request: HttpRequest) -> HttpResponse:
    """What each series says now, and what needs a person."""
    content = queries.overview()
    now = SystemClock().now()
    board = [row | _board_facts(row, now) for row in content["board"]]
    steps = content["checklist"]
    context = shell(request, page="overview", entry="overview.js") | content
    context |= {"board": board, "unfinished": not all(step["done"] for step in steps), "now": now}
    return render(request, "dashboard/overview.html", context)


@require_safe
def charts(request: HttpRequest) -> HttpResponse:
    """Go to the chart of the first series that is stored, or say how to store one."""
    stored = queries.series()
    if stored:
        return HttpResponseRedirect(_chart_url(stored[0]["symbol"], stored[0]["timeframe"]))
    return _no_bars(request, symbol="", timeframe="")


@require_safe
@gzip_page
def chart(request: HttpRequest, symbol: str, timeframe: str) -> HttpResponse:
    """The live chart of one series."""
    stored = queries.series()
    found = next((one for one in stored if (one["symbol"], one["timeframe"]) == (symbol, timeframe)), None)
    if found is None:
        return _no_bars(request, symbol=symbol, timeframe=timeframe)
    query = urlencode({"symbol": symbol, "timeframe": timeframe})
    built = assets_built()
    page = {
        "symbol": symbol,
        "timeframe": timeframe,
        "timeframe_ms": Timeframe.parse(timeframe).ms,
        "assets": built,
        "first_bars": FIRST_BARS,
        "worker": static(WORKER),
        "chart_url": f"/api/market/chart?{query}",
        "patterns_url": f"/api/market/patterns?{query}",
        "decision_url": f"/api/market/decision?{query}",
        "stream_url": f"{reverse('stream')}?{query}",
        "model_url": reverse("dashboard:model", args=[0]),
    }
    context = shell(request, page="chart", entry="chart/page.js", charts=True) | {
        "symbol": symbol,
        "timeframe": timeframe,
        "simulated": found["simulated"],
        "symbols": _symbols(stored, timeframe),
        "timeframes": _timeframes(stored, symbol),
        "page": page,
        "first_load": f"{page['chart_url']}&limit={FIRST_BARS}",
    }
    return render(request, "dashboard/chart.html", context)


@require_safe
@gzip_page
def models(request: HttpRequest) -> HttpResponse:
    """All versions, grouped by the slot for which they compete."""
    found = queries.models(limit=500)
    groups: dict[tuple[object, ...], dict[str, Any]] = {}
    for version in found["models"]:
        slot = version["slot"]
        group = groups.setdefault(tuple(slot.values()), {"slot": slot, "versions": []})
        group["versions"].append(version | {"headline": headline(version["metrics"]), "failed": _failed(version)})
    for group in groups.values():
        group["serving"] = next((one for one in group["versions"] if one["stage"] == "production"), None)
        group["directional"] = _directional(group["slot"])
        group["simulated"] = any(one["simulated"] for one in group["versions"])
    context = shell(request, page="models") | {"groups": list(groups.values()), "more": found["next"]}
    return render(request, "dashboard/models.html", context)


@require_safe
@gzip_page
def model(request: HttpRequest, number: int) -> HttpResponse:
    """One version: where it stands and why, its scores, its gates, and what it was made of."""
    try:
        version = queries.model(number)
    except UnknownVersion as error:
        raise Http404(str(error)) from error
    judgement = version["evaluations"][0] if version["evaluations"] else None
    ranked = ranking(version["metrics"])
    folds = [fold | {"ranked": fold["metrics"].get(ranked.key)} for fold in version["training"].get("folds", [])]
    context = shell(request, page="models") | {
        "version": version,
        "tables": score_tables(version["metrics"]),
        "failed": _failed(version),
        "judgement": judgement,
        "remark": "" if judgement is None else _remark(judgement["notes"]),
        "folds": folds,
        "folds_called": folds_called(version["metrics"].get("splits")),
        "ranked": ranked,
        "imported": version["metrics"].get("imported"),
        "importance": _importance(version["training"].get("importance", {})),
    }
    return render(request, "dashboard/model.html", context)


@require_safe
@gzip_page
def backtests(request: HttpRequest) -> HttpResponse:
    """All backtests, newest first."""
    found = queries.backtests(limit=200)
    return render(request, "dashboard/backtests.html", shell(request, page="backtests") | found)


@require_safe
@gzip_page
def backtest(request: HttpRequest, number: int) -> HttpResponse:
    """One backtest: what it earned after its costs, at what risk, and what chance alone would have given."""
    try:
        found = queries.backtest(number)
    except UnknownName as error:
        raise Http404(str(error)) from error
    entry = "backtest.js" if assets_built() else ""
    context = shell(request, page="backtests", entry=entry, charts=True) | {"backtest": found} | present(found)
    return render(request, "dashboard/backtest.html", context)


@require_safe
@gzip_page
def about(request: HttpRequest) -> HttpResponse:
    """Versions, conventions, licences."""
    versions = [("AlphaPlus", _version("alphaplus")), ("Python", platform.python_version())]
    versions += [(name, _version(name)) for name in PACKAGES]
    return render(request, "dashboard/about.html", shell(request, page="about") | {"versions": versions})


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _board_facts(row: dict[str, Any], now: int) -> dict[str, Any]:
    """The address, the sparkline and the age of a row: of its newest bar's close, or of the feed's last sign."""
    closed_at = None if row["last"] is None else row["last"] + Timeframe.parse(row["timeframe"]).ms
    sign = row["feed"]["updated_at"] if row["feed"] else closed_at
    return {
        "url": _chart_url(row["symbol"], row["timeframe"]),
        "points": points(row["spark"]),
        "closed_at": closed_at,
        "age": None if sign is None else max(0, now - sign),
    }


def _directional(slot: dict[str, Any]) -> bool:
    """Whether models of the slot take a side of the market, as rules do; not known of a label that is there no more."""
    return slot["target"] in labels() and LabelSpec(slot["target"], slot["horizon"]).directional


def _failed(version: dict[str, Any]) -> list[dict[str, Any]]:
    return [gate for gate in version["gates"] if not gate["passed"]]


def _importance(found: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """The twenty columns that move the output most: each kind of importance, and a bar as long as the third."""
    moved = sorted(found.get("shap", {}).items(), key=lambda item: -item[1])[:20]
    largest = max((value for _, value in moved), default=0.0) or 1.0
    return [
        {
            "name": name,
            "gain": found["gain"].get(name),
            "permutation": found["permutation"].get(name),
            "shap": value,
            "share": 100 * value / largest,
        }
        for name, value in moved
    ]


def _remark(notes: str) -> str:
    """What the notes of an evaluation say after the count of the gates, which have a table of their own."""
    return notes.partition(";")[2].strip()


def _no_bars(request: HttpRequest, *, symbol: str, timeframe: str) -> HttpResponse:
    try:
        known = Timeframe.parse(timeframe).value if timeframe else "1h"
    except UnknownName:
        known = "1h"
    context = shell(request, page="chart") | {
        "symbol": symbol,
        "timeframe": timeframe,
        "command_symbol": _command_symbol(symbol),
        "command_timeframe": known,
        "stored": [one | {"url": _chart_url(one["symbol"], one["timeframe"])} for one in queries.series()],
    }
    return render(request, "dashboard/no_bars.html", context, status=404 if symbol else 200)


def _command_symbol(symbol: str) -> str:
    """The symbol as a command that is copied may hold it: only what can be one, for addresses come from anywhere."""
    try:
        return check_symbol(symbol) if symbol else "BTCUSDT"
    except ConfigError:
        return "SYMBOL"


def _chart_url(symbol: str, timeframe: str) -> str:
    return reverse("dashboard:chart", args=[symbol, timeframe])


def _symbols(stored: list[dict[str, Any]], timeframe: str) -> list[dict[str, Any]]:
    """One entry a symbol, on the same timeframe where it has that."""
    first: dict[str, dict[str, Any]] = {}
    for one in stored:
        if one["symbol"] not in first or one["timeframe"] == timeframe:
            first[one["symbol"]] = one
    return [one | {"url": _chart_url(one["symbol"], one["timeframe"])} for one in first.values()]


def _timeframes(stored: list[dict[str, Any]], symbol: str) -> list[dict[str, str]]:
    own = sorted((one["timeframe"] for one in stored if one["symbol"] == symbol), key=lambda text: Timeframe(text).ms)
    return [{"timeframe": name, "url": _chart_url(symbol, name)} for name in own]
