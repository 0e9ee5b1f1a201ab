"""Features: the fused loop against TA-Lib + pandas computing the same columns, and one live bar through `push`.

Both sides compute the set `core` on the same seeded hourly bars, one thread each; the peer's columns are compared with
ours before anything is timed. Live, the peer computes the columns on the last 500 bars, as bots built on it do.
"""

import statistics
import time

import numpy as np
import pandas as pd
import talib

from alphaplus.core.bars import BarFrame
from alphaplus.features.engine import FeatureEngine
from alphaplus.market.sources.simulated import simulate

BARS = 100_000
LIVE = 5_000
WINDOW = 500
ROUNDS = 5


def peer(d):
    """The columns of `core` by TA-Lib where it has the function, else by pandas and numpy; `d` is indexed by time."""
    o, h, low, c, v = (d[name].to_numpy() for name in ("open", "high", "low", "close", "volume"))
    close, out = d["close"], {}
    for k in (1, 2, 3, 5, 10, 20, 50):
        out[f"return_{k}"] = talib.ROCP(c, k)
    span = h - low
    with np.errstate(divide="ignore", invalid="ignore"):
        out["gap"] = o / np.concatenate([[np.nan], c[:-1]]) - 1
        out["body_ratio"] = np.where(span > 0, (c - o) / span, 0.0)
        out["upper_wick_ratio"] = np.where(span > 0, (h - np.maximum(o, c)) / span, 0.0)
        out["lower_wick_ratio"] = np.where(span > 0, (np.minimum(o, c) - low) / span, 0.0)
        out["close_location"] = np.where(span > 0, ((c - low) - (h - c)) / span, 0.0)
    out["range_ratio"] = span / c
    for w in (20, 50):
        top, bottom = talib.MAX(h, w), talib.MIN(low, w)
        out[f"range_position_{w}"] = (c - bottom) / (top - bottom)
        if w == 20:
            out["distance_to_high_20"], out["distance_to_low_20"] = (c - top) / c, (c - bottom) / c
    five = talib.ROCP(c, 5)
    out["acceleration_5"] = five - np.concatenate([np.full(5, np.nan), five[:-5]])
    way = talib.SUM(np.abs(np.diff(c, prepend=c[0])), 10)
    out["efficiency_ratio_10"] = talib.MOM(c, 10) / way
    for w in (9, 20, 50, 200):
        out[f"close_to_ema_{w}"] = c / talib.EMA(c, w) - 1
    out["rsi_7"], out["rsi_14"] = talib.RSI(c, 7), talib.RSI(c, 14)
    for name, line in zip(("macd", "macd_signal", "macd_histogram"), talib.MACD(c), strict=True):
        out[f"{name}_to_close"] = line / c
    upper, middle, lower = talib.BBANDS(c, 20)
    out["bollinger_width"], out["bollinger_percent_b"] = (upper - lower) / middle, (c - lower) / (upper - lower)
    out["stochastic_k"], out["stochastic_d"] = talib.STOCH(h, low, c, 14, 3, 0, 3)
    out["atr_14_to_close"] = talib.ATR(h, low, c, 14) / c
    out["adx_14"] = talib.ADX(h, low, c, 14)
    out["plus_di_14"], out["minus_di_14"] = talib.PLUS_DI(h, low, c, 14), talib.MINUS_DI(h, low, c, 14)
    out["cci_20"] = talib.CCI(h, low, c, 20)
    out["mfi_14"] = talib.MFI(h, low, c, v, 14)
    out["aroon_oscillator_25"] = talib.AROONOSC(h, low, 25)
    out["linear_slope_20"] = talib.LINEARREG_SLOPE(c, 20) / c
    _peer_volatility(out, o, h, low, c)
    _peer_volume(out, d, h, low, c, v)
    _peer_time(out, d.index)
    change = np.log(close / close.shift(1))
    for k in (1, 2, 3, 5, 10):
        out[f"log_return_1_lag_{k}"] = change.shift(k).to_numpy()
    rsi, ratio = pd.Series(out["rsi_14"]), pd.Series(out["volume_ratio"])
    for k in (1, 3, 5):
        out[f"rsi_14_lag_{k}"] = rsi.shift(k).to_numpy()
    for k in (1, 2, 3):
        out[f"volume_ratio_lag_{k}"] = ratio.shift(k).to_numpy()
    for w in (10, 20, 50):
        rolling = change.rolling(w)
        out[f"log_return_1_mean_{w}"], out[f"log_return_1_std_{w}"] = rolling.mean(), rolling.std()
        out[f"log_return_1_skew_{w}"], out[f"log_return_1_kurtosis_{w}"] = rolling.skew(), rolling.kurt()
    out["close_zscore_20"] = (c - talib.SMA(c, 20)) / talib.STDDEV(c, 20)
    out["close_rank_20"] = (close.rolling(20).rank() - 1) / 19
    out["volume_zscore_20"] = (v - talib.SMA(v, 20)) / talib.STDDEV(v, 20)
    _peer_higher(out, d)
    return out


