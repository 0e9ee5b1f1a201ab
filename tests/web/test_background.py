"""Work that takes long is done once, off the thread that asks, and its failure is told to who asks."""

from threading import Event, get_ident

import pytest

from alphaplus.web.background import Once

PATIENCE = 20.0


def test_nobody_waits_longer_than_their_patience():
    once, go_on = Once(), Event()
    assert not once.is_done("a", go_on.wait, patience=0.0)
    assert not once.is_done("a", go_on.wait, patience=0.0)
    go_on.set()
    assert once.is_done("a", go_on.wait, patience=PATIENCE)


def test_work_is_done_once_for_each_key_on_another_thread():
    once, done = Once(), []
    for key in ("a", "a", "b", "a"):
        assert once.is_done(key, lambda key=key: done.append((key, get_ident())), patience=PATIENCE)
    assert [key for key, _ in done] == ["a", "b"]
    assert get_ident() not in [thread for _, thread in done]


def test_pieces_of_work_do_not_run_at_once():
    once, go_on, order = Once(), Event(), []
    assert not once.is_done("a", lambda: (go_on.wait(), order.append("a")), patience=0.0)
    assert not once.is_done("b", lambda: order.append("b"), patience=0.1)
    assert order == []
    go_on.set()
    assert once.is_done("b", lambda: None, patience=PATIENCE)
    assert order == ["a", "b"]


def test_what_failed_is_told_and_tried_again():
    once, left = Once(), ["first"]

    def work():
        if left:
            raise ValueError(left.pop())

    with pytest.raises(ValueError, match="first"):
        once.is_done("a", work, patience=PATIENCE)
    assert once.is_done("a", work, patience=PATIENCE)
