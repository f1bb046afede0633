"""`python -m tests.faults.outside_moves --moves 10000`: parents and children moved at once, from many threads and two kits.

Two kits on one database are as two processes are: each has its own writer, and both carry out what either has put into the
inbox. Nothing may stand still for ever, and no end of a child may be lost.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from flowkit import FlowKit, RefusedError, load_app
from flowkit.runtime.writer import Writer
from tests import evidence
from tests.faults import outside_planted
from tests.faults.outside_checks import at_rest, between, see
from tests.faults.outside_worker import Silent

JOINS = ("all", "any", "2", "in_turn")
APP = """
app: yard
catcher: boss
roles: {boss: {title: 老板}}
staff: {entity: employee, roles: roles}
channels: {post: {preset: console}}
---
entity: employee
key: code
fields: {code: text, roles: {type: list, of: role}}
rows: [{code: boss, roles: [boss]}]
---
workflow: part
fields: {name: text}
nodes:
  making: {owner: boss, actions: {note: {}, finish: {to: made}}, timeouts: [{after: 30d, to: made}]}
  made: {end: done}
""" + "".join(
    f"""---
workflow: whole_{join}
from: {{lines: {{type: rows, of: {{name: text, result: text}}}}}}
stages:
  open: {{nodes: [gathering], actions: {{note: {{who: applicant}}, leave: {{who: applicant, to: left}}}}}}
nodes:
  gathering:
    owner: boss
    run: {{workflow: part, each: lines, with: {{name: =row.name}}, back: {{result: =outcome}}, join: {join}}}
    next: [{{to: gathered}}]
    timeouts: [{{after: 30d, to: left}}]
  gathered: {{end: done}}
  left: {{end: cancelled}}
"""
    for join in JOINS
)
BOSS = "employee:boss"
CHILDREN, AT_WORK = 4, 12


def wait_for_yourself() -> None:
    """The thread that writes waits, now and then, for something that only it can write."""
    commit = Writer._commit

    def stuck(self: Writer, works: object) -> None:
        commit(self, works)  # type: ignore[arg-type]
        if random.random() < 0.1:
            self.perform(lambda inside: None)

    Writer._commit = stuck  # type: ignore[method-assign]


BUGS = {
    "forget the end of children": outside_planted.forget_the_end_of_children,
    "stay after the last": outside_planted.stay_after_the_last,
    "forget to call off": outside_planted.forget_to_call_off,
    "wait for yourself": wait_for_yourself,
}


@dataclass(slots=True)
class Result:
    faults: list[str] = field(default_factory=list)
    moves: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    took: float = 0.0


class Yard:
    """Parents at work, a dozen at a time; each thread moves whatever chance says."""

    def __init__(self, kits: list[FlowKit], moves: int, seed: int) -> None:
        self._kits, self._left, self._seed = kits, moves, seed
        self._open: list[str] = []
        self._lock = threading.Lock()
        self.result = Result()
        self.stop = threading.Event()

    def work(self, number: int) -> None:
        chance, kit = random.Random(f"{self._seed}/{number}"), self._kits[number % len(self._kits)]
        try:
            while (parent := self._some_parent(kit, chance)) and not self.stop.is_set():
                self._move(kit, parent, chance)
        except BaseException as error:
            self.result.faults.append(f"{type(error).__name__}: {error}")

    def _some_parent(self, kit: FlowKit, chance: random.Random) -> str:
        """One at work; a new one while there are too few, until enough was moved. "": all is done."""
        with self._lock:
            wanted = self._left > 0 and len(self._open) < AT_WORK
            if not wanted:
                return chance.choice(self._open) if self._open else ""
        lines = [{"name": f"p{i}"} for i in range(CHILDREN)]
        case = kit.submit(f"whole_{chance.choice(JOINS)}", {"lines": lines}, by=BOSS)
        with self._lock:
            self._open.append(case.id)
        return case.id

    def _move(self, kit: FlowKit, parent: str, chance: random.Random) -> None:
        """Something of the parent, or, mostly, of one of its children."""
        dice = chance.random()
        if dice < 0.2:
            case, action = parent, "leave" if dice < 0.01 else "note"
        else:
            case, action = f"{parent}.1.{chance.randrange(CHILDREN)}", "finish" if dice < 0.7 else "note"
        try:
            ended = kit.act(case, action, by=BOSS).ended and case == parent
            with self._lock:
                self.result.moves[action] += 1
                self._left -= 1
        except RefusedError as refused:
            with self._lock:
                self.result.refused[refused.code] += 1
            ended = refused.code in ("ended", "unknown-case") and kit.case(parent).ended is not None
        if ended:
            with self._lock:
                if parent in self._open:
                    self._open.remove(parent)


def run(folder: Path, moves: int, threads: int = 12, seed: int = 1, patience: float = 60.0, bug: str = "") -> Result:
    """At least so many moves. `patience` seconds without any of them are a standstill, which is a fault."""
    if bug:
        BUGS[bug]()
    (folder / "app").mkdir()
    (folder / "app" / "app.yaml").write_text(APP, encoding="utf-8")
    app, began = load_app(folder / "app"), time.monotonic()
    kits = [FlowKit(app, f"sqlite:///{folder}/work.db", channels={"post": Silent()}) for _ in range(2)]
    for kit in kits:
        kit.start_background()
    yard = Yard(kits, moves, seed)
    workers = [threading.Thread(target=yard.work, args=(n,), daemon=True) for n in range(threads)]
    for worker in workers:
        worker.start()
    result = yard.result
    _wait(workers, yard, patience)
    result.took = time.monotonic() - began
    if not any(worker.is_alive() for worker in workers):
        for kit in kits:
            while not kit.advance().nothing:
                pass
        result.faults += [repr(fault) for fault in kits[0].verify()]
        for kit in kits:
            kit.close()
    result.faults += _look(f"{folder}/work.db", result)
    return result


def _wait(workers: list[threading.Thread], yard: Yard, patience: float) -> None:
    """Until all have ended, or a while after nothing has moved any more."""
    last, since = -1, time.monotonic()
    while any(worker.is_alive() for worker in workers):
        now = yard.result.moves.total()
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() > since + patience:
            yard.result.faults.append(f"standstill: nothing has moved for {patience:.0f} s after {now} moves")
            yard.stop.set()
            for worker in workers:
                worker.join(0.2)
            return
        time.sleep(0.05)


def _look(path: str, result: Result) -> Iterator[str]:
    with closing(evidence.reading(path)) as database:
        each, seen = evidence.look(database), see(database)
    yield from each.faults
    yield from between(seen)
    yield from at_rest(seen, [])
    kinds = ("wanted", "joined", "late", "released", "begun")
    result.told.update(e["kind"] for events in seen.histories.values() for e in events if e["kind"] in kinds)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.outside_moves", description=__doc__)
    parser.add_argument("--moves", type=int, default=300)
    parser.add_argument("--threads", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=60.0)
    parser.add_argument("--bug", default="", choices=["", *BUGS])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flowkit-moves-", ignore_cleanup_errors=True) as folder:
        r = run(Path(folder), given.moves, given.threads, given.seed, given.patience, given.bug)
        print(f"{r.moves.total():,} moves in {r.took:.0f} s {dict(r.moves)}, refused {dict(r.refused)}")
        print(f"{dict(r.told)}; {len(r.faults)} faults", *r.faults[:20], sep="\n  ", flush=True)
    sys.stdout.flush()
    return 1 if r.faults else 0


if __name__ == "__main__":
    # Not `sys.exit`: after a standstill there are threads that never end.
    import os

    os._exit(main())
