"""Wakes us: a tick a second, and at once when something was committed that may be due. It decides nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from flowkit.clock import SystemClock

SECONDS = 1
_LOG = logging.getLogger("flowkit")


class Waker:
    """Calls `tick` in a thread of its own, never twice at once; an exception in it is logged and the next tick comes."""

    def __init__(self, tick: Callable[[], object]) -> None:
        self._tick = tick
        # Its clock counts in UTC whatever the machine's zone is; the moments that matter come from our own clock.
        self._scheduler = BackgroundScheduler(timezone="UTC", daemon=True)
        self._job = self._scheduler.add_job(
            self._safely, "interval", seconds=SECONDS, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._scheduler.start()
        self._asked = False

    def wake(self) -> None:
        """Tick soon. Asked twice before it has begun, it ticks once."""
        if not self._asked:
            self._asked = True
            self._job.modify(next_run_time=SystemClock().now() - timedelta(milliseconds=1))

    def stop(self) -> None:
        """Let the running tick end and no other begin."""
        self._scheduler.shutdown(wait=True)

    def _safely(self) -> None:
        self._asked = False
        try:
            self._tick()
        except Exception:  # noqa: BLE001 - the rows are still there: the next tick finds them again
            _LOG.exception("a tick of flowkit failed; the next one tries again")
