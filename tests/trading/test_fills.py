"""What one bar does to an account, rule by rule, against hand calculations."""

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaplus.trading import fills
from alphaplus.trading.fills import ExitReason

CAPITAL = 10_000.0
HOUR = 3_600_000


def run(prices, orders, *, fee_bps=0.0, slippage_bps=0.0):
    table = np.array(prices, dtype=np.float64)
    asked = np.array(orders, dtype=np.float64)
    if asked.ndim == 1:
        asked = asked[:, None]
    state = fills.new_state(capital=CAPITAL, fee_bps=fee_bps, slippage_bps=slippage_bps)
    return fills.fill_bars(state, np.arange(len(table)) * HOUR, prices=table, orders=asked)


def flat(price):
    return (price, price, price, price)


def reasons(filled):
    return [ExitReason(int(row[fills.REASON])) for row in filled.trades]


def test_an_order_is_filled_at_the_next_open_and_not_before():
    filled = run([(100, 101, 99, 100), (110, 112, 109, 111), flat(111), (120, 121, 119, 120)], [1, 1, 0, 0])
    assert filled.equity.tolist() == [
        CAPITAL,
        pytest.approx(CAPITAL * 111 / 110),
        pytest.approx(CAPITAL * 111 / 110),
        pytest.approx(CAPITAL * 120 / 110),
    ]
    (trade,) = filled.trades
    assert (trade[fills.ENTRY], trade[fills.EXIT], trade[fills.BARS]) == (110, 120, 2)
    assert (trade[fills.OPENED_AT], trade[fills.CLOSED_AT]) == (HOUR, 3 * HOUR)
    assert reasons(filled) == [ExitReason.CLOSED]


def test_fee_and_slippage_are_taken_on_both_sides():
    fee, slippage = 10.0, 5.0
    filled = run([flat(100), flat(100), flat(130), flat(130)], [1, 1, 0, 0], fee_bps=fee, slippage_bps=slippage)
    bought, sold = 100 * 1.0005, 130 * 0.9995
    units = CAPITAL / (bought * 1.001)  # as many as the capital pays for, fee included
    trade = filled.trades[0]
    assert trade[fills.UNITS] == pytest.approx(units, rel=1e-12)
    assert trade[fills.ENTRY] == pytest.approx(bought, rel=1e-12)
    assert trade[fills.EXIT] == pytest.approx(sold, rel=1e-12)
    assert trade[fills.TRADE_FEES] == pytest.approx(units * (bought + sold) * 0.001, rel=1e-12)
    assert trade[fills.PNL] == pytest.approx(units * (sold - bought) - units * (bought + sold) * 0.001, rel=1e-9)
    assert filled.state[fills.SLIPPAGE_PAID] == pytest.approx(units * (0.05 + 0.065), rel=1e-12)
    assert filled.state[fills.TRADED] == pytest.approx(units * (bought + sold), rel=1e-12)


def test_a_full_position_never_borrows_for_its_own_fee():
    filled = run([flat(100)] * 3, [1, 1, 1], fee_bps=10, slippage_bps=5)
    assert filled.state[fills.CASH] >= -1e-9


def test_a_short_position_earns_when_the_price_falls():
    filled = run([flat(100), flat(100), flat(80), flat(80)], [-1, -1, 0, 0])
    assert filled.equity[-1] == pytest.approx(CAPITAL * 1.2)
    assert filled.trades[0, fills.SIDE] == -1


def test_a_reversal_closes_one_trade_and_opens_the_other_at_the_same_open():
    filled = run([flat(100), flat(100), flat(120), flat(90)], [1, -1, -1, -1])
    assert reasons(filled) == [ExitReason.REVERSED, ExitReason.OPEN]
    assert filled.trades[:, fills.ENTRY].tolist() == [100, 120]
    assert filled.trades[0, fills.CLOSED_AT] == filled.trades[1, fills.OPENED_AT] == 2 * HOUR
    assert filled.equity[-1] == pytest.approx(CAPITAL * 1.2 * (1 + 30 / 120))


def test_only_a_change_of_the_wanted_position_trades():
    filled = run([flat(100), flat(100), flat(150), flat(70)], [0.5, 0.5, 0.5, 0.5], fee_bps=10)
    assert filled.state[fills.TRADED] == pytest.approx(0.5 * CAPITAL / 1.001)


