"""The parallel map: the same results everywhere, deaths survived, cancellation at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import pytest

from alphaplus.core.errors import ConfigError, JobCancelled, NotEnoughSamples, UnknownName, WorkerLost
from alphaplus.core.parallel import Backend, parallel_each, parallel_map

LOCAL = [Backend.SEQUENTIAL, Backend.THREADS, Backend.PROCESSES]


def times(item, factor):
    return item * factor


def collected(work, items, *, shared=None, **kwargs):
    """Outcomes by place, in the order in which they arrived."""
    found = {}
    parallel_each(work, items, share=lambda item: shared, arrived=found.__setitem__, workers=2, **kwargs)
    return found


@pytest.mark.parametrize("backend", LOCAL)
def test_what_is_shared_reaches_every_item(backend):
    assert collected(times, [1, 2, 3], shared=10, backend=backend) == {0: 10, 1: 20, 2: 30}


def gives_nothing(item, shared):
    return None


@pytest.mark.parametrize("backend", LOCAL)
def test_work_may_give_nothing(backend):
    assert collected(gives_nothing, [1, 2, 3], backend=backend) == {0: None, 1: None, 2: None}


def fails_at_two(item, shared):
    if item == 2:
        raise UnknownName("x", kind="thing", known=["y", "z"])
    return item


@pytest.mark.parametrize("backend", LOCAL)
def test_an_item_that_fails_is_told_with_its_error_and_the_others_go_on(backend):
    found = collected(fails_at_two, [1, 2, 3], backend=backend)
    error = found.pop(1)
    assert found == {0: 1, 2: 3}
    assert isinstance(error, UnknownName)
    assert (error.context["known"], error.exit_code) == (["y", "z"], 2)


@pytest.mark.parametrize("backend", LOCAL)
def test_a_map_raises_the_error_of_an_item(backend):
    with pytest.raises(UnknownName, match="unknown thing"):
        parallel_map(partial(fails_at_two, shared=None), [1, 2], backend=backend, workers=2)


def raises_a_strangers_error(item, shared):
    import pydantic

    class Model(pydantic.BaseModel):
        number: int

    Model(number="none")


def test_errors_that_cannot_travel_are_told_by_their_text_and_place():
    [error] = collected(raises_a_strangers_error, [1], backend=Backend.PROCESSES).values()
    assert isinstance(error, RuntimeError)
    assert "ValidationError" in str(error)
    assert "raises_a_strangers_error" in error.__notes__[0]


def survives_the_second_time(item, folder):
    """Item 3 kills its worker once."""
    mark = os.path.join(folder, str(item))
    if item == 3 and not os.path.exists(mark):
        with open(mark, "w"):
            os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_a_worker_that_is_killed_once_changes_nothing(tmp_path):
    found = collected(survives_the_second_time, range(6), shared=str(tmp_path), backend=Backend.PROCESSES)
    assert found == {item: item for item in range(6)}
    assert (tmp_path / "3").exists(), "nobody died, so nothing was shown"


def deadly(item, folder):
    """Item 2 kills its worker every time, item 4 never has enough memory; each try leaves a mark."""
    with open(os.path.join(folder, f"{item}-{time.monotonic_ns()}"), "w"):
        pass
    if item == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if item == 4:
        raise MemoryError
    return item


def test_only_the_item_that_kills_its_worker_every_time_is_given_up(tmp_path):
    found = collected(
        deadly, range(7), shared=str(tmp_path), backend=Backend.PROCESSES, name="fold {} of the grid".format
    )
    lost = {place: found.pop(place) for place in (2, 4)}
    assert found == {0: 0, 1: 1, 3: 3, 5: 5, 6: 6}
    for place, error in lost.items():
        assert isinstance(error, WorkerLost)
        assert f"the worker of fold {place} of the grid died" in error.message
        assert "--workers" in error.hint
        assert len(list(tmp_path.glob(f"{place}-*"))) == 3


def napping(item, seconds):
    time.sleep(seconds)
    return os.getpid()


@pytest.mark.parametrize("backend", LOCAL)
def test_cancelling_keeps_what_has_arrived_and_stops_the_rest(backend):
    found, cancel = {}, threading.Event()

    def arrived(place, outcome):
        found[place] = outcome
        cancel.set()

    began = time.monotonic()
    with pytest.raises(JobCancelled):
        parallel_each(
            napping,
            range(500),
            share=lambda item: 0.2,
            arrived=arrived,
            backend=backend,
            workers=2,
            cancelled=cancel.is_set,
        )
    assert 1 <= len(found) <= 4
    assert time.monotonic() - began < 90, "500 naps would take at least 50 s on two workers, and nobody waits for them"


def test_items_that_nobody_wants_any_more_are_left_out():
    found = {}
    parallel_each(
        times,
        range(6),
        share=lambda item: 1,
        arrived=found.__setitem__,
        wanted=lambda item: item < 2 or not found,
    )
    assert found == {0: 0, 1: 1}


def threads_of(item, shared):
    import numpy as np  # noqa: F401 - brings its own threads
    import threadpoolctl

    return [pool["num_threads"] for pool in threadpoolctl.threadpool_info()], os.environ["OMP_WAIT_POLICY"]


def test_a_worker_has_one_thread_for_numbers():
    [(threads, policy)] = collected(threads_of, [1], backend=Backend.PROCESSES).values()
    assert threads
    assert set(threads) == {1}
    assert policy == "PASSIVE"


INTERRUPTED = """
import os, sys, time
from alphaplus.core.parallel import Backend, parallel_each

def nap(item, folder):
    open(os.path.join(folder, str(os.getpid())), "w").close()
    time.sleep(300)

try:
    parallel_each(nap, range(9), share=lambda _: sys.argv[1], arrived=print, backend=Backend.PROCESSES, workers=2)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="asks /proc which processes live")
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_one_they_work_for(tmp_path, blow):
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
    workers = [int(path.name) for path in tmp_path.iterdir()]
    process.send_signal(blow)
    out, err = process.communicate(timeout=60)
    wait_until(lambda: not any(alive(pid) for pid in workers), seconds=20)
    if blow == signal.SIGINT:
        assert (process.returncode, out, err) == (0, "interrupted\n", "")


def test_errors_travel_whole():
    import pickle

    for error in (
        NotEnoughSamples("few", hint="more", found=3, needed=[1, 2]),
        UnknownName("a", kind="thing", known=["b"]),
        WorkerLost("gone", hint="look", item="fold 1"),
    ):
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error)
        assert (copy.message, copy.hint, copy.context) == (error.message, error.hint, error.context)


def test_settings_name_the_back_end_and_the_workers():
    from alphaplus.core.config import load_settings

    settings = load_settings({"ALPHAPLUS_PARALLEL": "RAY", "ALPHAPLUS_WORKERS": "3"})
    assert (settings.parallel, settings.workers) == (Backend.RAY, 3)
    assert load_settings({}).parallel is Backend.PROCESSES
    with pytest.raises(ConfigError, match="parallel"):
        load_settings({"ALPHAPLUS_PARALLEL": "dask"})
    with pytest.raises(ConfigError, match="workers"):
        load_settings({"ALPHAPLUS_WORKERS": "0"})
