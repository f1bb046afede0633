"""Wakes us: a tick a second, and at once when something was committed that may be due. It decides nothing."""

from __future__ import annotations

import logging
import threading
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
        self._lock = threading.Lock()
        self._asked = self._ticking = self._stopped = False
        # Its clock counts in UTC whatever the machine's zone is; the moments that matter come from our own clock.
        self._scheduler = BackgroundScheduler(timezone="UTC", daemon=True)
        # Two instances: one that comes while another ticks leaves at once, where a limit of one would log a warning.
        self._job = self._scheduler.add_job(
            self._safely, "interval", seconds=SECONDS, max_instances=2, coalesce=True, misfire_grace_time=None
        )
        self._scheduler.start()

    def wake(self) -> None:
        """Tick soon; nothing after `stop`. Asked while a tick is running, that one goes round once more."""
        with self._lock:
            if self._stopped:
                return
            if not (self._asked or self._ticking):
                self._job.modify(next_run_time=SystemClock().now() - timedelta(milliseconds=1))
            self._asked = True

    def stop(self) -> None:
        """Let the running tick end and no other begin. May be called again."""
        with self._lock:
            running, self._stopped, self._asked = not self._stopped, True, False
        if running:
            self._scheduler.shutdown(wait=True)

    def _safely(self) -> None:
        with self._lock:
            if self._ticking:
                return
            self._ticking = self._asked = True
        while self._again():
            try:
                self._tick()
            except Exception:  # noqa: BLE001 - the rows are still there: the next tick finds them again
                _LOG.exception("a tick of flowkit failed; the next one tries again")

    def _again(self) -> bool:
        """Whether somebody has asked since the last tick began; if not, this round of ticks is over."""
        with self._lock:
            asked, self._asked = self._asked, False
            self._ticking = asked
            return asked
