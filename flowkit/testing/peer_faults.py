"""Faults on demand: what the peer does wrong, to which request, and how often. Knows no socket."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

KINDS = {
    "slow": "waits VALUE seconds (3)",
    "hang": "never answers",
    "reset": "breaks the connection off",
    "error": "answers with the status VALUE (500)",
    "throttle": "answers 429 with Retry-After: VALUE (1), where `date` stands for a date five seconds ahead; a messenger says it "
    "in its own way",
    "refuse": "answers 200 with the code VALUE (310000, or what is usual there)",
    "cut": "does what it was asked, then breaks off in the middle of its answer",
    "drip": "does what it was asked, then answers one byte each VALUE seconds (1)",
    "junk": "does what it was asked, then answers with a page of HTML",
}
"""Each fault in a line."""

_AFTERWARDS = frozenset({"cut", "drip", "junk"})
_FAULT = re.compile(
    r"(?:(?P<path>/[^:]*):)?(?P<kind>[a-z]+)(?P<after>-after)?(?:=(?P<value>[^*]+))?(?:\*(?P<times>\d{1,6}))?"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """`times` None: always. `path` "": every path that begins with it. `after`: once what was asked is done."""

    kind: str
    value: str = ""
    times: int | None = None
    path: str = ""
    after: bool = False

    def __str__(self) -> str:
        path, times = f"{self.path}:" if self.path else "", f"*{self.times}" if self.times is not None else ""
        after = "-after" if self.after and self.kind not in _AFTERWARDS else ""
        return f"{path}{self.kind}{after}" + (f"={self.value}" if self.value else "") + times

    def number(self, otherwise: float) -> float:
        """The value as a number."""
        return float(self.value) if self.value else otherwise


def read_fault(text: str) -> Fault:
    """A fault as it is written: `slow=3`, `/orders:cut*2`, `reset-after`, `throttle=date`. Raises ValueError."""
    found = _FAULT.fullmatch(text.strip())
    if found is None or found["kind"] not in KINDS:
        raise ValueError(
            f'expected [/PATH:]KIND[-after][=VALUE][*TIMES] with one of {", ".join(KINDS)}, found "{text}"'
        )
    kind, value = found["kind"], found["value"] or ""
    if kind in {"slow", "drip", "error"} and value:
        float(value)
    times = int(found["times"]) if found["times"] else None
    return Fault(kind, value, times, found["path"] or "", bool(found["after"]) or kind in _AFTERWARDS)


class Faults:
    """The faults that are set, each used up in its turn. Safe to share between threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock, self._faults = threading.Lock(), list(faults)

    def set(self, faults: Iterable[Fault]) -> None:
        """These instead of those there were."""
        with self._lock:
            self._faults = list(faults)

    def take(self, path: str) -> Fault | None:
        """The first fault for a path, counted as used; None when all is to go well."""
        with self._lock:
            for number, fault in enumerate(self._faults):
                if path.startswith(fault.path) and fault.times != 0:
                    if fault.times is not None:
                        self._faults[number] = replace(fault, times=fault.times - 1)
                    return fault
        return None

    def told(self) -> list[str]:
        with self._lock:
            return [str(fault) for fault in self._faults if fault.times != 0]