def test_nan_keeps_what_there_is():
    kept = run([flat(100), flat(100), flat(120), flat(130)], [1, nan, nan, nan])
    asked = run([flat(100), flat(100), flat(120), flat(130)], [1, 1, 1, 1])
    assert kept.equity.tolist() == asked.equity.tolist()


def test_scaling_in_and_out_is_one_trade_at_average_prices():
    filled = run([flat(100), flat(100), flat(200), flat(300), flat(300)], [0.5, 1.0, 0.25, 0.0, 0.0])
    first = 0.5 * CAPITAL / 100
    second = (CAPITAL / 2 + first * 200) / 200 - first  # to full at 200
    held = first + second
    left = 0.25 * held * 300 / 300
    (trade,) = filled.trades
    assert trade[fills.ENTRY] == pytest.approx((first * 100 + second * 200) / held)
    assert trade[fills.EXIT] == pytest.approx(300)
    assert trade[fills.UNITS] == pytest.approx(held)
    assert left == pytest.approx(held / 4)
    assert trade[fills.PNL] == pytest.approx(filled.equity[-1] - CAPITAL)


LONG = [(1, 95, 110)] + [(nan, nan, nan)] * 5
SHORT = [(-1, 105, 90)] + [(nan, nan, nan)] * 5


@pytest.mark.parametrize(
    ("order", "bar", "reason", "price"),
    [
        (LONG, (100, 104, 94, 103), ExitReason.STOP, 95),
        (LONG, (100, 111, 99, 103), ExitReason.TARGET, 110),
        (LONG, (100, 111, 94, 103), ExitReason.STOP, 95),  # both: the stop was first
        (LONG, (93, 112, 92, 100), ExitReason.STOP, 93),  # opened beyond the stop
        (LONG, (115, 116, 90, 100), ExitReason.TARGET, 115),  # opened beyond the target
        (LONG, (100, 104, 95, 103), ExitReason.STOP, 95),  # a touch stops
        (LONG, (100, 110, 96, 103), None, None),  # a touch is no fill of a limit order
        (SHORT, (100, 106, 99, 100), ExitReason.STOP, 105),
        (SHORT, (100, 101, 89, 95), ExitReason.TARGET, 90),
        (SHORT, (100, 106, 89, 95), ExitReason.STOP, 105),
        (SHORT, (107, 108, 85, 95), ExitReason.STOP, 107),
        (SHORT, (88, 108, 85, 95), ExitReason.TARGET, 88),
        (SHORT, (100, 104, 90, 95), None, None),
    ],
)
def test_stop_and_target_inside_a_bar(order, bar, reason, price):
    filled = run([flat(100), (100, 101, 99, 100), bar, flat(bar[3])], order[:4])
    if reason is None:
        assert reasons(filled) == [ExitReason.OPEN]
        return
    assert reasons(filled) == [reason]
    assert filled.trades[0, fills.EXIT] == price
    assert filled.trades[0, fills.CLOSED_AT] == 2 * HOUR
    assert filled.position.tolist() == [0, order[0][0], 0, 0]


def test_a_stop_pays_slippage_and_a_target_does_not():
    stopped = run([flat(100), flat(100), (100, 101, 90, 100)], LONG[:3], slippage_bps=10)
    reached = run([flat(100), flat(100), (100, 120, 99, 100)], LONG[:3], slippage_bps=10)
    assert stopped.trades[0, fills.EXIT] == pytest.approx(95 * 0.999)
    assert reached.trades[0, fills.EXIT] == 110


def test_a_position_can_be_stopped_in_the_bar_that_opens_it():
    filled = run([flat(100), (99, 100, 94, 100), flat(100)], LONG[:3])
    assert reasons(filled) == [ExitReason.STOP]
    assert filled.trades[0, fills.BARS] == 0
    assert filled.trades[0, fills.OPENED_AT] == filled.trades[0, fills.CLOSED_AT] == HOUR


