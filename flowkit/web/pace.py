"""How often somebody nobody knows may send something: counted in memory, by where he comes from, and forgotten soon."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from datetime import datetime, timedelta

SPAN = timedelta(seconds=30)
MOST_KNOWN = 10_000
"So many senders are told apart; beyond that the oldest are forgotten."


class Pace:
    """At most `most` in each half minute from each sender; 0: as many as come."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._seen: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def wait(self, sender: str, now: datetime) -> int:
        """Counts one more, and tells how many seconds to wait: 0 when it may go on."""
        if not self._most:
            return 0
        with self._lock:
            since, count = self._seen.get(sender, (now, 0))
            if not timedelta(0) <= now - since < SPAN:
                since, count = now, 0
            if count >= self._most:
                return max(1, -int((now - since - SPAN) // timedelta(seconds=1)))
            self._seen[sender] = (since, count + 1)
            self._seen.move_to_end(sender)
            if len(self._seen) > MOST_KNOWN:
                self._seen.popitem(last=False)
        return 0


def sender(host: str) -> str:
    """Who counts as one: an address, or of the new kind all of one line, which has billions."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:100]
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
