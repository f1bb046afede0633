"""Workers, and ways to end them: at a named place, at a call to the system, at any moment. Says where each fell.

What is wanted is written NAME:NTH, for a named place or a call to the system; "" stands for any moment.
"""

from __future__ import annotations

import json
import math
import os
import random
import select
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tests.faults.life import TRAIL
from tests.faults.tracing import CALLS, Trace, missing

NAMED, TRACED = 0.5, 0.15
"""The shares of kills at named places and at calls to the system; the others come at any moment."""

PATIENCE = 3.0
"""Seconds until a worker that has not come to where it was to end is ended at any moment."""

Line = dict[str, Any]


class Planned(Protocol):
    def as_line(self) -> str:
        """One life of a worker, told on one line."""


class Worker:
    """A process that prints lines. Lines come to `note` until it has died."""

    def __init__(self, program: subprocess.Popen[bytes]) -> None:
        self._program, self._rest = program, b""
        self.pid = 0

    def start(self, plan: Planned) -> None:
        self.send(plan.as_line())

    def send(self, line: str) -> None:
        assert self._program.stdin is not None
        self._program.stdin.write(line.encode())
        self._program.stdin.flush()

    def lines(self, until: float) -> Iterator[Line]:
        """What it says until that moment (monotonic); then nothing more, and it may say more later. Ends with its death."""
        assert self._program.stdout is not None
        while True:
            while b"\n" in self._rest:
                line, _, self._rest = self._rest.partition(b"\n")
                said = json.loads(line)
                self.pid = said.get("born", self.pid)
                yield said
                if "died" in said:
                    return
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._program.stdout], [], [], left)[0]:
                return
            some = os.read(self._program.stdout.fileno(), 65536)
            if not some:
                code = self._program.wait()
                yield {"died": self.pid, "signal": -code if code < 0 else 0}
                return
            self._rest += some

    def stop(self) -> None:
        """Leave nothing behind, whatever it is at."""
        self._program.kill()
        self._program.wait(60)

    def end(self) -> None:
        assert self._program.stdin is not None
        self._program.stdin.close()
        self._program.wait(60)


@dataclass(slots=True)
class Ends:
    """Where workers fell: at named places, in calls to the system and behind which place, at any moment and behind which."""

    points: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    by_chance: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.points.total() + self.calls.total() + self.by_chance.total()


def wanted(kills: int, points: Sequence[tuple[str, int]], chance: random.Random, at: str = "") -> list[str]:
    """What is to end each worker, in any order. Every named place at least once, if there are kills enough.

    With `at`, the name of a place or a call to the system, all fall there.
    """
    if at:
        ((name, most),) = [each for each in (*points, *CALLS) if each[0] == at]
        return [f"{name}:{_some(most, chance)}" for _ in range(kills)]
    named, traced = round(kills * NAMED), 0 if missing() else round(kills * TRACED)
    drawn = list(points)
    while len(drawn) < named:
        drawn += chance.sample(points, len(points))
    ends = [f"{name}:{chance.randint(1, most)}" for name, most in drawn[:named]]
    ends += [f"{name}:{_some(most, chance)}" for name, most in chance.choices(CALLS, k=traced)]
    ends += [""] * (kills - len(ends))
    chance.shuffle(ends)
    return ends


def _some(most: int, chance: random.Random) -> int:
    """Low numbers as often as high ones: the first commits of a life are as good as those that come later."""
    return round(math.exp(math.log(most) * chance.uniform(0.2, 1)))


class Killer:
    """Ends workers that a nursery forks. `note` gets every line but the last, and whether the worker was alive then."""

    def __init__(self, nursery: Worker, trail: Path, chance: random.Random) -> None:
        self._nursery, self._trail, self._chance = nursery, trail, chance
        self._trail.write_bytes(b" " * TRAIL)
        self.moment = 0.0

    def kill(self, plan: Planned, end: str, longest: float, ends: Ends, note: Callable[[Line, bool], None]) -> str:
        """One life and its end, at the latest `longest` seconds later when it ends at any moment. Says what went wrong."""
        name, _, nth = end.partition(":")
        self.moment = time.monotonic() + (PATIENCE if end else self._chance.uniform(0.0, longest))
        self._nursery.start(plan)
        trace = self._trace(name, int(nth), note) if name in dict(CALLS) else None
        died = self._listen(note, alive=True)
        by_itself = died is not None
        if died is None:
            self._must_be_born(note)
            # It may have come to its own end just now, and nobody has told us yet.
            with suppress(ProcessLookupError):
                os.kill(self._nursery.pid, signal.SIGKILL)
            self.moment = time.monotonic() + 60
            died = self._listen(note, alive=False)
        self._nursery.pid = 0
        passed = self._trail.read_bytes().decode().strip() or "before anything"
        self._trail.write_bytes(b" " * TRAIL)
        where = trace.where() if trace is not None else ""
        if trace is not None and by_itself and where:
            ends.calls[f"{where} behind {passed}"] += 1
        elif by_itself and trace is None:
            ends.points[name] += 1
        else:
            ends.by_chance[passed] += 1
        return "" if died is not None and died["signal"] == signal.SIGKILL else "ended by itself"

    def live(self, plan: Planned, patience: float, note: Callable[[Line], None]) -> Line | None:
        """A life that is let come to its own end; its last line, or None when that took too long."""
        self.moment = time.monotonic() + patience
        self._nursery.start(plan)
        died = self._listen(lambda line, alive: note(line), alive=True)
        self._nursery.pid = 0
        return died

    def _trace(self, call: str, nth: int, note: Callable[[Line, bool], None]) -> Trace:
        self._must_be_born(note)
        trace = Trace(self._nursery.pid, call, nth, self._trail.with_name("trace"))
        assert not trace.refused, trace.refused
        self.moment = time.monotonic() + PATIENCE
        trace.go_on()
        return trace

    def _must_be_born(self, note: Callable[[Line, bool], None]) -> None:
        """It may have no pid yet when its end comes at once."""
        while not self._nursery.pid:
            note(next(self._nursery.lines(time.monotonic() + 60)), True)

    def _listen(self, note: Callable[[Line, bool], None], *, alive: bool) -> Line | None:
        """Note what it says until `moment`, which may be moved meanwhile, or until it dies: then its last line."""
        while True:
            until = self.moment
            for line in self._nursery.lines(until):
                if "died" in line:
                    return line
                note(line, alive)
                if self.moment != until:
                    break
            else:
                return None
