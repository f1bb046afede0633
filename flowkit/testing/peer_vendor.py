"""What the stand-ins for messengers have in common: a book of what they took, a secret, and how often they may be asked.

Each is built from public documentation as of 2026-11, was held against no real service, and checks signatures with code of
its own: what it takes is no echo of what flowkit sends.
"""

from __future__ import annotations

import hmac
import threading
from abc import ABC, abstractmethod
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from flowkit.clock import Clock, SystemClock
from flowkit.testing.peer_asked import Answer, Asked
from flowkit.testing.peer_book import Book

DEFAULT = "stand-in"
"The token and, where one cannot do without, the secret of a stand-in that was told none."


class Window:
    """So many in so long; who comes more often is refused, and, with `shut_out`, refused from then on for that long."""

    def __init__(self, times: int, within: timedelta, shut_out: timedelta | None = None) -> None:
        self._times, self._within, self._shut_out = times, within, shut_out
        self._seen: deque[datetime] = deque()
        self._until: datetime | None = None

    def takes(self, now: datetime) -> bool:
        if self._until is not None and now < self._until:
            return False
        while self._seen and self._seen[0] <= now - self._within:
            self._seen.popleft()
        if len(self._seen) >= self._times:
            self._until = now + self._shut_out if self._shut_out is not None else None
            return False
        self._seen.append(now)
        return True


class Vendor(ABC):
    """A messenger. `token` is what a caller must name, `secret` what he must sign with; `what` is the messenger's name."""

    what = ""
    paths: tuple[str, ...] = ()

    def __init__(self, book: Book, token: str = "", secret: str = "", clock: Clock | None = None) -> None:
        self.book, self.token, self.secret = book, token or DEFAULT, secret
        self.clock, self.lock = clock or SystemClock(), threading.RLock()
        self.windows: dict[str, Window] = {}

    @property
    def about(self) -> str:
        return (
            f"A stand-in made for trying flowkit: a protocol simulator of {self.what}, built from public documentation as of "
            "2026-11. It is not the real service, was certified against none, and delivers nothing to anybody."
        )

    def asked(self, asked: Asked) -> Answer:
        with self.lock:
            return self.answer(asked)

    @abstractmethod
    def answer(self, asked: Asked) -> Answer:
        """What the messenger says to a request."""

    @abstractmethod
    def no(self, code: str, words: str) -> Answer:
        """A refusal in the messenger's own shape."""

    def refused(self, path: str, value: str) -> Answer:
        return self.no(value, "refused on demand")

    def throttled(self, path: str, value: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        return (*self.too_often(), {})

    @abstractmethod
    def too_often(self) -> Answer:
        """What the messenger says to who comes too often."""

    def takes(self, name: str, times: int, within: timedelta, shut_out: timedelta | None = None) -> bool:
        """Whether one more is within a limit."""
        return self.windows.setdefault(name, Window(times, within, shut_out)).takes(self.clock.now())

    def keep(self, kind: str, **more: Any) -> str:
        """Write down what was taken; its number."""
        number = str(len(self.book.entries()) + 1)
        self.book.append({"no": number, "kind": kind, "at": self.clock.now().isoformat(), **more})
        return number

    def control(self, method: str, path: str, content: Any) -> Answer | None:
        """Tells what was taken, and forgets how often it was asked."""
        if (method, path) == ("GET", "/_peer/ledger"):
            return 200, {"messages": list(self.book.entries())}
        if (method, path) == ("DELETE", "/_peer/limits"):
            with self.lock:
                self.windows.clear()
            return 200, {"limits": "forgotten"}
        return None


def same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
