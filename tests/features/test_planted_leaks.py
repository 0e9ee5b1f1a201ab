"""Planted leaks: whatever is known to leak must be caught, with the bar and the column named; the honest must pass.

Each leak is a function of bars as people write them. Beside it stand the checks that must catch it and the first bar
that leaks, worked out from what the leak does and not by the code under test.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from scipy.signal import butter, filtfilt, savgol_filter
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from alphaplus.core.bars import REQUIRED, Timeframe
from alphaplus.datasets.labelling import make_labels
from alphaplus.features.checks import check_columns, check_function, check_table
from alphaplus.features.contract import feature
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.hindsight import alien_faults, canary_faults
from alphaplus.features.sets import feature_set
from alphaplus.market.read import read_bars

BARS = 1_200
NOW = 1_767_225_600_000  # 2026-01-01, later than all recorded data
COLUMN = "suspect"


def series(bars, name="close"):
    """A column by time, as pandas users hold it."""
    return pd.Series(bars.column(name), index=pd.to_datetime(bars.open_time, unit="ms", utc=True))


def table(bars):
    return pd.DataFrame({name: series(bars, name) for name in ("open", "high", "low", "close", "volume")})


def next_bar_return(bars):
    return series(bars).pct_change().shift(-1)


def chikou_read_backwards(bars):
    """The lagging line of Ichimoku is drawn 26 bars back; as a column it is the close of 26 bars later."""
    return series(bars).shift(-26)


def centred_mean(bars):
    return series(bars).rolling(5, center=True).mean()


def centred_savitzky_golay(bars):
    return savgol_filter(bars.column("close"), 11, 3)


def forward_backward_filter(bars):
    b, a = butter(3, 0.1)
    return filtfilt(b, a, bars.column("close"))


def whole_fourier_low_pass(bars):
    spectrum = np.fft.rfft(bars.column("close"))
    spectrum[len(spectrum) // 10 :] = 0
    return np.fft.irfft(spectrum, len(bars))


def whole_trend_removed(bars):
    close, time = bars.column("close"), np.arange(len(bars))
    return close - np.polyval(np.polyfit(time, close, 1), time)


def reversed_ewm(bars):
    return series(bars)[::-1].ewm(span=20).mean()[::-1]


def whole_zscore(bars):
    close = series(bars)
    return (close - close.mean()) / close.std()


def whole_minmax(bars):
    return MinMaxScaler().fit_transform(bars.column("close")[:, None])


def whole_standard_scaler(bars):
    return StandardScaler().fit_transform(bars.column("volume")[:, None])


def whole_rank(bars):
    return series(bars, "volume").rank(pct=True)


def whole_quantile_bin(bars):
    return np.digitize(bars.column("volume"), np.quantile(bars.column("volume"), [0.2, 0.4, 0.6, 0.8])).astype(float)


def whole_principal_component(bars):
    columns = table(bars).pct_change().fillna(0.0)
    return PCA(1).fit_transform(columns) if len(bars) > 2 else np.zeros(len(bars))


def whole_mixture_regime(bars):
    returns = series(bars).pct_change().fillna(0.0).to_numpy()[:, None]
    if len(bars) < 50:
        return np.full(len(bars), np.nan)
    return (
        GaussianMixture(2, random_state=0, init_params="random_from_data", tol=1e9)
        .fit(returns)
        .predict_proba(returns)[:, 0]
    )


def smoothed_hidden_markov(bars):
    """Two volatilities, known law, but the state is that given all bars: forward and backward."""
    returns = series(bars).pct_change().fillna(0.0).to_numpy()
    scale = np.array([0.005, 0.02])
    likely = np.exp(-0.5 * (returns[:, None] / scale) ** 2) / scale
    moves = np.array([[0.98, 0.02], [0.02, 0.98]])
    forward, backward = np.empty_like(likely), np.ones_like(likely)
    belief = np.array([0.5, 0.5])
    for t, seen in enumerate(likely):
        belief = belief @ moves * seen
        forward[t] = belief = belief / belief.sum()
    for t in range(len(bars) - 2, -1, -1):
        message = moves @ (likely[t + 1] * backward[t + 1])
        backward[t] = message / message.sum()
    state = forward * backward
    return state[:, 1] / state.sum(axis=1)


def unclosed_hour(bars):
    """Every bar gets the close of the hour that it lies in."""
    close = series(bars)
    return close.resample("1h").last().reindex(close.index.floor("1h")).to_numpy()


def hour_at_its_open(bars):
    """The hour's return joined as of its label, which is its open: known an hour too early."""
    close = series(bars)
    return close.resample("1h").last().pct_change().reindex(close.index, method="ffill").to_numpy()


