"""The home screen: what each series says now, what needs a person, and what happened last."""

from typing import Any

from alphaplus.core.bars import DAY_MS
from alphaplus.core.enums import Stage, Verdict
from alphaplus.core.records import Series
from alphaplus.web.models import Alert, AuditEvent, BacktestRun, DataImport, Evaluation, ModelVersion
from alphaplus.web.queries.backtests import shape as backtest_shape
from alphaplus.web.queries.bars import newest
from alphaplus.web.queries.chart import precision, serving
from alphaplus.web.queries.decisions import latest
from alphaplus.web.queries.feeds import feed
from alphaplus.web.queries.series import shape as series_shape
from alphaplus.web.queries.stores import bar_store

SPARK = 48
RECENT = 12


def overview() -> dict[str, Any]:
    """What the home screen shows.

    - `board`: a row for each series: the columns of `series` plus `close`, `change_pct` over 24 h, `spark` (closes),
      `precision`, `decision`, `model` and `feed`
    - `attention`: `{kind, text, subject, command}`, the most pressing first
    - `stages`: number of versions by stage
    - `timeline`: `{at, actor, action, subject, before, after, reason}`, newest first; a refusal is one too
    - `backtests`: the newest ones in short
    - `checklist`: `{key, done, text, command}`, the way from nothing to a served model
    """
    stored = bar_store().series()
    board = [_row(one) for one in stored]
    return {
        "board": board,
        "attention": attention(board),
        "stages": stages(),
        "timeline": timeline(),
        "backtests": [
            backtest_shape(row)
            for row in BacktestRun.objects.defer("summary").select_related("version").order_by("-pk")[:5]
        ],
        "checklist": checklist(bool(stored)),
    }


def stages() -> dict[str, int]:
    """Number of versions in each stage."""
    return {stage.value: ModelVersion.objects.filter(stage=stage.value).count() for stage in Stage}


def timeline(count: int = RECENT) -> list[dict[str, Any]]:
    """The newest events of the audit trail, and the evaluations that refused a version."""
    columns = ("at", "actor", "action", "subject", "before", "after", "reason")
    happened = list(AuditEvent.objects.order_by("-pk").values(*columns)[:count])
    refusals = Evaluation.objects.exclude(verdict=Verdict.PROMOTE.value).select_related("candidate").order_by("-pk")
    # A judgement follows the events that led to it, so where times are equal it is the newer one.
    return sorted([*map(_refusal, refusals[:count]), *happened], key=lambda event: -event["at"])[:count]


def attention(board: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a person should look at: alerts, refused candidates, quarantined rows, series without a model."""
    found = [_point("alert", alert.message, subject=alert.symbol) for alert in Alert.objects.order_by("-pk")[:RECENT]]
    for judgement in _standing_rejections():
        failed = [gate["name"] for gate in judgement.gates if not gate["passed"]]
        text = f"{judgement.candidate.label} was not promoted: {', '.join(failed) or judgement.notes}"
        found.append(_point("rejected", text, subject=str(judgement.candidate_id)))
    for load in DataImport.objects.filter(quarantined_count__gt=0).order_by("-pk")[:3]:
        text = f"{load.quarantined_count:,} rows of {load.symbol} {load.timeframe} were refused at import"
        found.append(_point("quarantine", text, subject=str(load.pk)))
    for row in board:
        if row["model"] is None:
            text = f"no model serves {row['symbol']} {row['timeframe']}; rules decide alone"
            command = f"alphaplus train_ml_model --symbols {row['symbol']} --timeframe {row['timeframe']}"
            found.append(_point("unserved", text, subject=row["symbol"], command=command))
    return found


def checklist(any_bars: bool) -> list[dict[str, Any]]:
    """The steps from nothing to a served model, and which are done."""
    train = "alphaplus train_ml_model --symbols SYMBOL --timeframe 1h"
    steps = (
        ("data", any_bars, "Import candles", "alphaplus data import FILE --symbol SYMBOL --timeframe 1h"),
        ("train", ModelVersion.objects.exists(), "Train a model", train),
        ("evaluate", Evaluation.objects.exists(), "Evaluate and promote it", "alphaplus evaluate_and_promote"),
        ("backtest", BacktestRun.objects.exists(), "Backtest its decisions", "alphaplus run_backtest --symbols SYMBOL"),
    )
    return [{"key": key, "done": done, "text": text, "command": command} for key, done, text, command in steps]


def _row(one: Series) -> dict[str, Any]:
    symbol, timeframe = one.instrument.symbol, one.timeframe.value
    a_day = max(1, DAY_MS // one.timeframe.ms)
    bars = newest(symbol, one.timeframe, max(SPARK, a_day + 1))
    closes = bars.column("close")
    change = 100.0 * (closes[-1] / closes[-1 - a_day] - 1.0) if len(closes) > a_day else None
    return {
        **series_shape(one),
        "last": int(bars.open_time[-1]) if len(bars) else None,
        "close": float(closes[-1]) if len(bars) else None,
        "change_pct": None if change is None else float(change),
        "spark": closes[-SPARK:].tolist(),
        "precision": precision(bars),
        "decision": latest(symbol, timeframe),
        "model": serving(symbol, timeframe),
        "feed": feed(symbol, timeframe),
    }


def _standing_rejections() -> list[Evaluation]:
    """The newest judgement of every version that still waits in staging, where it says no."""
    rows = Evaluation.objects.filter(candidate__stage=Stage.STAGING.value).select_related("candidate").order_by("pk")
    newest_of = {row.candidate_id: row for row in rows}
    standing = [row for row in newest_of.values() if row.verdict != Verdict.PROMOTE.value]
    return sorted(standing, key=lambda row: -row.pk)[:RECENT]


def _refusal(judgement: Evaluation) -> dict[str, Any]:
    """An evaluation that did not promote, as an event."""
    failed = sum(not gate["passed"] for gate in judgement.gates)
    return {
        "at": judgement.created_at,
        "actor": "gates",
        "action": "refuse",
        "subject": judgement.candidate.label,
        "before": "",
        "after": "",
        "reason": f"{failed} of {len(judgement.gates)} conditions do not hold",
    }


def _point(kind: str, text: str, *, subject: str = "", command: str = "") -> dict[str, Any]:
    return {"kind": kind, "text": text, "subject": subject, "command": command}
