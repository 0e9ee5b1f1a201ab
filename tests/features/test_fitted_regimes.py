"""Regimes that need fitting: against other implementations, the fit itself, and that no filter looks ahead."""

from itertools import pairwise, product

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

from alphaplus.core.errors import ConfigError, NotEnoughSamples
from alphaplus.features import checks
from alphaplus.features.compute import compute_features
from alphaplus.features.library.regime.hidden_markov import forgetting, register_hidden_markov
from alphaplus.features.library.regime.mixture import register_mixture
from alphaplus.features.library.regime.simulated import HIDDEN_MARKOV, MIXTURE
from alphaplus.features.regimes import fit_hidden_markov, fit_mixture
from alphaplus.features.sets import FeatureSet
from alphaplus.market.sources.simulated import simulate

STATES = ("low", "medium", "high")
MIXED, HIDDEN = ("return_to_volatility", "log_volatility_ratio"), ("return_to_volatility", "log_range_ratio")
OBSERVED = (*HIDDEN, "log_volatility_ratio", "slow_volatility")
PROBABILITIES = {kind: tuple(f"{kind}_{state}" for state in STATES) for kind in ("regime_mixture", "regime_hmm")}
COLUMNS = FeatureSet("fitted", (*OBSERVED, *(name for kind, names in PROBABILITIES.items() for name in (*names, kind))))
COVERED = frozenset(COLUMNS.columns)


@pytest.fixture(
    scope="module", params=["walk", pytest.param("btc", marks=pytest.mark.real_data)], ids=["walk", "real candles"]
)
def bars(request, walk):
    """Bars without a gap that restarts anything."""
    if request.param == "walk":
        return walk(8_000, seed=6)
    real = request.getfixturevalue("btc_1h")
    start = int(np.flatnonzero(real.missing_before > 24)[-1])
    return real.rows(start, start + 8_000)


@pytest.fixture(scope="module")
def computed(bars):
    return compute_features(bars, COLUMNS)


def columns(frame, names):
    return np.column_stack([frame.column(name) for name in names])


def laws(params):
    """Means, deviations and weights of the densities, from the numbers that a step takes."""
    means = np.array([[params[f"{state}_{axis}"] for axis in "xy"] for state in STATES])
    deviations = np.array([[(2 * params[f"{state}_{axis}_scale"]) ** -0.5 for axis in "xy"] for state in STATES])
    heights = np.array([params[f"{state}_height"] for state in STATES])
    return means, deviations, np.exp(heights) * 2 * np.pi * deviations.prod(axis=1)


def transitions(params):
    return np.array([[params[f"{a}_{b}"] for b in STATES] for a in STATES])


def log_densities(rows, params):
    means, deviations, weights = laws(params)
    return norm.logpdf(rows[:, None, :], means, deviations).sum(axis=2) + np.log(weights)


def test_observations_are_what_they_say(bars, computed):
    close = bars.column("close")
    change = np.diff(np.log(close))
    usual = np.full(len(close), np.nan)
    mean = 0.0
    for t, square in enumerate(change**2):
        weight = 1 / min(t + 1, 300)
        mean = (1 - weight) * mean + weight * square
        usual[t + 1] = np.sqrt(mean)
    usual[:100] = np.nan
    np.testing.assert_allclose(computed.column("slow_volatility"), usual, rtol=1e-9)
    got = columns(computed, (*HIDDEN, "log_volatility_ratio"))[100:]
    ranged = (bars.column("high") - bars.column("low")) / close
    recent = np.sqrt(np.convolve(change**2, np.ones(20) / 20)[: len(change)])
    ratios = np.column_stack([ranged[100:], recent[99:]]) / usual[100:, None]
    expected = np.column_stack([change[99:] / usual[100:], np.log(ratios.clip(0.05, 20))])
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


def test_mixture_gives_the_probabilities_of_scikit_learn(computed):
    means, deviations, weights = laws(MIXTURE)
    model = GaussianMixture(n_components=3, covariance_type="diag")
    model.means_, model.covariances_, model.weights_ = means, deviations**2, weights
    model.precisions_cholesky_ = 1 / deviations
    rows = columns(computed, MIXED)[100:]
    expected = model.predict_proba(rows)
    np.testing.assert_allclose(
        columns(computed, PROBABILITIES["regime_mixture"])[100:], expected, rtol=1e-9, atol=1e-12
    )