def test_reversal_and_stop_of_the_new_position_in_one_bar_are_two_trades():
    orders = [(1, nan, nan), (-1, 105, nan), (nan, nan, nan)]
    filled = run([flat(100), flat(100), (100, 106, 99, 100)], orders)
    assert reasons(filled) == [ExitReason.REVERSED, ExitReason.STOP]


def test_the_order_of_the_last_close_goes_before_the_stop():
    orders = [(1, 95, nan), (0, nan, nan), (nan, nan, nan)]
    filled = run([flat(100), flat(100), (97, 98, 90, 91)], orders)
    assert reasons(filled) == [ExitReason.CLOSED]
    assert filled.trades[0, fills.EXIT] == 97


def test_after_a_stop_the_same_order_enters_again():
    filled = run([flat(100), (100, 101, 94, 100), flat(100), flat(100)], [(1, 95, nan)] * 4)
    assert filled.position.tolist() == [0, 0, 1, 1]


def test_an_account_that_is_gone_stays_at_zero():
    filled = run([flat(100), flat(100), flat(210), flat(50), flat(50)], [-1, -1, 1, 1, -1])
    assert filled.equity.tolist() == [CAPITAL, CAPITAL, 0, 0, 0]
    assert reasons(filled) == [ExitReason.RUIN]
    assert filled.trades[0, fills.PNL] == -CAPITAL


def test_a_loss_beyond_the_capital_at_the_open_is_not_collected():
    filled = run([flat(100), flat(100), (250, 250, 250, 250), flat(100)], [-1, 0, 1, 1])
    assert filled.equity.tolist() == [CAPITAL, CAPITAL, 0, 0]
    assert filled.trades[:, fills.PNL].tolist() == [-CAPITAL]


def test_the_trade_list_may_be_longer_than_the_buffer(monkeypatch):
    rng = np.random.default_rng(3)
    prices = [flat(price) for price in 100 + rng.normal(0, 1, 500)]
    orders = rng.choice([-1.0, 0.0, 1.0], 500)
    whole = run(prices, orders, fee_bps=5)
    monkeypatch.setattr(fills, "TRADES_AT_A_TIME", 7)
    pieces = run(prices, orders, fee_bps=5)
    assert len(whole.trades) > 100
    assert np.array_equal(whole.trades, pieces.trades)
    assert np.array_equal(whole.equity, pieces.equity)


def test_no_bars_give_nothing():
    filled = run(np.empty((0, 4)), np.empty((0, 1)))
    assert len(filled.equity) == len(filled.trades) == 0


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    fee=st.floats(0, 50),
    slippage=st.floats(0, 50),
    levels=st.booleans(),
    share=st.floats(0.1, 1.5),
)
def test_trades_account_for_all_of_the_equity(seed, fee, slippage, levels, share):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.05, 80)))
    open_ = np.concatenate(([100], close[:-1])) * np.exp(rng.normal(0, 0.01, 80))
    prices = np.column_stack([open_, np.maximum(open_, close) * 1.01, np.minimum(open_, close) * 0.99, close])
    orders = np.column_stack(
        [
            rng.choice([-share, 0.0, share / 2, share, nan], 80),
            np.where(levels, close * rng.choice([0.93, 1.07], 80), nan),
            np.where(levels, close * rng.choice([0.9, 1.1], 80), nan),
        ]
    )
    filled = run(prices, orders, fee_bps=fee, slippage_bps=slippage)
    assert np.isfinite(filled.equity).all()
    assert (filled.equity >= 0).all()
    assert filled.trades[:, fills.PNL].sum() == pytest.approx(filled.equity[-1] - CAPITAL, rel=1e-9, abs=1e-6)
    closed = filled.trades[:, fills.REASON] != ExitReason.OPEN
    assert (filled.trades[closed, fills.UNITS] > 0).all()
    assert not isnan(filled.state[fills.CASH])


def test_costs_only_ever_lower_the_equity_of_the_same_orders():
    rng = np.random.default_rng(8)
    prices = [flat(price) for price in 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 300)))]
    orders = rng.choice([-1.0, 0.0, 1.0], 300)
    ends = [run(prices, orders, fee_bps=fee, slippage_bps=fee).equity[-1] for fee in (0, 1, 5, 20)]
    assert ends == sorted(ends, reverse=True)
