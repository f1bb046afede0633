"""The waker: it can be stopped more than once, and once stopped it is not to be woken."""

from __future__ import annotations

import threading

from flowkit.runtime.wake import Waker


def test_once_stopped_it_stays_so() -> None:
    """Stopping again is nothing, and whoever wakes it then is not told of its inside."""
    ticked = threading.Event()
    waker = Waker(ticked.set)
    waker.wake()
    assert ticked.wait(20)
    waker.stop()
    waker.stop()
    ticked.clear()
    waker.wake()
    assert not ticked.is_set()
