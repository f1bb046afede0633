"""How often a receiver may be asked: so many times in so long, counted over what really was asked. Knows no channel."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

NOW = timedelta(0)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` within any stretch of `within`."""

    times: int
    within: timedelta


class Pace:
    """Keeps the limits of one receiver, in this process. Safe to share between threads."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        self._limits, self._lock = limits, threading.Lock()
        self._asked: deque[datetime] = deque(maxlen=max((limit.times for limit in limits), default=0))
        self._put_off: deque[datetime] = deque()

    def wait(self, now: datetime) -> timedelta:
        """Zero: ask now, it is counted. Else how long to wait; who comes later waits longer, so that not all come at once."""
        with self._lock:
            # After the clock was set back what was asked lies ahead: it would hold up everybody.
            while self._asked and self._asked[-1] > now:
                self._asked.pop()
            free = max((self._free(limit, now) for limit in self._limits), default=now)
            if free <= now:
                self._asked.append(now)
                return NOW
            while self._put_off and not now < self._put_off[0]:
                self._put_off.popleft()
            slowest = max(self._limits, key=lambda limit: limit.within / limit.times)
            free += len(self._put_off) // slowest.times * slowest.within
            self._put_off.append(free)
            return free - now

    def _free(self, limit: Limit, now: datetime) -> datetime:
        """When one more may be asked under this limit."""
        if len(self._asked) < limit.times:
            return now
        return self._asked[-limit.times] + limit.within
