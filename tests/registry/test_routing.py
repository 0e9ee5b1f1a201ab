"""Routing answers as of a bar: a version never speaks about bars it learned from."""

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Stage
from alphaplus.registry.routing import at, routes, timeline

H1 = Timeframe.H1


def number(found):
    return None if found.champion is None else found.champion.number


def test_a_champion_speaks_only_after_it_was_trained(desk):
    desk.add(stage=Stage.PRODUCTION, trained_to=1000)
    assert number(routes(desk.store, "BTCUSDT", H1, 1000)) is None
    assert number(routes(desk.store, "BTCUSDT", H1, 1001)) == 1


def test_bars_before_the_champion_are_served_by_the_champion_of_that_time(desk, slot_of):
    desk.add(stage=Stage.ARCHIVED, trained_to=1000, deployed_at=1)
    desk.add(stage=Stage.ARCHIVED, trained_to=2000, deployed_at=0)  # never served
    desk.add(stage=Stage.FAILED, trained_to=2500, deployed_at=2)
    desk.add(stage=Stage.PRODUCTION, trained_to=3000, deployed_at=3)
    expected = {1000: None, 1001: 1, 2600: 1, 3000: 1, 3001: 4, 9999: 4}
    assert {time: number(routes(desk.store, "BTCUSDT", H1, time)) for time in expected} == expected
    services = timeline(desk.store, slot_of())
    assert [(service.start, service.version.number) for service in services] == [(1001, 1), (3001, 4)]
    assert at(services, 1000) is None


def test_a_former_champion_trained_later_does_not_come_back(desk):
    """After a rollback by hand the version rolled back is archived, and younger than the one that serves."""
    desk.add(stage=Stage.PRODUCTION, trained_to=1000, deployed_at=1)
    desk.add(stage=Stage.ARCHIVED, trained_to=2000, deployed_at=2)
    assert number(routes(desk.store, "BTCUSDT", H1, 5000)) == 1


def test_without_a_champion_a_slot_is_silent(desk):
    desk.add(stage=Stage.ARCHIVED, trained_to=1000, deployed_at=1)
    desk.add(stage=Stage.SHADOW, trained_to=1000)
    assert number(routes(desk.store, "BTCUSDT", H1, 5000)) is None


def test_the_narrower_slot_is_asked_first_then_the_universe(desk, slot_of):
    desk.add(slot=slot_of(symbol="BTCUSDT+ETHUSDT"), stage=Stage.PRODUCTION, trained_to=500)
    desk.add(slot=slot_of(), stage=Stage.PRODUCTION, trained_to=1000)
    assert number(routes(desk.store, "BTCUSDT", H1, 2000)) == 2
    assert number(routes(desk.store, "BTCUSDT", H1, 800)) == 1
    assert number(routes(desk.store, "ETHUSDT", H1, 2000)) == 1
    assert number(routes(desk.store, "BTC", H1, 2000)) is None


def test_target_name_horizon_and_timeframe_narrow_the_choice(desk, slot_of):
    desk.add(slot=slot_of(horizon=1), stage=Stage.PRODUCTION, trained_to=1, deployed_at=5)
    desk.add(slot=slot_of(horizon=24), stage=Stage.PRODUCTION, trained_to=1, deployed_at=9)
    desk.add(slot=slot_of(name="other"), stage=Stage.PRODUCTION, trained_to=1, deployed_at=7)
    assert number(routes(desk.store, "BTCUSDT", H1, 2000)) == 2
    assert number(routes(desk.store, "BTCUSDT", H1, 2000, horizon=1)) == 1
    assert number(routes(desk.store, "BTCUSDT", H1, 2000, name="other")) == 3
    assert number(routes(desk.store, "BTCUSDT", H1, 2000, target="target_return")) is None
    assert number(routes(desk.store, "BTCUSDT", Timeframe.M1, 2000)) is None


def test_canary_and_shadows_come_with_the_champion(desk):
    desk.add(stage=Stage.PRODUCTION, trained_to=1)
    desk.add(stage=Stage.CANARY, trained_to=1)
    desk.add(stage=Stage.SHADOW, trained_to=1)
    desk.add(stage=Stage.SHADOW, trained_to=9999)
    found = routes(desk.store, "BTCUSDT", H1, 2000)
    assert (found.canary.number, [shadow.number for shadow in found.shadows]) == (2, [3])


def test_the_slot_of_a_present_regime_is_asked_before_that_of_all(desk, slot_of):
    universe = "BTCUSDT+ETHUSDT"
    desk.add(slot=slot_of(symbol=universe), stage=Stage.PRODUCTION, trained_to=100)
    desk.add(slot=slot_of(symbol=universe, regime="bull"), stage=Stage.PRODUCTION, trained_to=100)
    desk.add(slot=slot_of(), stage=Stage.PRODUCTION, trained_to=200)
    desk.add(slot=slot_of(regime="trending"), stage=Stage.PRODUCTION, trained_to=300, deployed_at=1)
    desk.add(slot=slot_of(regime="volatile"), stage=Stage.PRODUCTION, trained_to=300, deployed_at=2)
    desk.add(slot=slot_of(regime="sideways"), stage=Stage.STAGING, trained_to=100)

    def who(symbol, as_of, *regimes):
        return number(routes(desk.store, symbol, H1, as_of, regimes=regimes))

    assert who("BTCUSDT", 400) == who("BTCUSDT", 400, "sideways", "bull") == 3
    assert who("BTCUSDT", 400, "trending", "bull") == 4
    assert who("BTCUSDT", 400, "trending", "volatile") == 5, "the one promoted last"
    assert who("BTCUSDT", 250, "trending") == 3, "it had not been trained by then"
    assert who("BTCUSDT", 150, "trending", "bull") == 2
    assert who("BTCUSDT", 150, "trending") == 1
    assert who("ETHUSDT", 400, "trending") == 1
    assert who("ETHUSDT", 400, "bull") == 2
