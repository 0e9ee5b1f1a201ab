"""Labels: spans, gaps, dead zones, binary and percent forms."""

import numpy as np
import pytest

from alphaplus.core.enums import Task
from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.datasets.labelling import LabelSpec, labels, make, make_labels, spans
from alphaplus.datasets.volatility import LEAST, SPAN, ewma_volatility


def test_direction_is_the_sign_from_the_next_open_to_the_last_close(make_bars):
    bars = make_bars(200)
    found = make_labels(bars, "signal_direction", horizon=5, threshold=0.0)
    opens, close = bars.column("open"), bars.column("close")
    for t in range(195):
        assert found.y[t] == np.sign(close[t + 5] - opens[t + 1])
        assert found.outcome[t] == pytest.approx(close[t + 5] / opens[t + 1] - 1.0, abs=1e-15)
        assert found.span_end[t] == t + 5
    assert (found.task, found.classes) == (Task.BINARY, (-1.0, 1.0))


def test_dead_zone_is_threshold_times_sigma_times_root_of_horizon(make_bars):
    bars = make_bars(400)
    found = make_labels(bars, "signal_direction", horizon=9, threshold=0.5)
    width = 0.5 * ewma_volatility(bars) * 3.0
    move = np.log1p(found.outcome)
    valid = found.valid
    assert (found.task, found.classes) == (Task.MULTICLASS, (-1.0, 0.0, 1.0))
    assert np.array_equal(found.y[valid] == 0.0, np.abs(move[valid]) <= width[valid])
    assert set(found.y[valid]) == {-1.0, 0.0, 1.0}
    assert not found.valid[:LEAST].any()  # sigma is not known yet
    assert found.valid[LEAST]


def test_dead_zone_in_basis_points(make_bars):
    bars = make_bars(300)
    found = make_labels(bars, "signal_direction", horizon=4, threshold_bps=150.0)
    move = np.log1p(found.outcome[found.valid])
    assert found.valid[:296].all()  # needs no sigma
    assert np.array_equal(found.y[found.valid], np.where(np.abs(move) > 0.015, np.sign(move), 0.0))


def test_target_return_is_in_percent(make_bars):
    bars = make_bars(100)
    found = make_labels(bars, "target_return", horizon=3)
    assert found.task is Task.REGRESSION
    assert found.classes == ()
    assert np.allclose(found.y[:97], 100.0 * (bars.column("close")[3:] / bars.column("open")[1:-2] - 1.0), rtol=1e-12)


@pytest.mark.parametrize("name", ["signal_direction", "target_return"])
def test_unknown_future_is_null(make_bars, name):
    found = make_labels(make_bars(100), name, horizon=10)
    assert not found.valid[-10:].any()
    assert np.isnan(found.y[-10:]).all()
    assert np.isnan(found.outcome[-10:]).all()
    assert (found.span_end[-10:] == -1).all()
    assert found.valid[89]


def test_series_shorter_than_the_horizon_has_no_label(make_bars):
    found = make_labels(make_bars(5), "target_return", horizon=10)
    assert not found.valid.any()


@pytest.mark.parametrize(("gap", "void"), [(3, False), (4, True)])
def test_span_with_more_than_three_missing_bars_is_void(make_bars, gap, void):
    bars = make_bars(100, missing=range(50, 50 + gap))
    found = make_labels(bars, "target_return", horizon=5)
    across = np.arange(45, 50)  # bar 50 follows the gap, and is in the spans of bars 45 to 49
    assert (~found.valid[across]).all() == void
    assert found.valid[across].all() != void
    assert found.valid[44]
    assert found.valid[50]


def test_scattered_missing_bars_add_up(make_bars):
    bars = make_bars(100, missing=[40, 42, 44, 46])  # four single ones
    whole = spans(bars, 20).whole
    missing = bars.missing_before
    for t in range(80):
        assert whole[t] == (missing[t + 1 : t + 21].sum() <= 3)
    assert not whole[30]


def test_zero_return_has_no_binary_label(make_bars):
    bars = make_bars(50)
    flat = bars.table.with_columns(**dict.fromkeys(("open", "high", "low", "close"), 100.0 + 0.0 * bars.table["open"]))
    found = make(
        LabelSpec("signal_direction", 2, {"threshold": 0.0}), type(bars)(bars.instrument, bars.timeframe, flat)
    )
    assert not found.valid.any()
    held = make(LabelSpec("signal_direction", 2), type(bars)(bars.instrument, bars.timeframe, flat))
    assert (held.y[held.valid] == 0.0).all()
    assert held.valid.any()


def test_volatility_is_the_normalised_weighted_mean_of_squares(make_bars):
    bars = make_bars(150)
    r2 = np.diff(np.log(bars.column("close"))) ** 2
    t = 140
    weights = (1.0 - 2.0 / (SPAN + 1)) ** np.arange(t)[::-1]
    assert ewma_volatility(bars)[t] == pytest.approx(np.sqrt(weights @ r2[:t] / weights.sum()), rel=1e-12)


def test_return_over_a_gap_counts_as_many_bars(make_bars):
    whole, broken = make_bars(100), make_bars(100, missing=range(60, 69))
    assert ewma_volatility(broken)[60] < ewma_volatility(whole)[60]
    assert ewma_volatility(broken)[59] == ewma_volatility(whole)[59]


def test_names_are_checked_with_a_hint(make_bars):
    bars = make_bars(50)
    with pytest.raises(UnknownName, match="signal_direction"):
        make_labels(bars, "signal_directon", horizon=2)
    with pytest.raises(UnknownName, match="threshold"):
        make_labels(bars, "signal_direction", horizon=2, treshold=0.1)
    with pytest.raises(ConfigError, match="bars ahead"):
        LabelSpec("signal_direction", 0)
    with pytest.raises(ConfigError, match="threshold"):
        make_labels(bars, "signal_direction", horizon=2, threshold=-1.0)


def test_specs_are_values():
    short, full = LabelSpec("signal_direction", 24), LabelSpec("signal_direction", 24, {"threshold": 0.25})
    assert short.hash == full.hash
    assert hash(LabelSpec("signal_direction", 24, {"threshold": 0.25})) == hash(full)
    assert short.hash != LabelSpec("signal_direction", 24, {"threshold": 0.3}).hash
    window = (
        LabelSpec("breakout", 24),
        LabelSpec("breakout", 24, {"window": 20}),
        LabelSpec("breakout", 24, {"window": 20.0}),
    )
    assert len({spec.hash for spec in window}) == 1
    assert short.task is Task.MULTICLASS
    assert LabelSpec("signal_direction", 1, {"threshold": 0.0}).classes == (-1.0, 1.0)
    assert {"signal_direction", "target_return", "target_volatility", "profitable", "breakout"} <= set(labels())
    assert labels() == sorted(labels())


def test_volatility_is_known_at_the_close_of_its_bar(make_bars):
    bars = make_bars(200, missing=[90, 91])
    whole = ewma_volatility(bars)
    for cut in np.random.default_rng(0).integers(1, 200, 30):
        assert np.array_equal(ewma_volatility(bars.rows(0, int(cut))), whole[:cut], equal_nan=True)
