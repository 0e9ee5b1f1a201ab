"""The table of trials keeps what is recorded, in the order of recording, and the count that the gates use."""

from alphaplus.registry.trials import count_trials, overfitting, tried_first


def test_trials_come_back_as_they_were_recorded(ports, make):
    recorded = [make.trial("a" * 64), make.trial("b" * 64, blocks=()), make.trial("a" * 64, study="")]
    assert [ports.trials.add(trial) for trial in recorded] == [True, True, True]
    assert ports.trials.of_slot(make.slot()) == recorded
    assert ports.trials.of_slot(make.slot(symbol="ETHUSDT")) == []


def test_recording_twice_changes_nothing(ports, make):
    ports.trials.add(make.trial())
    assert not ports.trials.add(make.trial(at=make.now + 1))
    assert [trial.at for trial in ports.trials.of_slot(make.slot())] == [make.now]


def test_versions_and_trials_are_counted_together(ports, make):
    version = ports.models.add(make.version("one"), make.event("register", "one"))
    for name in (version.spec.hash, "b" * 64):
        ports.trials.add(make.trial(name))
    assert count_trials(ports.models, ports.trials, make.slot()) == 2
    assert tried_first(ports.models, ports.trials, make.slot(), version.spec.hash)
    assert overfitting(ports.trials.of_slot(make.slot()), "b" * 64) is not None


def test_a_slot_with_trials_alone_serves_nobody(ports, make):
    ports.trials.add(make.trial())
    assert ports.models.slots() == []