def _peer_volatility(out, o, h, low, c):
    up, down, move = np.log(h / o), np.log(low / o), np.log(c / o)
    span = (up - down) ** 2
    out["parkinson_20"] = np.sqrt(talib.SMA(span / (4 * np.log(2)), 20))
    out["garman_klass_20"] = np.sqrt(talib.SMA(0.5 * span - (2 * np.log(2) - 1) * move**2, 20))


def _peer_volume(out, d, h, low, c, v):
    total = talib.SUM(v, 20)
    out["volume_ratio"] = v * 20 / total
    before = np.concatenate([[np.nan], v[:-1]])
    out["volume_change"] = (v - before) / (v + before)
    slot = d.index.hour  # hourly bars: one quarter hour in use an hour
    usual = d["volume"].groupby(slot).transform(lambda x: x.ewm(alpha=1 / 20, adjust=False).mean().shift(1))
    out["relative_volume"] = d["volume"].to_numpy() / usual.to_numpy()
    typical = (h + low + c) / 3
    day = d.index.floor("D")
    money, volume = pd.Series(typical * v).groupby(day).cumsum(), pd.Series(v).groupby(day).cumsum()
    out["close_to_vwap"] = c / (money / volume).to_numpy() - 1
    out["obv_slope_20"] = talib.LINEARREG_SLOPE(talib.OBV(c, v), 20) / (total / 20)
    with np.errstate(divide="ignore", invalid="ignore"):
        flow = np.where(h > low, v * ((c - low) - (h - c)) / (h - low), 0.0)
    out["cmf_20"] = talib.SUM(flow, 20) / total
    out["volume_flow_imbalance"] = talib.SUM(np.sign(np.diff(c, prepend=c[0])) * v, 20) / total


def _peer_time(out, index):
    minute, weekday, month = index.hour * 60 + index.minute, index.day_of_week, index.month
    out["hour_of_day"], out["day_of_week"] = index.hour.to_numpy(), weekday.to_numpy()
    for name, angle in (
        ("minute_of_day", minute / 1440),
        ("day_of_week", weekday / 7),
        ("month", (month - 1) / 12),
    ):
        out[f"{name}_sin"] = np.sin(2 * np.pi * angle.to_numpy())
        out[f"{name}_cos"] = np.cos(2 * np.pi * angle.to_numpy())
    hours = {"asia": ("Asia/Tokyo", 540, 930), "europe": ("Europe/London", 480, 990), "us": ("US/Eastern", 570, 960)}
    for name, (zone, start, end) in hours.items():
        local = index.tz_convert(zone)
        at = local.hour * 60 + local.minute
        out[f"session_{name}"] = ((local.day_of_week < 5) & (at >= start) & (at < end)).astype(float)


def _peer_higher(out, d):
    for prefix, every in (("h4", "4h"), ("d1", "1D")):
        bars = d.resample(every).agg({"close": "last", "volume": "sum"})
        close, volume = bars["close"].to_numpy(), bars["volume"].to_numpy()
        columns = {"return": talib.ROCP(close, 1), "volume_ratio": volume * 20 / talib.SUM(volume, 20)}
        if prefix == "h4":
            columns["rsi_14"] = talib.RSI(close, 14)
        known = bars.index + pd.Timedelta(every) - pd.Timedelta("1h")  # the hour that completes it
        for name, values in columns.items():
            series = pd.Series(values, known)
            out[f"{prefix}_{name}"] = series.reindex(d.index, method="ffill").to_numpy()


