"""Kills workers and keeps the books: what was sent, what was acknowledged, what must therefore stand in the database.

Books are kept from what workers said before they died, never from the database they are compared with.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.checks import Found, look, messages
from tests.faults.killing import Ends, Killer, Worker, wanted
from tests.faults.peer import Peer
from tests.faults.plan import Plan, Sent

SPEED = 600
"How much faster than ours the workers' clock runs: a deadline of a minute comes after a tenth of a second."

ROUND = 25
"Kills between two drains, at each of which a whole database is checked and left for a new one."

POINTS: Sequence[tuple[str, int]] = (
    ("migration", 1),
    ("before-migration-commit", 1),
    ("migrated", 1),
    ("after-opening", 20),
    ("after-decide", 20),
    ("before-write", 20),
    ("write-history", 15),
    ("write-cases", 15),
    ("write-tasks", 15),
    ("write-drop-tasks", 8),
    ("write-timers", 15),
    ("write-drop-timers", 8),
    ("write-inbox", 8),
    ("write-put-off-inbox", 2),
    ("write-drop-inbox", 8),
    ("write-outbox", 12),
    ("write-watch-hits", 4),
    ("write-plans", 6),
    ("write-finish-plans", 4),
    ("write-put-off-plans", 2),
    ("write-keys", 12),
    ("write-records", 8),
    ("write-record-lines", 8),
    ("write-person-keys", 2),
    ("write-personal", 5),
    ("write-case-index", 5),
    ("write-counters", 8),
    ("write-given-records", 1),
    ("write-imported-records", 4),
    ("write-definitions", 1),
    ("write-meta", 1),
    ("before-commit", 30),
    ("after-commit", 30),
    ("before-ack", 20),
    ("before-send", 12),
    ("after-send", 12),
    ("after-mark-sent", 12),
)
"""Where a worker may end itself, and at which passing at the latest. `put-off-timers` stands for a timer whose command breaks
off for a reason that no expression can give; `tests/unit/runtime` proves it."""

WHILE_NEW = (
    "migration",
    "before-migration-commit",
    "migrated",
    "write-given-records",
    "write-person-keys",
    "write-definitions",
    "write-meta",
)
"Points that are passed while a database is new, in this order. A kill leaves it new; only `migrated` comes but once."


@dataclass(slots=True)
class Books:
    """What is known of commands by their marks, whatever database they went to."""

    sent: dict[str, Sent] = field(default_factory=dict)
    acknowledged: dict[str, tuple[str, int]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    given_up: dict[str, int] = field(default_factory=dict)

    @property
    def unheard(self) -> list[Sent]:
        return [s for mark, s in self.sent.items() if mark not in self.acknowledged and mark not in self.refused]

    def note(self, line: dict[str, Any]) -> None:
        if "sent" in line:
            mark = line.pop("sent")
            self.sent[mark] = Sent(mark, **line)
        elif "acknowledged" in line:
            self._acknowledged(line)
        elif "refused" in line and line["refused"] not in self.acknowledged:
            self.refused[line["refused"]] = line["code"]
        elif "refused" in line:
            self.faults.append(f"{line['refused']} was acknowledged, and later refused: {line['code']}")
        elif "reused" in line:
            self.faults.append(f"{line['reused']} was taken again with other content")
        elif "failed" in line:
            self.faults.append(line["failed"])
        elif "faults" in line:
            self.faults += line["faults"]
        elif "given_up" in line:
            self.given_up = line["given_up"]

    def _acknowledged(self, line: dict[str, Any]) -> None:
        mark = line["acknowledged"]
        result = (line.get("case") or self.sent[mark].case, line.get("sequence", 0))
        if self.acknowledged.setdefault(mark, result) != result:
            self.faults.append(f"{mark} was acknowledged as {self.acknowledged[mark]}, later as {result}")
        if mark in self.refused:
            # Sent again after it was refused: then it was a new command, and happened.
            del self.refused[mark]
        if result[0]:
            self.touched.add(result[0])
            if "ended" in line:
                (self.open.discard if line["ended"] else self.open.add)(result[0])

    def check(self, found: Found, looked_at: set[str] | None) -> Iterator[str]:
        """What the histories of these cases, or of all, must tell of every command."""
        yield from found.faults
        for mark, result in self.acknowledged.items():
            kind = self.sent[mark].kind
            seen = looked_at is None or kind == "import" or (result[0] in looked_at and kind != "signal")
            if seen and found.marks[mark] == 0:
                yield f"lost: {mark} ({kind}) was acknowledged"
            if mark in found.where and kind in ("submit", "act"):
                case, sequence = found.where[mark]
                if case != result[0] or sequence > result[1]:
                    yield f"{mark} was acknowledged as {result} and happened as {found.where[mark]}"
        yield from (f"doubled: {mark} happened {times} times" for mark, times in found.marks.items() if times > 1)
        yield from (f"{mark} was refused, and happened" for mark in self.refused if found.marks[mark])


@dataclass(slots=True)
class Result:
    """What a run came to; times in seconds."""

    faults: list[str] = field(default_factory=list)
    ends: Ends = field(default_factory=Ends)
    acknowledged: Counter[str] = field(default_factory=Counter)
    unheard: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    cases: int = 0
    events: int = 0
    fired: int = 0
    messages: int = 0
    taken: int = 0
    hung_up: int = 0
    ready: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    took: float = 0.0


def program(how: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.worker", how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        bufsize=0,
    )


class Harness:
    """`kills` kills, a part of them at named places and at calls to the system, the others at any moment; or all at `at`."""

    def __init__(self, folder: Path, kills: int, seed: int, bug: str = "", at: str = "") -> None:
        self._bug = bug
        self._folder, self._chance, self._seed = folder, random.Random(seed), seed
        self._wanted = wanted(kills, POINTS, self._chance, at)
        self.result = Result()
        self._life = 0
        self._began = time.time()
        self._trail = folder / "trail"

    def run(self) -> Result:
        began = time.monotonic()
        nursery = Worker(program("nursery"))
        next(iter(nursery.lines(time.monotonic() + 60)))
        killer = Killer(nursery, self._trail, self._chance)
        while self._wanted and not self.result.faults:
            self._round(killer, [self._wanted.pop() for _ in range(min(ROUND, len(self._wanted)))])
        nursery.end()
        self.result.took = time.monotonic() - began
        return self.result

    # --- one database ------------------------------------------------------------------------------------------------

    def _round(self, killer: Killer, ends: list[str]) -> None:
        """Kills on one database, then a drain and the whole check."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        peer, books, path = Peer(folder, seed=self._life), Books(), str(folder / "work.db")
        for end in sorted(ends, key=_turn):
            self._kill_one(killer, end, path, peer, books)
            if self.result.faults:
                break
        else:
            self._drain(path, peer, books)
        peer.close()

    def _plan(self, path: str, peer: Peer, books: Books, end: str = "", drain: bool = False) -> Plan:
        self._life += 1
        again = books.unheard
        self.result.unheard += len(again)
        if again:
            some = [m for m in books.acknowledged if books.sent[m].kind != "import"][-200:]
            again += [books.sent[m] for m in self._chance.sample(some, min(5, len(some)))]
        return Plan(
            f"sqlite:///{path}",
            peer.address,
            str(self._trail),
            self._began,
            SPEED,
            self._seed,
            self._life,
            end=end,
            again=again,
            open=sorted(books.open)[-40:],
            drain=drain,
            bug=self._bug,
        )

    def _kill_one(self, killer: Killer, end: str, path: str, peer: Peer, books: Books) -> None:
        plan = self._plan(path, peer, books, end)
        touched, books.touched = books.touched, {s.case for s in plan.again if s.case}

        def note(line: dict[str, Any], alive: bool) -> None:
            self._note(line, books, path, touched if alive else set())

        wrong = killer.kill(plan, end, 0.5, self.result.ends, note)
        if wrong:
            books.faults.append(f"worker {plan.life} {wrong}")
        self.result.faults += books.faults

    def _note(self, line: dict[str, Any], books: Books, path: str, touched: set[str]) -> None:
        if "ready" in line:
            self.result.ready.append(line["ready"])
            if touched:
                # What its predecessor left, now that it was repaired and sent again: looked at while it goes on.
                self.result.faults += books.check(look(path, touched), touched)
        elif "opened" in line:
            self.result.opened.append(line["opened"])
        elif not line.keys() & {"born", "loaded"}:
            books.note(line)

    def _drain(self, path: str, peer: Peer, books: Books) -> None:
        """A worker started from nothing sends again what was unheard and lets everything come to rest; then all is checked."""
        started = time.monotonic()
        worker = Worker(program("once"))
        worker.start(self._plan(path, peer, books, drain=True))
        died = None
        for line in worker.lines(time.monotonic() + 120):
            if "died" in line:
                died = line
            elif "ready" in line:
                self.result.cold.append(time.monotonic() - started)
            elif not line.keys() & {"born", "loaded", "opened"}:
                books.note(line)
        worker.stop()
        if died is None or died["signal"]:
            books.faults.append(f"the drain did not come to rest: {died}")
        found, listed = look(path), books.given_up.get("message", 0)
        self.result.faults += [
            *books.faults,
            *books.check(found, None),
            *messages(path, found.asked, peer.taken, listed),
        ]
        if books.unheard:
            self.result.faults.append(f"{len(books.unheard)} commands were never answered")
        self._count(books, found, peer)

    def _count(self, books: Books, found: Found, peer: Peer) -> None:
        r = self.result
        r.cases, r.events, r.fired = r.cases + found.cases, r.events + found.events, r.fired + found.fired
        r.acknowledged += Counter(books.sent[m].kind for m in books.acknowledged)
        r.refused += Counter(books.refused.values())
        r.messages += len({one.key for one in peer.taken})
        r.taken += len(peer.taken)
        r.hung_up += sum(not one.heard for one in peer.taken)


def _turn(end: str) -> int:
    """Points of a new database come first, everything else as it was drawn."""
    name = end.partition(":")[0]
    return WHILE_NEW.index(name) if name in WHILE_NEW else len(WHILE_NEW)