def whole_day_vwap(bars):
    t = table(bars)
    day = t.index.floor("1D")
    return ((t.close * t.volume).groupby(day).transform("sum") / t.volume.groupby(day).transform("sum")).to_numpy()


def whole_day_high(bars):
    t = table(bars)
    return t.high.groupby(t.index.floor("1D")).transform("max").to_numpy()


def coarser_and_back(bars):
    """Down to four hours and back up, with lines drawn between the points."""
    close = series(bars)
    return close.resample("4h").mean().reindex(close.index).interpolate().to_numpy()


def repainted_swing_high(bars):
    high = series(bars, "high")
    return (high == high.rolling(11, center=True).max()).astype(float)


def repainted_zigzag(bars):
    """The line through swings of 3 %, the last one moving with every new extreme."""
    close = bars.column("close")
    pivots, last, direction = [0], 0, 0
    for t, price in enumerate(close):
        change = price / close[last] - 1.0
        if direction * change > 0 or (direction == 0 and abs(change) > 0.03):
            direction = direction or int(np.sign(change))
            last = t
        elif direction * change < -0.03:
            pivots.append(last)
            last, direction = t, -direction
    pivots.append(last)
    pivots = sorted(set(pivots))
    return np.interp(np.arange(len(bars)), pivots, close[pivots])


def future_volume_profile(bars):
    """The price at which most is traded over the bars around, fifty of them still to come."""
    close, volume = bars.column("close"), bars.column("volume")
    out = np.full(len(bars), np.nan)
    for t in range(50, len(bars), 10):
        window = slice(t - 50, t + 50)
        counts, edges = np.histogram(close[window], bins=10, weights=volume[window])
        out[t] = edges[np.argmax(counts)]
    return out


def label_among_the_features(bars):
    return make_labels(bars, "target_return", horizon=8).y


def label_of_the_bar_before(bars):
    return np.append(np.nan, make_labels(bars, "target_return", horizon=8).y[:-1])


def encoded_hour(bars):
    """The mean of what came next, by hour of the day, over all bars."""
    ahead = series(bars).pct_change().shift(-1)
    return ahead.groupby(ahead.index.hour).transform("mean").to_numpy()


