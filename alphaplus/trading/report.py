"""The report of a backtest as one HTML page that needs nothing else: no script, no font, no request."""

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from alphaplus.core.enums import Side
from alphaplus.core.moments import day, minute
from alphaplus.core.page import NONE, figures, number, page, percent, scrolled, signed, table
from alphaplus.core.records import Trade
from alphaplus.trading.charts import equity_svg
from alphaplus.trading.export import curves, monthly

if TYPE_CHECKING:
    from alphaplus.trading.result import Backtest

MOST_TRADES = 500  # shown; the JSON and CSV forms have all
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STYLE = """
.equity{fill:none;stroke:var(--up);stroke-width:2}.held{fill:none;stroke:var(--muted);stroke-width:1.2}
.drawdown{fill:var(--down);fill-opacity:.25;stroke:var(--down);stroke-width:1}
"""


def write_html(backtest: "Backtest", path: Path) -> None:
    """Write the report; its size stays under 500 kB whatever the length of the test."""
    path.write_text(render(backtest), encoding="utf-8")


def render(backtest: "Backtest") -> str:
    """The page as text."""
    title = f"Backtest {escape(backtest.instrument.symbol)} {backtest.timeframe.value}"
    banner = ""
    if backtest.instrument.simulated:
        banner = '<div class="banner" role="note">Simulated data: these prices come from a generator.</div>'
    span = f"{day(int(backtest.bars.open_time[0]))} to {day(int(backtest.times[-1]))} UTC"
    body = (
        f"<h1>{title}</h1><p>{span} · {len(backtest.bars):,} bars · {_speakers(backtest)}</p>{banner}"
        f"{_judged(backtest)}{_figures(backtest)}{_curves(backtest)}{_months(backtest)}{_costs(backtest)}{_trades(backtest)}"
        f"<p>{_assumptions(backtest)}</p>"
    )
    return page(title, body, style=STYLE)


def _speakers(backtest: "Backtest") -> str:
    if backtest.versions:
        return "model version " + ", ".join(str(number) for number in backtest.versions) + " and rules"
    return "rules alone" if backtest.decisions else "given positions"


def _judged(backtest: "Backtest") -> str:
    if not backtest.judged_bars or backtest.judged_until is None:
        return ""
    share = f"{backtest.judged_bars:,} of {len(backtest.bars):,}"
    return (
        f'<div class="banner" role="note">Bars up to {minute(backtest.judged_until)} UTC ({share}) were part of the '
        "slice on which the model was judged: they are no new evidence.</div>"
    )


def _figures(backtest: "Backtest") -> str:
    found, against = backtest.metrics, backtest.baselines
    held, random = against["buy_and_hold"], against["random_entries"]
    interval = f"{found['sharpe_level']:.0%} interval {number(found['sharpe_low'])} to {number(found['sharpe_high'])}"
    cards = [
        ("Net return", percent(found["total_return"]), f"buy and hold {percent(held['total_return'])}"),
        ("Sharpe, annual", number(found["sharpe"]), interval),
        ("Deepest drawdown", percent(found["max_drawdown"]), f"longest {found['longest_drawdown_bars']:,} bars"),
        ("Against random entries", _place(random["percentile"]), f"percentile of {random['count']} by Sharpe"),
        ("Win rate", percent(found["win_rate"]), f"breaks even at {percent(found['break_even_rate'])}"),
        ("Profit factor", number(found["profit_factor"]), f"{found['trades']:,} trades"),
        ("Expectancy a trade", percent(_hundredth(found["expectancy_pct"]), 3), "of the equity at entry"),
        ("Exposure", percent(found["exposure"]), f"turnover {number(found['turnover'], 1)} times equity a year"),
        ("Sortino, annual", number(found["sortino"]), "losses only"),
        ("Calmar", number(found["calmar"]), f"annual return {percent(found['annual_return'])}"),
        ("Fees paid", f"{found['fees_paid']:,.0f}", f"slippage {found['slippage_paid']:,.0f}"),
    ]
    said = found["predictions"]
    if said is not None:
        note = f"of {said['judged']:,} overlapping outcomes; {percent(said['share_up'])} were up"
        cards.append(("Model direction right", percent(said["accuracy"]), note))
    return figures(cards)


