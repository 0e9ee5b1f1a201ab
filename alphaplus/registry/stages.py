"""The life of a model version: which stage may follow which."""

from collections.abc import Mapping

from alphaplus.core.enums import Stage
from alphaplus.core.errors import IllegalStageChange

ROLLBACK = "rollback"
"""The action in whose name an archived version may return to production."""

LEGAL: Mapping[Stage, frozenset[Stage]] = {
    Stage.STAGING: frozenset({Stage.SHADOW, Stage.CANARY, Stage.PRODUCTION, Stage.ARCHIVED, Stage.FAILED}),
    Stage.SHADOW: frozenset({Stage.CANARY, Stage.PRODUCTION, Stage.ARCHIVED, Stage.FAILED}),
    Stage.CANARY: frozenset({Stage.PRODUCTION, Stage.ARCHIVED, Stage.FAILED}),
    Stage.PRODUCTION: frozenset({Stage.ARCHIVED, Stage.FAILED}),
    Stage.ARCHIVED: frozenset({Stage.PRODUCTION}),
    Stage.FAILED: frozenset({Stage.STAGING}),
}


def check(before: Stage, after: Stage, *, action: str) -> None:
    """Raise IllegalStageChange unless `after` may follow `before`; out of the archive only a rollback leads."""
    legal = after in LEGAL[before]
    if before is Stage.ARCHIVED and action != ROLLBACK:
        legal = False
    if not legal:
        allowed = sorted(LEGAL[before]) if before is not Stage.ARCHIVED else [f"{Stage.PRODUCTION} by a rollback"]
        raise IllegalStageChange(
            f"a version in {before} cannot become {after}",
            hint=f"from {before} it may become {', '.join(allowed)}",
            before=before,
            after=after,
        )
