"""Kills workers whose work goes beyond one case, and keeps the books. The supplier is a process of its own that no kill reaches.

Books are kept from what workers said before they died, and the supplier's ledger is a file of its own.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowkit.testing.peer_process import PeerProcess
from tests.faults.driver import Books, Worker
from tests.faults.outside_checks import Seen, after_drain, in_transit, known_as, never_begun
from tests.faults.outside_plan import SECRET, Plan
from tests.faults.outside_worker import orders
from tests.faults.worker import TRAIL

SPEED = 300
NAMED = 0.6
ROUND = 25
POINTS = (
    ("after-opening", 30),
    ("after-decide", 30),
    ("before-write", 20),
    ("write-history", 20),
    ("write-cases", 20),
    ("write-inbox", 12),
    ("write-drop-inbox", 12),
    ("write-put-off-inbox", 1),
    ("write-outbox", 8),
    ("write-timers", 15),
    ("write-keys", 6),
    ("before-commit", 50),
    ("after-commit", 50),
    ("before-ack", 30),
    ("before-send", 6),
    ("after-send", 6),
    ("after-mark-sent", 6),
)
"""Where a worker may end itself, and at which passing at the latest: as children begin and are joined, calls are claimed,
sent and settled, events taken in."""

FAULTS = (
    "cut",
    "reset",
    "reset-after",
    "error=500",
    "error-after=503",
    "throttle=1",
    "refuse",
    "hang-after",
    "slow=0.1",
    "junk",
)


@dataclass(slots=True)
class Result:
    """What a run came to; times in seconds."""

    faults: list[str] = field(default_factory=list)
    points: Counter[str] = field(default_factory=Counter)
    by_chance: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    ledger: Counter[str] = field(default_factory=Counter)
    never_begun: int = 0
    unheard: int = 0
    cases: int = 0
    events: int = 0
    orders: int = 0
    requests: int = 0
    took: float = 0.0

    @property
    def kills(self) -> int:
        return self.points.total() + self.by_chance.total()


class Harness:
    """`kills` kills; about 60 of 100 at a named point, the others at any moment."""

    def __init__(self, folder: Path, kills: int, seed: int, bug: str = "") -> None:
        self._folder, self._kills, self._seed, self._bug = folder, kills, seed, bug
        self._chance, self._life, self._began = random.Random(seed), 0, time.time()
        self.result = Result()
        self._trail, self._ledger = folder / "trail", folder / "ledger"
        self._trail.write_bytes(b" " * TRAIL)

    def run(self) -> Result:
        began = time.monotonic()
        with PeerProcess(self._ledger) as peer:
            nursery = _nursery(peer.url)
            next(iter(nursery.lines(time.monotonic() + 60)))
            wanted = self._wanted()
            while wanted and not self.result.faults:
                _Round(self, nursery, peer).run([wanted.pop() for _ in range(min(ROUND, len(wanted)))])
            nursery.end()
            self.result.requests = peer.ask("GET", "/_peer")["asked"].get("/orders", 0)
        self.result.took = time.monotonic() - began
        return self.result

    def _wanted(self) -> list[str]:
        points: list[tuple[str, int]] = []
        while len(points) < self._kills * NAMED:
            points += self._chance.sample(POINTS, len(POINTS))
        named = [f"{name}:{self._chance.randint(1, most)}" for name, most in points[: round(self._kills * NAMED)]]
        wanted = named + [""] * (self._kills - len(named))
        self._chance.shuffle(wanted)
        return wanted


class _Books(Books):
    """A command that brings about something in other cases is answered with its case as that left it; told again, as it was
    when it was taken. So only the case must be the same."""

    def note(self, line: dict[str, Any]) -> None:
        before = self.acknowledged.get(line.get("acknowledged", ""))
        if before is not None and line.get("case") == before[0]:
            line = {**line, "sequence": before[1]}
        Books.note(self, line)


class _Round:
    """Kills on one database, then a drain and the whole check."""

    def __init__(self, harness: Harness, nursery: Worker, peer: PeerProcess) -> None:
        self._harness, self._nursery, self._peer = harness, nursery, peer
        self._result, self._chance = harness.result, harness._chance
        self._path = str(Path(tempfile.mkdtemp(dir=harness._folder)) / "work.db")
        self._ledger_from = harness._ledger.stat().st_size
        self._books = _Books()
        self._once = Counter[str]()

    def run(self, wanted: list[str]) -> None:
        for failpoint in wanted:
            self._peer.faults(*self._some_faults())
            self._kill_one(failpoint)
            if Path(self._path).exists():
                self._result.faults += in_transit(self._path)
            self._result.faults += self._books.faults
            if self._result.faults:
                return
        self._peer.faults(*self._some_faults())
        self._drain()

    def _some_faults(self) -> list[str]:
        return [f"/orders:{self._chance.choice(FAULTS)}*1" for _ in range(self._chance.randrange(4))]

    def _plan(self, failpoint: str = "", *, drain: bool = False) -> Plan:
        harness, books = self._harness, self._books
        harness._life += 1
        again = books.unheard
        self._result.unheard += len(again)
        some = list(books.acknowledged)[-200:]
        again += [books.sent[m] for m in self._chance.sample(some, min(3, len(some)))]
        return Plan(
            f"sqlite:///{self._path}",
            str(harness._ledger),
            self._ledger_from,
            str(harness._trail),
            harness._began,
            SPEED,
            harness._seed,
            harness._life,
            failpoint=failpoint,
            again=again,
            open=sorted(books.open)[-40:],
            drain=drain,
            bug=harness._bug,
        )

    def _kill_one(self, failpoint: str) -> None:
        nursery, plan = self._nursery, self._plan(failpoint)
        moment = time.monotonic() + (3.0 if failpoint else self._chance.uniform(0.0, 0.6))
        nursery.start(plan)  # type: ignore[arg-type]
        died = self._listen(moment)
        named = died is not None
        if died is None:
            # It may have no pid yet when the moment comes at once.
            while not nursery.pid:
                self._books_note(next(nursery.lines(time.monotonic() + 60)))
            os.kill(nursery.pid, signal.SIGKILL)
            died = self._listen(time.monotonic() + 60)
        nursery.pid = 0
        if died is None or died["signal"] != signal.SIGKILL:
            self._books.faults.append(f"worker {plan.life} ended by itself")
        if named:
            self._result.points[failpoint.partition(":")[0]] += 1
        else:
            passed = self._harness._trail.read_bytes().decode().strip()
            self._result.by_chance[passed or "before anything"] += 1
        self._harness._trail.write_bytes(b" " * TRAIL)

    def _listen(self, until: float) -> dict[str, Any] | None:
        """Note what it says until that moment or until it dies: then its last line."""
        for line in self._nursery.lines(until):
            if "died" in line:
                return line
            self._books_note(line)
        return None

    def _books_note(self, line: dict[str, Any]) -> None:
        if line.get("operation") == "once":
            self._once[line["asked"]] += 1
        elif "void" in line:
            self._once[line["void"]] -= 1
        if not line.keys() & {"born", "loaded", "ready"}:
            self._books.note(line)

    def _drain(self) -> None:
        self._nursery.start(self._plan(drain=True))  # type: ignore[arg-type]
        died = self._listen(time.monotonic() + 120)
        self._nursery.pid = 0
        books = self._books
        if died is None or died["signal"]:
            books.faults.append(f"the drain did not come to rest: {died}")
        placed = orders(str(self._harness._ledger), self._ledger_from)
        found, seen = after_drain(self._path, placed)
        self._result.faults += [*books.faults, *books.check(found, None), *self._unanswered(), *_late_twice(seen)]
        self._result.faults += [
            f"{ref} may not be sent twice, and was" for ref, times in self._once.items() if times > 1
        ]
        self._result.ledger += known_as(seen, placed)
        self._count(found.cases, found.events, len(placed), seen)

    def _unanswered(self) -> Iterator[str]:
        books = self._books
        yield from (f"{sent.mark} was never answered" for sent in books.unheard)
        yield from (
            f"{mark} was refused: {code}" for mark, code in books.refused.items() if books.sent[mark].kind == "event"
        )

    def _count(self, cases: int, events: int, placed: int, seen: Seen) -> None:
        r, books = self._result, self._books
        r.cases, r.events, r.orders = r.cases + cases, r.events + events, r.orders + placed
        r.acknowledged += Counter(books.sent[m].kind for m in books.acknowledged)
        r.refused += Counter(books.refused.values())
        r.never_begun += len(never_begun(seen))
        r.calls += Counter(state for state, call, _ in seen.outbox.values() if call)
        kinds = ("wanted", "joined", "late", "kept", "consumed", "signalled", "replied", "released", "started", "fired")
        r.told += Counter(e["kind"] for each in seen.histories.values() for e in each if e["kind"] in kinds)


def _late_twice(seen: Seen) -> Iterator[str]:
    """What was kept is used at most once."""
    used = Counter((case, data["key"]) for case, data in seen.events("consumed"))
    yield from (f"doubled: {key} was consumed {times} times" for (_, key), times in used.items() if times > 1)


def _nursery(url: str) -> Worker:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.outside_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "SUPPLIER_URL": url, "SUPPLIER_SECRET": SECRET},
        bufsize=0,
    )
    return Worker(program)
