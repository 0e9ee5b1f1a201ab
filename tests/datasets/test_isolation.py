"""Labels read their own span and nothing else: every registered one passes, every planted fault is caught."""

import numpy as np
import pandas as pd
import pytest

from alphaplus.datasets.isolation import check_label
from alphaplus.datasets.labelling import Answers, get_label, labels, make_labels
from alphaplus.datasets.volatility import ewma_volatility

HORIZON = 8


@pytest.fixture(scope="module")
def bars(make_bars):
    return make_bars(500, seed=3)


def returns(bars, horizon=HORIZON):
    """The return over the bars ahead, from the next open, NaN where they are not all there."""
    close, open_ = pd.Series(bars.column("close")), pd.Series(bars.column("open"))
    return (close.shift(-horizon) / open_.shift(-1) - 1.0).to_numpy()


def shifted_forward(bars):
    """The answer of the bar after, whose span ends one bar too late."""
    return np.append(returns(bars)[1:], np.nan)


def shifted_backward(bars):
    """The answer of the bar before, which holds what is known already."""
    return np.append(np.nan, returns(bars)[:-1])


def tail_filled(bars):
    return np.nan_to_num(returns(bars))


def tail_dropped(bars):
    y = returns(bars)
    return y[np.isfinite(y)]


def scaled_by_the_whole(bars):
    y = returns(bars)
    return y / np.nanstd(y)


def from_an_old_price(bars):
    """The return since five bars before the entry: the past decides part of the answer."""
    close = pd.Series(bars.column("close"))
    return (close.shift(-HORIZON) / close.shift(5) - 1.0).to_numpy()


def of_the_past(bars):
    """The last return, with a proper tail: no answer at all."""
    y = pd.Series(bars.column("close")).pct_change()
    y[-HORIZON:] = np.nan
    return y.to_numpy()


def less_the_past_return(bars):
    """Three times the last returns are taken off: their level does not matter, their direction does."""
    close = pd.Series(bars.column("close"))
    return returns(bars) - 3.0 * np.log(close / close.shift(20)).to_numpy()


def with_the_sign_of_the_last_change(bars):
    close = bars.column("close")
    return returns(bars) * np.where(np.diff(close, prepend=close[0]) > 0, 1.0, -1.0)


def with_the_sign_of_the_last_candle(bars):
    return returns(bars) + np.sign(bars.column("close") - bars.column("open"))


def with_the_sign_of_the_last_volume(bars):
    volume = bars.column("volume")
    return returns(bars) * np.where(np.diff(volume, prepend=volume[0]) > 0, 1.0, -1.0)


def first_rise_of_a_percent(bars, *, told):
    """Whether a close rises a percent above the entry, known at the first that does; `told` says how it lies."""
    close, open_ = bars.column("close"), bars.column("open")
    n = len(close)
    y, end = np.full(n, np.nan), np.full(n, -1)
    for row in range(n - HORIZON):
        risen = np.flatnonzero(close[row + 1 : row + 1 + HORIZON] > 1.01 * open_[row + 1])
        y[row] = float(len(risen) > 0)
        end[row] = row + 1 + (risen[0] if len(risen) else HORIZON - 1)
    if told == "truth":
        return Answers(y, end)
    return Answers(y, np.maximum(end - 1, np.arange(n) + 1) if told == "a bar early" else end + HORIZON)


def known_at_once(bars):
    """The whole return, said to be known a bar later."""
    return Answers(returns(bars), np.arange(len(bars)) + 1)


def known_a_bar_early(bars):
    return first_rise_of_a_percent(bars, told="a bar early")


def known_too_late(bars):
    return first_rise_of_a_percent(bars, told="too late")


PLANTED = {
    known_at_once: {"span"},
    known_a_bar_early: {"span"},
    known_too_late: {"span"},
    shifted_forward: {"span"},
    shifted_backward: {"tail", "past"},
    tail_filled: {"tail"},
    tail_dropped: {"shape"},
    scaled_by_the_whole: {"span"},
    from_an_old_price: {"past"},
    less_the_past_return: {"past"},
    with_the_sign_of_the_last_change: {"past"},
    with_the_sign_of_the_last_candle: {"past"},
    with_the_sign_of_the_last_volume: {"past"},
    of_the_past: {"answer"},
}


def judged(name, bars):
    """The report of a registered label."""

    def labeller(given):
        found = make_labels(given, name, horizon=HORIZON)
        return Answers(found.y, found.span_end)

    return check_label(labeller, bars, horizon=HORIZON, asks_past=get_label(name).asks_past)


@pytest.mark.parametrize("name", labels())
def test_registered_labels_are_isolated(name, bars):
    report = judged(name, bars)
    assert report.honest, {check: str(fault) for check, fault in report.faults("y").items()}


def test_an_early_answer_that_tells_the_truth_is_isolated(bars):
    report = check_label(lambda given: first_rise_of_a_percent(given, told="truth"), bars, horizon=HORIZON)
    assert report.honest, {check: str(fault) for check, fault in report.faults("y").items()}


def test_the_past_is_not_judged_where_it_is_asked_about(bars):
    assert not check_label(from_an_old_price, bars, horizon=HORIZON).honest
    report = check_label(from_an_old_price, bars, horizon=HORIZON, asks_past=True)
    assert report.honest
    assert [verdict.check for verdict in report.verdicts if verdict.skipped] == ["past"]


def test_the_plain_return_is_isolated(bars):
    assert check_label(returns, bars, horizon=HORIZON).honest


def of_squares(bars):
    return ewma_volatility(bars)


def of_deviations(bars):
    return np.log(pd.Series(bars.column("close"))).diff().rolling(20).std().to_numpy()


def of_ranges(bars):
    """Garman and Klass (1980)."""
    open_, high, low, close = (bars.column(name) for name in ("open", "high", "low", "close"))
    squares = 0.5 * np.log(high / low) ** 2 - (2 * np.log(2) - 1) * np.log(close / open_) ** 2
    return np.sqrt(pd.Series(squares).rolling(20).mean()).to_numpy()


@pytest.mark.parametrize("volatility", [of_squares, of_deviations, of_ranges], ids=lambda of: of.__name__)
def test_a_label_in_units_of_past_volatility_is_isolated(volatility, bars):
    report = check_label(lambda given: returns(given) / volatility(given), bars, horizon=HORIZON)
    assert report.honest, {check: str(fault) for check, fault in report.faults("y").items()}


@pytest.mark.real_data
@pytest.mark.parametrize("name", labels())
def test_registered_labels_are_isolated_on_real_bars(name, btc_1h):
    report = judged(name, btc_1h.rows(0, 3_000))
    assert report.honest, {check: str(fault) for check, fault in report.faults("y").items()}


@pytest.mark.parametrize("answers", PLANTED, ids=lambda answers: answers.__name__)
def test_a_planted_label_is_caught(answers, bars):
    report = check_label(answers, bars, horizon=HORIZON)
    caught = report.faults("y")
    assert PLANTED[answers] <= set(caught), {check: str(fault) for check, fault in caught.items()}


def test_the_first_bar_is_named(bars):
    """A label whose tail is filled answers first where the earliest cut leaves a bar without its span."""
    fault = check_label(tail_filled, bars, horizon=HORIZON).first("y")
    assert (fault.open_time, fault.found) == (int(bars.open_time[fault.row]), 0.0)
