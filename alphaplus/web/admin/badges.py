"""What colour every state has, everywhere: one table of tones, and which state has which."""

from alphaplus.core.enums import Role, Side, Stage, Verdict
from alphaplus.web.models.feed import FINISHED, PAUSED, RUNNING

GREEN, AMBER, RED, BLUE, VIOLET, GREY = "success", "warning", "danger", "info", "primary", "default"

STAGES = {
    Stage.STAGING.value: BLUE,
    Stage.SHADOW.value: VIOLET,
    Stage.CANARY.value: AMBER,
    Stage.PRODUCTION.value: GREEN,
    Stage.ARCHIVED.value: GREY,
    Stage.FAILED.value: RED,
}
VERDICTS = {Verdict.PROMOTE.value: GREEN, Verdict.REJECT.value: RED, Verdict.ROLLBACK.value: AMBER}
SIDES = {Side.LONG.value: GREEN, Side.SHORT.value: RED, Side.HOLD.value: GREY}
ROLES = {Role.CHAMPION.value: GREEN, Role.CANARY.value: AMBER, Role.SHADOW.value: VIOLET}
FEEDS = {RUNNING: GREEN, PAUSED: AMBER, FINISHED: GREY}
LEVELS = {"high": GREEN, "middle": AMBER, "low": RED, "unknown": GREY}

ARROWS = {Side.LONG.value: "▲", Side.SHORT.value: "▼", Side.HOLD.value: "■"}
MIDDLE_CONFIDENCE = 0.5


def confidence(value: float, *, high: float) -> tuple[str, str]:
    """Level and text of a confidence; `high` is where the ML panel may speak (`fusion.min_ml_confidence`)."""
    level = "high" if value >= high else "middle" if value >= MIDDLE_CONFIDENCE else "low"
    return level, f"{value:.2f}"


def margin(value: float | None, baseline: float | None, *, low: float | None) -> tuple[str, str]:
    """Level and text of a figure judged by what it adds to its baseline, for a figure alone says nothing.

    It is high only where `low`, the lower end of its interval, lies above the baseline: else it may be chance.
    """
    if value is None:
        return "unknown", "not measured"
    if baseline is None:
        return "unknown", f"{value:.3f}"
    gain = value - baseline
    level = "high" if low is not None and low > baseline else "middle" if gain > 0 else "low"
    return level, f"{value:.3f} ({gain:+.3f})".replace("-", "\N{MINUS SIGN}")