def table_of(bars: BarFrame):
    """The bars as pandas has them."""
    data = {name: bars.column(name) for name in ("open", "high", "low", "close", "volume")}
    return pd.DataFrame(data, index=pd.to_datetime(bars.open_time, unit="ms", utc=True))


def agreement(columns, values, theirs):
    """How many columns agree to a millionth of their spread over the second half, and which do not."""
    half, apart = len(values) // 2, []
    for place, name in enumerate(columns):
        ours, other = values[half:, place], np.asarray(theirs[name], dtype=float)[half:]
        worst = np.nanmax(np.abs(ours - other))
        if not worst <= 1e-6 * max(np.nanstd(ours), 1e-12):
            apart.append(name)
    return len(columns) - len(apart), apart


def seconds(work, rounds=ROUNDS):
    """CPU seconds of a call, the median of some."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return statistics.median(times)


def main() -> list[dict[str, object]]:
    """Measure history and live, ours and the peer's, and print what came out."""
    bars = simulate("N0", bars=BARS, seed=1)
    engine = FeatureEngine("core", bars.instrument, bars.timeframe)
    rows, table = bars.matrix(engine.inputs), table_of(bars)
    values = engine.compute(rows, keep=False)
    agreeing, apart = agreement(engine.columns, values, peer(table))
    count = len(engine.columns)
    ours = seconds(lambda: engine.compute(rows, keep=False)) / BARS * 1e9
    other = seconds(lambda: peer(table), rounds=3) / BARS * 1e9
    both = f"{count} columns, {BARS:,} bars, CPU time of one thread, median; {agreeing} columns agree to 1e-6"
    if apart:
        both += f", others are defined a little otherwise there: {', '.join(apart)}"
    live = _live(engine, bars, rows, table)
    results = [
        _row("features, history", ours, "ns/bar", f"< {other:,.0f} (peer)", both),
        _row("features, history, TA-Lib + pandas", other, "ns/bar", "", "the same columns in the same run"),
        _row("features, history, speed-up", other / ours, "x", "> 1, in time 6", "peer over ours"),
        _row("features, history, a column", ours / count, "ns/bar", "<= 5", "output pages are fresh at every call"),
        *live,
    ]
    for result in results:
        print(f"{result['name']:<48} {result['value']:>12} {result['unit']:<8} {result['goal']}")
    return results


def _live(engine, bars, rows, table):
    start = BARS - 2 * LIVE
    engine.compute(rows[:start])
    pushed, forming, framed = [], [], []
    for row in rows[start : start + LIVE]:
        begun = time.perf_counter_ns()
        engine.push(row, forming=True)
        middle = time.perf_counter_ns()
        engine.push(row)
        forming.append(middle - begun)
        pushed.append(time.perf_counter_ns() - middle)
    for place in range(start + LIVE, start + LIVE + 1_000):
        begun = time.perf_counter_ns()
        engine.advance(bars.rows(place, place + 1))
        framed.append(time.perf_counter_ns() - begun)
    tail = table.iloc[-WINDOW:]
    other = seconds(lambda: peer(tail)) * 1e6
    us = {name: np.percentile(times, [50, 99]) / 1e3 for name, times in (("push", pushed), ("forming", forming))}
    one = float(np.median(framed)) / 1e3
    detail = f"median of {LIVE:,} bars; 99th percentile {{:.2f}} us"
    return [
        _row("features, a live bar by push", us["push"][0], "us", "<= 5", detail.format(us["push"][1])),
        _row("features, a forming bar by push", us["forming"][0], "us", "<= 10", detail.format(us["forming"][1])),
        _row(
            "features, a live bar by one-row frames",
            one,
            "us",
            "",
            "a BarFrame of one row in, a FeatureFrame out; at the edges only",
        ),
        _row("features, a live bar, TA-Lib + pandas", other, "us", "", f"the same columns on the last {WINDOW} bars"),
        _row("features, a live bar, speed-up", other / us["push"][0], "x", ">= 1000", "peer over push"),
    ]


def _row(name, value, unit, goal, detail):
    return {"name": name, "value": round(float(value), 3), "unit": unit, "goal": goal, "detail": detail}


if __name__ == "__main__":
    main()
