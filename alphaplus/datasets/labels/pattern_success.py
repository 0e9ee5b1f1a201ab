"""Whether a pattern reaches its target before its stop."""

import numpy as np

from alphaplus.core.bars import BarFrame
from alphaplus.datasets.labelling import EVENT, Answers, LabelSpec, Params, Shape, Spans, label
from alphaplus.datasets.pattern_events import PATTERN_SUCCESS, answers, rows_of, traded_patterns
from alphaplus.patterns.events import detect


def _shape(_: Params) -> Shape:
    return EVENT


@label(PATTERN_SUCCESS, shape=_shape, asks_past=True, pattern="entries")
def pattern_success(bars: BarFrame, spec: LabelSpec, _spans: Spans) -> Answers:
    """1 on a bar where a pattern was born that then reached its target before its stop, 0 where it did not.

    Only bars on which one was born have an answer, of several the strongest, of equal ones the first. `pattern` is a
    kind of patterns or the name of one. What has not come within the horizon has not reached its target, so give it the
    bars that such a trade may take: 100 for entry points. Targets and stops are those of the pattern; of a figure,
    those of its breakout, and one that never breaks out has not reached its target.

    `make_dataset` with this label gives a dataset of events, every pattern a row; this is its view by bars.
    """
    events = detect(bars, traded_patterns(str(spec.params["pattern"])))
    found, row = answers(events, bars, horizon=spec.horizon), rows_of(events, bars)
    youngest_first = np.flatnonzero(np.isfinite(found.y))[::-1]
    weakest_first = youngest_first[np.argsort(events["strength"].to_numpy()[youngest_first], kind="stable")]
    y, end = np.full(len(bars), np.nan), np.arange(len(bars), dtype=np.int64)
    y[row[weakest_first]], end[row[weakest_first]] = found.y[weakest_first], found.end[weakest_first]
    return Answers(y, end)
