"""The life of a process that is there to be killed: its clock, what it notes of its way, its threads, its end.

What it does with its life, a worker says.
"""

from __future__ import annotations

import gc
import mmap
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from flowkit.runtime import failpoints
from tests.faults.plan import say
from tests.faults.tracing import CALLS, stop_for_tracer

T = TypeVar("T")

TRAIL = 64


class FastClock:
    """Time since `began`, `speed` times as fast, the same for all processes that are told the same."""

    def __init__(self, began: float, speed: float) -> None:
        self._began, self._speed = began, speed

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._began, UTC) + timedelta(seconds=(time.time() - self._began) * self._speed)


def watch(trail: str, end: str) -> None:
    """Kill this process at its end, or wait for who is to kill it there; note in `trail`, which outlives it, the place passed last.

    A forked worker cannot be told by its environment, which was read before; so `reach` is set anew where it was imported.
    """
    with Path(trail).open("r+b") as file:
        shared = mmap.mmap(file.fileno(), TRAIL)
    kill = failpoints._killing(end)
    if end.partition(":")[0] in dict(CALLS):
        stop_for_tracer()

    def reach(name: str) -> None:
        shared[:TRAIL] = name.encode().ljust(TRAIL)
        kill(name)

    unarmed = failpoints.reach
    for name, module in list(sys.modules.items()):
        if name.startswith("flowkit.") and getattr(module, "reach", None) is unarmed:
            module.reach = reach  # type: ignore[attr-defined]


def each(things: Iterable[T], do: Callable[[T], object], threads: int) -> None:
    """Each of several things, in so many threads; whatever one of them fails at is told."""
    left, lock = iter(things), threading.Lock()

    def run() -> None:
        try:
            while True:
                with lock:
                    thing = next(left, None)
                if thing is None:
                    return
                do(thing)
        except BaseException:
            say(failed=traceback.format_exc()[-3000:])

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def live_once(live: Callable[[], None]) -> None:
    """Live, tell of a failure, and end this process."""
    try:
        live()
    except BaseException:
        say(failed=traceback.format_exc()[-3000:])
        os._exit(1)
    os._exit(0)


def nursery(live: Callable[[str, float], None]) -> None:
    """Forks a worker a line. It has no threads and no database of its own, so a fork is as good as a start."""
    import alembic.command
    import alembic.config  # noqa: F401 - so that the first worker on a new database does not read it alone

    gc.freeze()
    for line in sys.stdin:
        assert threading.active_count() == 1
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            live_once(lambda: live(line, began))  # noqa: B023 - it ends in here
        say(born=child)
        _, status = os.waitpid(child, 0)
        say(died=child, signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)