def _curves(backtest: "Backtest") -> str:
    drawn = curves(backtest)
    picture = equity_svg(drawn["times"], drawn["equity"], benchmark=drawn["buy_and_hold"], drawdown=drawn["drawdown"])
    key = '<div class="key"><span class="up">━ strategy</span><span>─ buy and hold</span>'
    key += '<span class="down">▒ drawdown</span></div>'
    return f"<section><h2>Equity after costs (log scale) and drawdown</h2>{picture}{key}</section>"


def _months(backtest: "Backtest") -> str:
    rows = "".join(
        f'<tr><th scope="row">{row["year"]}</th>'
        + "".join(_signed_cell(value) for value in (*row["months"], row["total"]))
        + "</tr>"
        for row in monthly(backtest)
    )
    months = table(("Year", *(f">{name}" for name in MONTHS), ">Total"), rows)
    return f"<section><h2>Net return by month, %</h2>{scrolled('Net return by month', months)}</section>"


def _costs(backtest: "Backtest") -> str:
    rows = "".join(
        f'<tr><th scope="row">{name} costs</th>{_signed_cell(row["total_return"])}<td>{number(row["sharpe"])}</td></tr>'
        for name, row in backtest.metrics["costs"].items()
    )
    random = backtest.baselines["random_entries"]
    spread = f"Random entries: Sharpe {number(random['sharpe_p05'])} to {number(random['sharpe_p95'])} (5th to 95th)."
    limit = backtest.metrics["break_even_cost_bps"]
    worth = (
        "It loses before any costs." if limit is None or limit <= 0 else f"It breaks even at {limit:.1f} bps a side."
    )
    costs = table(("", ">Net return, %", ">Sharpe"), rows)
    return f"<section><h2>The same orders at other costs</h2>{costs}<p>{worth} {spread}</p></section>"


def _trades(backtest: "Backtest") -> str:
    shown = backtest.trades[-MOST_TRADES:]
    count = f"{len(backtest.trades):,} trades"
    if len(shown) < len(backtest.trades):
        count += f", the last {len(shown)} are shown; the CSV and JSON exports have all"
    if not shown:
        return f"<section><h2>Trades</h2><p>No trades. {_why_none(backtest)}</p></section>"
    rows = "".join(_trade(trade) for trade in reversed(shown))
    trades = table(
        ("Side", ">Opened UTC", ">Closed UTC", ">Entry", ">Exit", ">Bars", ">Confidence", ">Result, %", "Exit by"), rows
    )
    return f"<section><h2>Trades</h2><p>{count}.</p>{scrolled('Trades', trades)}</section>"


def _trade(trade: Trade) -> str:
    way = '<span class="up">▲ long</span>' if trade.side is Side.LONG else '<span class="down">▼ short</span>'
    return (
        f'<tr><td class="word">{way}</td><td>{minute(trade.opened_at)}</td><td>{minute(trade.closed_at)}</td>'
        f"<td>{_price(trade.entry)}</td><td>{_price(trade.exit)}</td><td>{trade.bars}</td>"
        f"<td>{trade.confidence:.2f}</td>{_signed_cell(trade.return_pct / 100, 2)}"
        f'<td class="word">{escape(trade.exit_reason)}</td></tr>'
    )


def _why_none(backtest: "Backtest") -> str:
    if not backtest.decisions:
        return "The positions never changed from zero."
    last = backtest.decisions[-1]
    return f"Every bar was held; the last because: {escape(last.reason)}."


def _assumptions(backtest: "Backtest") -> str:
    return (
        f"Costs: fee {backtest.costs.fee_bps:g} bps and slippage {backtest.costs.slippage_bps:g} bps a side, included "
        f"in every figure. Start with {backtest.capital:,.0f}. Decided at a close, filled at the next open; a bar "
        "that reaches stop and target counts as stopped; a target fills only when traded through. A position open at "
        "the end is valued at the last close. Random entries are circular shifts of the own positions, seed "
        f"{backtest.seed}. Years have 365 days."
    )


def _signed_cell(value: float | None, digits: int = 1) -> str:
    if value is None:
        return "<td></td>"
    way = "up" if value > 0 else "down" if value < 0 else ""
    return f'<td class="{way}">{signed(100 * value, digits)}</td>'


def _place(value: float | None) -> str:
    return NONE if value is None else f"{value:.0f}"


def _hundredth(value: float | None) -> float | None:
    return None if value is None else value / 100


def _price(value: float) -> str:
    return f"{value:,.2f}" if value >= 10 else f"{value:.6g}"