def test_filtered_probabilities_are_those_of_all_paths_together(bars):
    """Eight bars have 6,561 paths: the weight of all that end in a state is what the filter must say of it."""
    start = compute_features(bars.rows(0, 108), COLUMNS)
    rows, changes = columns(start, HIDDEN)[100:], np.log(transitions(HIDDEN_MARKOV))
    logs = log_densities(rows, HIDDEN_MARKOV)
    for count in range(1, len(rows) + 1):
        ends = {state: [] for state in range(3)}
        for path in product(range(3), repeat=count):
            moves = sum(changes[a, b] for a, b in pairwise(path))
            ends[path[-1]].append(moves + logs[range(count), path].sum())
        weights = np.array([logsumexp(ends[state]) for state in range(3)])
        expected = np.exp(weights - logsumexp(weights))
        got = columns(start, PROBABILITIES["regime_hmm"])[99 + count]
        np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-12)


def filtered(rows, params):
    """The forward filter in logarithms."""
    changes, logs = np.log(transitions(params)), log_densities(rows, params)
    ahead, states = np.full(3, -np.log(3)), []
    for log in logs:
        joint = ahead + log
        states.append(joint - logsumexp(joint))
        ahead = logsumexp(states[-1][:, None] + changes, axis=0)
    return np.exp(states)


def smoothed(rows, params):
    """What later bars make of the filtered probabilities; never a feature."""
    states, changes = filtered(rows, params), transitions(params)
    for t in range(len(states) - 2, -1, -1):
        states[t] *= changes @ (states[t + 1] / (states[t] @ changes))
    return states


def test_filtered_probabilities_are_those_of_the_forward_filter_in_logarithms(computed):
    rows = columns(computed, HIDDEN)[100:2_500]
    got = columns(computed, PROBABILITIES["regime_hmm"])[100:2_500]
    np.testing.assert_allclose(got, filtered(rows, HIDDEN_MARKOV), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("kind", list(PROBABILITIES))
def test_a_state_lasts_six_bars_and_is_kept_until_another_one_leads_by_a_fifth(computed, kind):
    probabilities, states = columns(computed, PROBABILITIES[kind])[100:], computed.column(kind)[100:]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-12)
    held, begun = int(probabilities[0].argmax()), 0
    for t, row in enumerate(probabilities):
        if t - begun >= 6 and row.max() > row[held] + 0.2:
            held, begun = int(row.argmax()), t
        assert states[t] == held
    flicker = np.mean(np.diff(probabilities.argmax(axis=1)) != 0)
    assert 0 < np.mean(np.diff(states) != 0) < flicker


def test_later_bars_never_change_a_filtered_state_and_would_change_a_smoothed_one(bars):
    trial = checks.Trial.begin(COLUMNS, bars.rows(0, 400))
    names = (*COLUMNS.columns, "smoothed")
    place = [COLUMNS.columns.index(name) for name in HIDDEN]

    def leaking(rows):
        values = trial.compute(rows)
        late = np.full(len(rows), np.nan)
        known = np.isfinite(values[:, place]).all(axis=1)
        if known.any():
            late[known] = smoothed(values[known][:, place], HIDDEN_MARKOV)[:, 0]
        return np.column_stack([values, late])

    assert set(checks.prefix_faults(leaking, trial.rows, names, np.random.default_rng(1))) == {"smoothed"}
    assert set(checks.poison_faults(leaking, trial.rows, names, np.random.default_rng(2))) == {"smoothed"}


def test_fitted_regimes_keep_their_contract(bars):
    trial = checks.Trial.begin(COLUMNS, bars)
    assert checks.stream_faults(trial, np.random.default_rng(1)) == {}
    assert checks.restore_faults(trial, np.random.default_rng(2)) == {}
    assert checks.warmup_faults(trial) == {}
    assert checks.infinity_faults(trial) == {}
    assert checks.memory_faults(trial) == {}


def test_a_market_that_never_moves_is_usual_in_every_way(flat):
    got = compute_features(flat(300), COLUMNS)
    assert set(columns(got, (*HIDDEN, "log_volatility_ratio"))[150:].ravel()) == {0.0}
    assert np.isfinite(got.values[150:]).all()


def test_forgetting_bounds_how_long_a_start_shows(computed):
    """From opposite certainties, over any observations, here the recorded ones."""
    memory, rows = forgetting(*transitions(HIDDEN_MARKOV).ravel()), columns(computed, HIDDEN)[100:]
    density, changes = np.exp(log_densities(rows, HIDDEN_MARKOV)), transitions(HIDDEN_MARKOV)
    states = np.eye(3)
    for likely in density[:memory]:
        states = states @ changes * likely
        states /= states.sum(axis=1, keepdims=True)
    assert np.abs(states - states[0]).max() < 1e-7
    assert forgetting(*[1 / 3] * 9) == 1
    with pytest.raises(ConfigError, match="never forgotten"):
        forgetting(0.9, 0.1, 0.0, 0.1, 0.8, 0.1, 0.1, 0.1, 0.8)


@pytest.fixture(scope="module")
def simulated():
    return compute_features(simulate("N0", bars=4_000, seed=1), OBSERVED)