def holes(bars):
    """The close of every seventh bar is unknown."""
    close = series(bars).copy()
    close[bars.open_time // bars.timeframe.ms % 7 == 3] = np.nan
    return close


def filled_backwards(bars):
    return holes(bars).bfill()


def interpolated(bars):
    return holes(bars).interpolate()


def missing_filled_with_the_mean(bars):
    return holes(bars).fillna(holes(bars).mean())


OTHER = np.random.default_rng(9).normal(size=10_000).cumsum()


def joined_by_row_number(bars):
    return OTHER[: len(bars)]


def bars_until_the_end(bars):
    return np.arange(len(bars), 0, -1.0)


def joined_by_publication(bars):
    """News by the time printed on them; they reach the archive six bars later."""
    step = bars.timeframe.ms
    published = np.arange(0, int(bars.close_time[-1]), 40 * step)
    here = published[published + 6 * step <= bars.close_time[-1]]
    return (bars.close_time - here[np.searchsorted(here, bars.close_time, side="right") - 1]) / step


def tail_dropped(bars):
    return series(bars).pct_change().shift(-1).dropna()


def not_deterministic(bars):
    return series(bars).pct_change().fillna(0.0) + np.random.default_rng().normal(size=len(bars))


def remembering():
    """A function that keeps the longest bars it has seen in a global, and answers from them."""
    seen = []

    def remembered(bars):
        if not seen or len(bars) > len(seen[0]):
            seen[:] = [bars]
        ahead = dict(zip(seen[0].open_time.tolist(), series(seen[0]).pct_change().shift(-1), strict=True))
        return np.array([ahead.get(time, np.nan) for time in bars.open_time.tolist()])

    return remembered


@dataclass(frozen=True)
class Leak:
    """A leaking function, the checks that must catch it, and the first bar that leaks (None: no bar in particular)."""

    function: object
    checks: frozenset = field(default_factory=frozenset)
    first: object = None


PAST = frozenset({"prefix", "poison"})
GROWING = PAST | {"repaint"}


def first_inside(bars, clock):
    """The first bar after which its own higher bar goes on."""
    return 0 if int(bars.open_time[0]) % clock.ms + bars.timeframe.ms < clock.ms else 1


def first_hole(bars):
    return int(np.flatnonzero(np.isnan(holes(bars)))[0])


def tried(function):
    """The first bar whose value differs between any first part of the bars and the whole, part by part."""

    def first(bars):
        whole = np.asarray(function(bars), dtype=float).ravel()
        found = len(bars)
        for count in range(3, len(bars)):
            part = np.asarray(function(bars.rows(0, count)), dtype=float).ravel()[:found]
            differs = ~((part == whole[: len(part)]) | (np.isnan(part) & np.isnan(whole[: len(part)])))
            found = min(found, int(np.argmax(differs))) if differs.any() else found
            if found == 0:
                break
        return found

    return first


def first_swing(bars):
    """The first bar that is the highest of those known by then, or that later turns out to be a swing."""
    return int(np.flatnonzero(repainted_swing_high(bars))[0])


LEAKS = {
    "next bar's return": Leak(next_bar_return, GROWING | {"canary"}, lambda bars: 0),
    "Ichimoku chikou": Leak(chikou_read_backwards, GROWING, lambda bars: 0),
    "centred mean": Leak(centred_mean, GROWING | {"canary"}, lambda bars: 2),
    "centred Savitzky-Golay": Leak(centred_savitzky_golay, GROWING | {"canary"}, lambda bars: 6),
    "filtfilt": Leak(forward_backward_filter, GROWING, lambda bars: 0),
    "Fourier low-pass": Leak(whole_fourier_low_pass, GROWING, lambda bars: 0),
    "whole trend removed": Leak(whole_trend_removed, GROWING, tried(whole_trend_removed)),
    "reversed EWM": Leak(reversed_ewm, GROWING | {"canary"}, lambda bars: 0),
    "whole z-score": Leak(whole_zscore, GROWING, lambda bars: 0),
    "whole min-max": Leak(whole_minmax, PAST, lambda bars: 0),
    "whole scaler": Leak(whole_standard_scaler, GROWING, lambda bars: 0),
    "whole rank": Leak(whole_rank, GROWING, lambda bars: 0),
    "whole quantiles": Leak(whole_quantile_bin, PAST, tried(whole_quantile_bin)),
    "whole PCA": Leak(whole_principal_component, GROWING, tried(whole_principal_component)),
    "whole mixture": Leak(whole_mixture_regime, PAST, lambda bars: 0),
    "smoothed hidden Markov": Leak(smoothed_hidden_markov, GROWING, lambda bars: 0),
    "unclosed hour": Leak(unclosed_hour, GROWING | {"clock"}, lambda bars: first_inside(bars, Timeframe.H1)),
    "hour labelled at its open": Leak(hour_at_its_open, GROWING | {"clock"}, lambda bars: 4),
    "whole-day VWAP": Leak(whole_day_vwap, GROWING | {"clock"}, lambda bars: 0),
    "whole-day high": Leak(whole_day_high, PAST | {"clock"}, tried(whole_day_high)),
    "coarser and back": Leak(coarser_and_back, GROWING | {"clock"}, lambda bars: 0),
    "repainted swing": Leak(repainted_swing_high, PAST, first_swing),
    "repainted zigzag": Leak(repainted_zigzag, PAST, tried(repainted_zigzag)),
    "future volume profile": Leak(future_volume_profile, PAST, tried(future_volume_profile)),
    "label in the features": Leak(label_among_the_features, GROWING, lambda bars: 0),
    "label shifted by one": Leak(label_of_the_bar_before, GROWING, lambda bars: 1),
    "target-encoded hour": Leak(encoded_hour, PAST, lambda bars: 0),
    "backward fill": Leak(filled_backwards, GROWING - {"poison"}, first_hole),
    "interpolated holes": Leak(interpolated, GROWING - {"poison"}, first_hole),
    "holes filled with the mean": Leak(missing_filled_with_the_mean, PAST, first_hole),
    "row-number join": Leak(joined_by_row_number, frozenset({"start"}), None),
    "counted from the end": Leak(bars_until_the_end, frozenset({"prefix", "repaint"}), lambda bars: 0),
    "join by publication": Leak(joined_by_publication, frozenset({"prefix", "repaint"}), tried(joined_by_publication)),
    "NaN tail dropped": Leak(tail_dropped, frozenset({"shape"}), None),
    "not deterministic": Leak(not_deterministic, frozenset({"repeat", "prefix"}), lambda bars: 0),
    "remembers the longest": Leak(None, frozenset({"prefix", "alien"}), None),
}


@pytest.fixture(scope="module")
def bars(walk):
    """Quarter hours from a Monday on."""
    return walk(BARS, seed=4, timeframe=Timeframe.M15)


def test_there_are_at_least_twenty_and_every_check_of_functions_is_needed():
    assert len(LEAKS) >= 20
    used = frozenset().union(*(leak.checks for leak in LEAKS.values()))
    assert used == {"shape", "repeat", "prefix", "poison", "repaint", "clock", "start", "canary", "alien"}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_caught_and_named(name, bars):
    leak = LEAKS[name]
    report = check_function(leak.function or remembering(), bars, columns=(COLUMN,))
    caught = report.faults(COLUMN)
    print(f"{name}: caught by {', '.join(caught)}; {report.first(COLUMN)}")
    assert not report.honest
    assert leak.checks <= set(caught), {check: str(fault) for check, fault in caught.items()}
    first = report.first(COLUMN)
    assert first.column == COLUMN
    if leak.first is not None:
        row = leak.first(bars)
        assert (first.row, first.open_time) == (row, int(bars.open_time[row]))
        assert first.found != first.expected


HONEST = {
    "return": lambda bars: series(bars).pct_change(),
    "mean of 20": lambda bars: series(bars).rolling(20).mean(),
    "z-score of 50": lambda bars: (
        (series(bars) - series(bars).rolling(50).mean()) / series(bars).rolling(50).std(ddof=0).clip(lower=1e-9)
    ),
    "EWM": lambda bars: series(bars).ewm(span=20, adjust=False).mean(),
    "slow EWM": lambda bars: series(bars).ewm(span=250, adjust=False).mean(),
    "running total": lambda bars: bars.column("volume").cumsum(),
    "hour of day": lambda bars: bars.open_time // Timeframe.H1.ms % 24,
    "close of the last whole hour": lambda bars: (
        series(bars)
        .resample("1h", label="right")
        .last()
        .reindex(series(bars).index + pd.Timedelta(minutes=15), method="ffill")
        .where(lambda held: held.index >= held.index[0].ceil("1h"))
    ),
    "VWAP of the day so far": lambda bars: (
        (series(bars) * series(bars, "volume")).groupby(series(bars).index.floor("1D")).cumsum()
        / series(bars, "volume").groupby(series(bars).index.floor("1D")).cumsum()
    ),
    "confirmed swing high": lambda bars: (
        series(bars, "high").shift(5).eq(series(bars, "high").rolling(11).max()).astype(float)
    ),
    "filled forwards": lambda bars: holes(bars).ffill(),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_functions_are_not_accused(name, bars):
    report = check_function(HONEST[name], bars, columns=(COLUMN,))
    assert report.honest, {check: str(fault) for check, fault in report.faults(COLUMN).items()}
    assert all(verdict.held for verdict in report.verdicts)


def next_returns(bars):
    return np.append(np.diff(np.log(bars.column("close"))), np.nan)


@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_a_given_table_that_knows_the_next_bar_is_caught_by_the_canary(bars, noise):
    """Methodology 3.7 and 3.8: a table cannot be computed anew, but knowing the future shows, even under noise."""
    ahead = next_returns(bars)
    blurred = ahead + noise * np.nanstd(ahead) * np.random.default_rng(1).normal(size=len(bars))
    report = check_table(
        np.column_stack([np.diff(bars.column("close"), prepend=np.nan), blurred]), bars, columns=("honest", "leak")
    )
    assert report.faults("honest") == {}
    assert set(report.faults("leak")) == {"canary"}
    assert "one bar later" in str(report.first("leak"))


def test_a_table_that_holds_the_label_is_caught(bars):
    label = make_labels(bars, "target_return", horizon=24).y
    trend = bars.column("close") / np.roll(bars.column("close"), 24)
    report = check_table(np.column_stack([trend, 3.0 - 2.0 * label]), bars, columns=("trend", "leak"), y=label)
    assert report.faults("trend") == {}
    assert set(report.faults("leak")) == {"label"}


def test_a_table_that_is_another_one_later_is_caught_at_the_first_changed_bar(bars):
    """Two editions of a table of swings, given when 800 and when 1,000 bars were known."""
    early, late = bars.rows(0, 800), bars.rows(0, 1_000)
    repainted = check_table(repainted_zigzag(early), early, columns=(COLUMN,), later=(repainted_zigzag(late), late))
    changed = np.flatnonzero(repainted_zigzag(early) != repainted_zigzag(late)[:800])
    assert repainted.faults(COLUMN)["repaint"].row == changed[0]
    kept = check_table(early.column("close"), early, columns=(COLUMN,), later=(late.column("close"), late))
    assert kept.honest


def test_a_table_with_too_few_rows_is_refused(bars):
    report = check_table(bars.column("close")[1:], bars, columns=(COLUMN,))
    assert "1200 bars" in str(report.faults(COLUMN)["shape"])


def plant(step, **declared):
    step.__doc__ = "A planted step.\n\nReference: test."
    defaults = {"inputs": ("close",), "outputs": (COLUMN,), "unit": "price"}
    feature(**(defaults | declared))(step)


def test_a_step_that_reads_the_future_from_a_global_is_caught(bars, catalog):
    """No cut and no poison shows it, for the global is compiled in; it is found to know bars that it was not given."""
    first, step_ms = int(bars.open_time[0]), bars.timeframe.ms
    ahead = np.append(np.diff(bars.column("close")), 0.0)

    def step(s, b, n, open_time):
        place = int((open_time - first) / step_ms)
        return ahead[place] if 0 <= place < len(ahead) else 0.0

    plant(step, inputs=("open_time",))
    caught = check_columns((COLUMN,), bars).faults(COLUMN)
    assert set(caught) == {"canary", "alien"}


def test_a_step_that_counts_rows_of_a_global_is_caught(bars, catalog):
    """A row-number join: another series taken bar by bar from its beginning."""

    def step(s, b, n, close):
        return OTHER[n]

    plant(step, memory=1)
    caught = check_columns((COLUMN,), bars).faults(COLUMN)
    assert "memory" in caught


def test_honest_columns_of_every_kind_are_not_accused(walk):
    """The contract tests judge every column of the catalog; here the further checks meet one of each kind."""
    bars = walk(BARS * 3, seed=4, timeframe=Timeframe.M15)
    columns = ("return_1", "log_return_1_std_20", "rsi_14", "close_rank_20", "hour_of_day", "h4_return", "vwap", "obv")
    report = check_columns(columns, bars)
    assert report.honest, {column: {k: str(f) for k, f in report.faults(column).items()} for column in columns}
    assert {verdict.check for verdict in report.verdicts if verdict.skipped} <= {"memory"}


@pytest.fixture(scope="module")
def coarse(data_folder):
    """A month of real minutes whose price jumps between few ticks: after a rise it mostly falls."""
    path = data_folder / "ohlcv/binance_usdm_1m_klines12/NEARUSDT-1m-2023-09.csv.gz"
    return read_bars([path], symbol="NEARUSDT", timeframe=Timeframe.M1, now=NOW, utc=True)


@pytest.mark.real_data
def test_on_real_bars_of_coarse_ticks_the_leak_is_accused_and_no_honest_column_is(coarse):
    """There the last bar alone orders the next one with an AUC of 0.77, and the place of the close knows it too."""
    honest = feature_set("lean").for_timeframe(Timeframe.M1)
    engine = FeatureEngine(honest, coarse.instrument, Timeframe.M1)
    rows = coarse.matrix(engine.inputs)
    values = np.column_stack([engine.compute(rows), next_returns(coarse)])
    assert len(honest.columns) > 20
    assert set(canary_faults((*honest.columns, "leak"), values, rows)) == {"leak"}


@pytest.mark.real_data
def test_a_leak_with_holes_is_held_against_all_bars_around_it(coarse):
    """Values only before rises, or before falls that the last bar foretells: the holes themselves know the future."""
    ahead = next_returns(coarse)
    values = np.diff(coarse.column("close"), prepend=np.nan)
    foretold = np.where(np.sign(values) == -np.sign(ahead), values, np.nan)
    assert set(canary_faults(("leak",), foretold[:, None], coarse.matrix(REQUIRED))) == {"leak"}


@pytest.mark.real_data
def test_on_bars_of_another_market_nothing_honest_is_accused(coarse):
    """A close, constants and returns know nothing of ours, also where the real close reverts to its mean."""
    rows = coarse.matrix(REQUIRED)[:8_000]
    ahead = next_returns(coarse)[: len(rows)]

    def computed(given):
        close = given[:, REQUIRED.index("close")]
        change = np.diff(np.log(close), prepend=np.nan)
        return np.column_stack(
            [np.zeros(len(given)), np.full(len(given), 3.0), close, change, np.roll(change, 5), ahead]
        )

    columns = ("zeros", "threes", "close", "return", "lagged", "leak")
    for seed in range(8):
        assert set(alien_faults(computed, rows, columns, np.random.default_rng(seed))) == {"leak"}
    assert set(canary_faults(columns, computed(rows), rows)) == {"leak"}
