"""Kills workers whose work goes beyond one case, and the supplier whom they call, and keeps the books.

Books are kept from what workers said before they died, and the supplier's ledger is a file of its own.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.driver import Books
from tests.faults.killing import Ends, Killer, Worker, wanted
from tests.faults.outside_checks import Seen, after_drain, in_transit, known_as, never_begun
from tests.faults.outside_plan import SECRET, Plan
from tests.faults.outside_worker import orders
from tests.faults.supplier import Supplier

SPEED = 200
ROUND = 25
PEER = 0.15
"""The share of lives in which the supplier is killed as well, while it is called."""

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
    ends: Ends = field(default_factory=Ends)
    peer: Counter[str] = field(default_factory=Counter)
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


class Harness:
    """`kills` kills, a part of them at named places and at calls to the system, the others at any moment; or all at `at`.

    `at` may be `peer`: then the supplier is killed in each life of a worker.
    """

    def __init__(self, folder: Path, kills: int, seed: int, bug: str = "", at: str = "", speed: float = SPEED) -> None:
        self._folder, self._seed, self._bug = folder, seed, bug
        self._chance, self._life, self._began = random.Random(seed), 0, time.time()
        self._wanted = [""] * kills if at == "peer" else wanted(kills, POINTS, self._chance, at)
        self._peer_dies = {"": PEER, "peer": 1.0}.get(at, 0.0)
        self.result = Result()
        self._speed = speed
        self._trail, self._ledger = folder / "trail", folder / "ledger"

    def run(self) -> Result:
        began = time.monotonic()
        with Supplier(self._ledger) as peer:
            nursery = _nursery(peer.url)
            next(iter(nursery.lines(time.monotonic() + 60)))
            killer = Killer(nursery, self._trail, self._chance)
            while self._wanted and not self.result.faults:
                ends = [self._wanted.pop() for _ in range(min(ROUND, len(self._wanted)))]
                _Round(self, killer, peer).run(ends)
            nursery.end()
        self.result.took = time.monotonic() - began
        return self.result


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

    def __init__(self, harness: Harness, killer: Killer, peer: Supplier) -> None:
        self._harness, self._killer, self._peer = harness, killer, peer
        self._result, self._chance = harness.result, harness._chance
        self._path = str(Path(tempfile.mkdtemp(dir=harness._folder)) / "work.db")
        self._ledger_from = harness._ledger.stat().st_size
        self._books = _Books()
        self._once = Counter[str]()
        self._calls_to_live = 0

    def run(self, ends: list[str]) -> None:
        for end in ends:
            self._set_faults()
            self._kill_one(end)
            if Path(self._path).exists():
                self._result.faults += in_transit(self._path)
            self._result.faults += self._books.faults
            if self._result.faults:
                return
        self._set_faults()
        self._drain()

    def _set_faults(self) -> None:
        self._peer.wait()
        self._peer.faults(*self._some_faults())

    def _some_faults(self) -> list[str]:
        return [f"/orders:{self._chance.choice(FAULTS)}*1" for _ in range(self._chance.randrange(4))]

    def _plan(self, end: str = "", *, drain: bool = False) -> Plan:
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
            harness._speed,
            harness._seed,
            harness._life,
            end=end,
            again=again,
            open=sorted(books.open)[-40:],
            drain=drain,
            bug=harness._bug,
        )

    def _kill_one(self, end: str) -> None:
        peer_dies = self._chance.random() < self._harness._peer_dies
        self._calls_to_live = self._chance.randint(1, 2) if peer_dies else 0
        plan, longest = self._plan(end), 2.0 if peer_dies else 0.6
        wrong = self._killer.kill(plan, end, longest, self._result.ends, lambda line, alive: self._note(line))
        if wrong:
            self._books.faults.append(f"worker {plan.life} {wrong}")

    def _note(self, line: dict[str, Any]) -> None:
        if "asked" in line:
            self._asked(line["asked"], once=line["operation"] == "once")
        elif "void" in line:
            self._once[line["void"]] -= 1
        elif not line.keys() & {"born", "loaded", "ready"}:
            self._books.note(line)

    def _asked(self, ref: str, *, once: bool) -> None:
        """A call is under way: now and then the supplier does not live to see its end, and the worker not much longer."""
        self._result.requests += 1
        self._once[ref] += once
        if self._once[ref] > 1:
            self._books.faults.append(f"{ref} may not be sent twice, and was")
        self._calls_to_live -= 1
        if self._calls_to_live == 0:
            time.sleep(self._chance.uniform(0.0, 0.006))
            self._peer.die()
            had = any(order.ref == ref for order in orders(str(self._harness._ledger), self._ledger_from))
            self._result.peer["once it had taken an order" if had else "before it had taken an order"] += 1
            self._killer.moment = min(self._killer.moment, time.monotonic() + self._chance.uniform(0.0, 0.6))

    def _drain(self) -> None:
        # Whom the last worker did not live to call is left alone now.
        self._calls_to_live = 0
        died = self._killer.live(self._plan(drain=True), 120.0, self._note)
        books = self._books
        if died is None or died["signal"]:
            books.faults.append(f"the drain did not come to rest: {died}")
        placed = orders(str(self._harness._ledger), self._ledger_from)
        found, seen = after_drain(self._path, placed)
        self._result.faults += [*books.faults, *books.check(found, None), *self._unanswered(), *_late_twice(seen)]
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