def test_the_shipped_numbers_are_those_of_a_simulated_market(simulated):
    for fitted, shipped in (
        (fit_mixture(columns(simulated, MIXED)), MIXTURE),
        (fit_hidden_markov(columns(simulated, HIDDEN)), HIDDEN_MARKOV),
    ):
        assert list(fitted.params) == list(shipped)
        np.testing.assert_allclose(list(fitted.params.values()), list(shipped.values()), rtol=1e-3, atol=1e-4)
        assert fitted.bars == 3_900


def planted(count, seed):
    """Observations of a hidden Markov chain of three states, and the states."""
    rng = np.random.default_rng(seed)
    changes = np.array([[0.965, 0.03, 0.005], [0.005, 0.965, 0.03], [0.03, 0.01, 0.96]])
    states = [0]
    for draw in rng.random(count - 1):
        states.append(int(np.searchsorted(changes[states[-1]].cumsum(), draw)))
    states = np.array(states)
    deviations = np.array([0.5, 1.0, 2.5])[states]
    levels = np.array([-0.8, 0.0, 0.9])[states]
    return np.column_stack([rng.normal(0, deviations), rng.normal(levels, 0.4)]), states, changes


def test_baum_and_welch_find_the_planted_chain():
    rows, states, changes = planted(6_000, seed=2)
    fitted = fit_hidden_markov(rows)
    np.testing.assert_allclose(transitions(fitted.params), changes, atol=0.012)
    means, deviations, weights = laws(fitted.params)
    assert np.abs((means - [[0, -0.8], [0, 0], [0, 0.9]]) / deviations).max() < 0.1
    np.testing.assert_allclose(deviations, [[0.5, 0.4], [1, 0.4], [2.5, 0.4]], rtol=0.06)
    np.testing.assert_allclose(weights, 1.0, rtol=1e-9)
    assert np.mean(filtered(rows, fitted.params).argmax(axis=1) == states) > 0.95


def test_every_round_of_baum_and_welch_makes_the_bars_likelier():
    rows, _, _ = planted(500, seed=3)
    gains = np.diff([fit_hidden_markov(rows, rounds=rounds, tolerance=0.0).log_likelihood for rounds in range(6)])
    assert gains.min() > -1e-12
    assert gains.max() > 1e-3


def test_states_last_as_long_as_asked_and_every_change_stays_possible():
    rows = np.random.default_rng(4).normal(size=(1_000, 2))
    moves = transitions(fit_hidden_markov(rows, least_stay=0.9).params)
    np.testing.assert_allclose(moves.sum(axis=1), 1.0, rtol=1e-12)
    assert moves.diagonal().min() >= 0.9 - 1e-12
    assert moves.min() >= 0.004 - 1e-12


def test_a_fit_is_repeated_by_its_seed_and_takes_no_too_few_rows():
    rows, _, _ = planted(700, seed=5)
    rows[10:20] = np.nan
    for fit in (fit_mixture, fit_hidden_markov):
        assert fit(rows, seed=3) == fit(rows, seed=3)
        assert fit(rows).bars == 690
        with pytest.raises(NotEnoughSamples, match="290 whole rows"):
            fit(rows[:300])
    with pytest.raises(ConfigError, match="probability 1"):
        fit_hidden_markov(rows, least_stay=1.0)


@pytest.mark.parametrize(
    ("register", "fit", "inputs"),
    [(register_mixture, fit_mixture, MIXED), (register_hidden_markov, fit_hidden_markov, HIDDEN)],
    ids=["mixture", "hidden markov"],
)
def test_a_user_fits_on_training_bars_and_gets_columns_of_another_hash(catalog, walk, register, fit, inputs):
    bars = walk(1_600, seed=9)
    fitted = fit(compute_features(bars.rows(0, 1_000), inputs).values)
    register("mine", fitted.params, inputs=inputs)
    names = ("mine_low", "mine_medium", "mine_high", "mine")
    got = compute_features(bars, names)
    np.testing.assert_allclose(got.values[100:, :3].sum(axis=1), 1.0, rtol=1e-12)
    assert catalog.get("mine_low").params["low_x"] == fitted.params["low_x"]
    assert catalog.get("mine").words == {"mine": dict(enumerate(STATES))}
    first = FeatureSet("mine", names).hash
    for name in names:
        del catalog._things[name]
    register("mine", dict(fitted.params) | {"low_x": fitted.params["low_x"] + 1e-9}, inputs=inputs)
    assert FeatureSet("mine", names).hash != first
    with pytest.raises(ConfigError, match="called 'mine"):
        register("mine", fitted.params, inputs=inputs)
    with pytest.raises(ConfigError, match="low_x"):
        register("other", {name: value for name, value in fitted.params.items() if name != "low_x"})
