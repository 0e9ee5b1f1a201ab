"""The exported forms: one page that asks for nothing, JSON, CSV."""

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.trading.backtest import backtest_positions
from alphaplus.trading.export import curves, monthly, thin
from alphaplus.trading.report import render

N = 20_000


@pytest.fixture(scope="module")
def found(markets):
    bars = markets.walk(N, seed=1, venue="simulated", fee_bps=2.0)
    return backtest_positions(bars, np.sign(np.sin(np.arange(N) / 9)), slippage_bps=1.0)


class Parsed(HTMLParser):
    """Tags that must be closed are closed, and every address a page could ask for."""

    VOID = frozenset({"meta", "link", "line", "polyline", "polygon", "br"})

    def __init__(self):
        super().__init__()
        self.open, self.addresses, self.tags, self.text = [], [], set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "data", "action", "srcset")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(page):
    parser = Parsed()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_asks_for_nothing_and_is_small(found, tmp_path):
    path = tmp_path / "report.html"
    found.to_html(path)
    page = path.read_text(encoding="utf-8")
    assert path.stat().st_size < 500_000
    seen = parsed(page)
    assert seen.addresses == ["data:,"]
    assert "script" not in seen.tags
    assert not re.search(r"https?://|@import|url\(", page)
    assert "default-src 'none'" in page


def test_the_page_says_what_was_found(found):
    text = " ".join(parsed(render(found)).text)
    assert "Simulated data" in text
    assert f"{len(found.trades):,} trades, the last 500 are shown" in text
    assert "fee 2 bps and slippage 1 bps a side" in text
    assert f"{found.metrics['sharpe']:.2f}".replace("-", "−") in text
    for name in ("Net return", "Deepest drawdown", "Profit factor", "Win rate", "Against random entries", "Exposure"):
        assert name in text


def test_the_page_works_in_both_colours_and_on_a_phone(found):
    page = render(found)
    assert "prefers-color-scheme:dark" in page
    assert "width=device-width" in page
    assert 'role="img" aria-label="Equity from' in page


def test_real_bars_carry_no_banner_and_no_trades_are_said_so(markets):
    found = backtest_positions(markets.walk(50, seed=2), np.zeros(50))
    text = " ".join(parsed(render(found)).text)
    assert "Simulated" not in text
    assert "No trades. The positions never changed from zero." in text


def test_a_lost_account_can_still_be_drawn(markets):
    flat = [(p, p, p, p) for p in (100, 100, 250, 250, 250)]
    found = backtest_positions(markets.bars_of(flat), [-1, -1, -1, -1, -1])
    assert found.equity[-1] == 0
    parsed(render(found))
    json.loads(found.to_json())


def test_the_report_says_which_bars_the_model_was_judged_on(markets):
    plain = backtest_positions(markets.walk(60, seed=2), np.zeros(60))
    judged = replace(plain, judged_until=int(plain.times[19]))
    line = "Bars up to 2020-09-14 08:00 UTC (20 of 60) were part of the slice on which the model was judged"
    assert line in " ".join(parsed(render(judged)).text)
    content = json.loads(judged.to_json())
    assert (content["judged_until"], content["judged_bars"]) == (int(plain.times[19]), 20)


def test_a_report_without_judged_bars_says_nothing_of_them(markets):
    plain = backtest_positions(markets.walk(60, seed=2), np.zeros(60))
    before = replace(plain, judged_until=int(plain.bars.open_time[0]))
    for backtest in (plain, before):
        assert "judged" not in " ".join(parsed(render(backtest)).text)
        assert backtest.summary()["judged_bars"] == 0
    assert plain.summary()["judged_until"] is None
    assert before.summary()["judged_until"] == before.judged_until


def test_words_from_outside_are_escaped(markets):
    bars = markets.walk(60, seed=3, symbol="<b>&")
    page = render(backtest_positions(bars, np.ones(60)))
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


def test_json_is_complete_and_strict(found):
    content = json.loads(found.to_json())
    assert content["simulated"] is True
    assert content["trades_count"] == len(content["trades"]) == len(found.trades)
    assert content["metrics"]["trades"] == len(found.trades)
    assert content["metrics"]["sharpe_level"] == 0.9
    assert content["curves"]["times"][-1] == content["end"] == int(found.times[-1])
    assert len(content["curves"]["times"]) <= 900
    assert json.dumps(found.summary(), allow_nan=False)


def test_csv_has_every_trade(found, tmp_path):
    path = tmp_path / "trades.csv"
    found.to_csv(path)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found.trades)
    assert float(rows[3]["pnl"]) == found.trades[3].pnl
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:00:00Z", rows[0]["opened_at"])


def test_months_compound_to_the_total_return(found):
    table = monthly(found)
    product = np.prod([1 + value for row in table for value in row["months"] if value is not None])
    assert product - 1 == pytest.approx(found.metrics["total_return"], rel=1e-9)
    assert np.prod([1 + row["total"] for row in table]) == pytest.approx(product)
    assert table[0]["year"] == 2020
    assert table[0]["months"][0] is None


def test_thinned_curves_keep_the_extremes(found):
    drawn = curves(found)
    assert max(drawn["equity"]) == found.equity.max()
    assert min(drawn["equity"]) == found.equity.min()
    assert min(drawn["drawdown"]) == found.drawdown.min()
    assert drawn["times"] == sorted(set(drawn["times"]))


@pytest.mark.parametrize("n", [1, 2, 899, 900, 901, 5_000])
def test_thin_keeps_first_and_last_and_no_more_than_asked(n):
    values = np.random.default_rng(n).normal(size=n)
    kept = thin([values, -values, values], most=900)
    assert kept[0] == 0
    assert kept[-1] == n - 1
    assert len(kept) <= 900


def test_daily_bars_make_a_monthly_table_too(markets):
    bars = markets.walk(400, seed=4)
    daily = replace(bars, timeframe=Timeframe.H1)
    assert monthly(backtest_positions(daily, np.ones(400)))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_handful_of_bars_is_reported_too(markets, n):
    found = backtest_positions(markets.walk(n, seed=1), np.ones(n))
    parsed(render(found))
    assert json.loads(found.to_json())["metrics"]["bars"] == n
