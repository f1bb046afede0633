"""`python -m tests.measures.timers`: many timers, several processes, a clock that jumps.

    together   8 processes on one database carry out 10,000 timers while the clock they share jumps forward and back:
               each fires once, none before its time as the process saw it
    backlog    timers that are all due at once after days of downtime: all fire, how long, how much memory, and how long
               somebody who submits meanwhile waits
    poll       what a look for due timers costs that finds none, beside so many open ones
    lateness   a process as `flowkit run` begins it, timers that fall due at random moments of two real minutes while somebody
               else submits: how long after it was due each was written as having come, and none before

The clock that processes share is a number in a file: how far it is from the machine's.
"""

from __future__ import annotations

import argparse
import json
import mmap
import random
import resource
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flowkit import FlowKit, load_app
from flowkit.clock import VirtualClock
from flowkit.runtime.rowtext import micros

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
SPREAD = 600
"""Seconds over which the timers of `together` fall due."""

APP = """
app: timers
catcher: boss
roles: {boss: {}}
staff: {entity: employee, roles: roles}
channels: {console: {preset: console}}
---
entity: employee
key: code
fields: {code: text, roles: {type: list, of: role}}
rows: [{code: b, roles: [boss]}]
---
workflow: wait
from: {span: duration}
nodes:
  waiting: {owner: boss, actions: {go: {to: done}}, timeouts: [{after: =span, to: done}]}
  done: {end: done}
"""


class SharedClock:
    """The machine's clock and how far it is set forward; every process that holds the file sees the same."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)

    def now(self) -> datetime:
        (offset,) = struct.unpack("<d", self._map[:8])
        return START + timedelta(seconds=time.time() + offset)

    def set_offset(self, offset: float) -> None:
        self._map[:8] = struct.pack("<d", offset)


def opened(folder: Path, clock: SharedClock | VirtualClock) -> FlowKit:
    return FlowKit(load_app(folder), f"sqlite:///{folder / 'work.db'}", clock=clock)


def fill(kit: FlowKit, spans: list[int]) -> None:
    """Cases that wait so many seconds each, begun by many threads, so that they go in batches."""
    left, lock = list(spans), threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not left:
                    return
                span = left.pop()
            kit.submit("wait", {"span": f"{span}s"}, by="employee:b")

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- together --------------------------------------------------------------------------------------------------------


def carry_out(folder: Path) -> int:
    """One of the processes: until nothing is open any more."""
    open_ = "SELECT count(*) FROM cases WHERE ended IS NULL"
    with opened(folder, SharedClock(folder / "clock")) as kit, sqlite3.connect(folder / "work.db") as looking:
        fired = 0
        while looking.execute(open_).fetchone() != (0,):
            fired += kit.advance(messages=False).timers
            time.sleep(0.005)
    print(fired)
    return 0


def together(folder: Path, processes: int, many: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    (folder / "app.yaml").write_text(APP, encoding="utf-8")
    (folder / "clock").write_bytes(struct.pack("<d", -time.time()))
    clock = SharedClock(folder / "clock")
    with opened(folder, clock) as kit:
        fill(kit, [chance.randint(1, SPREAD) + 3600 for _ in range(many)])
    began, base, jumps = time.monotonic(), -time.time() + 3500, 0
    command = [sys.executable, "-m", "tests.measures.timers", "carry-out", str(folder)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    while any(worker.poll() is None for worker in workers):
        # On the whole it goes forward, ten times as fast as ours; now and then it leaps, and as often falls back.
        base += 2 + chance.choice((0, 0, 0, 30, -25))
        jumps += 1
        clock.set_offset(base)
        time.sleep(0.2)
    fired = [int(worker.communicate()[0] or 0) for worker in workers]
    took = time.monotonic() - began
    faults = [f"worker {n} ended with {w.returncode}" for n, w in enumerate(workers) if w.returncode]
    print(
        f"{many:,} timers, {processes} processes, {jumps} settings of the clock, {took:.0f} s; fired by each: {fired}"
    )
    return faults + judged(folder, many)


def judged(folder: Path, many: int) -> list[str]:
    """Each case was fired at once and not too early, by its history; and the database is whole."""
    faults, fired = [], 0
    with sqlite3.connect(folder / "work.db") as looking:
        due: dict[str, datetime] = {}
        for case, body in looking.execute("SELECT case_id, body FROM history ORDER BY case_id, sequence"):
            event = json.loads(body)
            if event["kind"] == "assigned":
                due[case] = min(datetime.fromisoformat(d["due"]) for d in event["data"]["deadlines"])
            if event["kind"] == "fired":
                fired += 1
                if datetime.fromisoformat(event["at"]) < due[case]:
                    faults.append(f"{case} fired at {event['at']}, due {due[case]}")
    if fired != many:
        faults.append(f"{fired} fired of {many}")
    with opened(folder, SharedClock(folder / "clock")) as kit:
        faults += [str(fault) for fault in kit.verify()]
    print(f"{fired:,} fired, {len(faults)} faults")
    return faults


# --- a backlog -------------------------------------------------------------------------------------------------------


def backlog(folder: Path, many: int) -> list[str]:
    """A tenth of the cases is made, the others are copies of these, row for row."""
    (folder / "app.yaml").write_text(APP, encoding="utf-8")
    clock = VirtualClock(START)
    made = max(1, many // 100)
    with opened(folder, clock) as kit:
        fill(kit, [n % 3600 + 1 for n in range(made)])
    copy(folder / "work.db", many // made)
    clock.set(START + timedelta(days=3))
    waits: list[float] = []
    with opened(folder, clock) as kit:
        over = threading.Event()

        def submit() -> None:
            while not over.wait(0.05):
                began = time.monotonic()
                kit.submit("wait", {"span": "30d"}, by="employee:b")
                waits.append(time.monotonic() - began)

        user = threading.Thread(target=submit)
        user.start()
        began, fired = time.monotonic(), 0
        fired = kit.advance(messages=False, tell=len).timers
        took, most = time.monotonic() - began, memory()
        over.set()
        user.join()
        due = order_of(folder / "work.db")
    waits.sort()
    print(f"{fired:,} timers due at once: {took:.0f} s, {fired / took:,.0f}/s; memory {most:.0f} MB at most")
    print(
        f"{len(waits)} submitted meanwhile: p50 {at(waits, 0.5):.0f} ms, p99 {at(waits, 0.99):.0f} ms, most {waits[-1] * 1000:.0f} ms"
    )
    return [] if fired == made * (many // made) and due else [f"{fired} fired of {many}, in order: {due}"]


def order_of(database: Path) -> bool:
    """Whether they were fired oldest first: of two looks of a hundred none of the later one was due before one of the earlier."""
    with sqlite3.connect(database) as looking:
        due: dict[str, str] = {}
        before, of_look = "", list[str]()
        for case, body in looking.execute("SELECT case_id, body FROM history ORDER BY rowid"):
            event = json.loads(body)
            if event["kind"] == "assigned":
                due[case] = min(deadline["due"] for deadline in event["data"]["deadlines"])
            elif event["kind"] == "fired":
                if due[case] < before:
                    return False
                of_look.append(due[case])
                if len(of_look) == 100:
                    before, of_look = max(of_look), []
    return True


def copy(database: Path, times: int) -> None:
    with sqlite3.connect(database) as copier:
        for n in range(1, times):
            for table, id_ in (
                ("cases", "id"),
                ("history", "case_id"),
                ("case_index", "case_id"),
                ("tasks", "case_id"),
                ("timers", "case_id"),
            ):
                names = [row[1] for row in copier.execute(f"PRAGMA table_info({table})")]
                new = f"{id_} || '{n:03}'"
                body = f"replace(body, {id_}, {new})"
                given = {id_: new, "number": f"number || '{n:03}'", "series": "NULL", "serial": "NULL", "body": body}
                if table == "case_index":
                    given.pop("number")
                source = ", ".join(given.get(name, name) for name in names)
                copier.execute(
                    f"INSERT INTO {table} SELECT {source} FROM {table} WHERE length({id_}) = (SELECT min(length({id_})) FROM {table})"
                )


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def at(waits: list[float], share: float) -> float:
    return waits[min(len(waits) - 1, int(len(waits) * share))] * 1000


# --- a look that finds nothing ---------------------------------------------------------------------------------------


def poll(folder: Path, many: int) -> list[str]:
    (folder / "app.yaml").write_text(APP, encoding="utf-8")
    clock = VirtualClock(START)
    with opened(folder, clock) as kit:
        took = {}
        for standing in (1000, many):
            with sqlite3.connect(folder / "work.db") as writing:
                due = micros(START + timedelta(days=1))
                writing.execute("DELETE FROM timers")
                rows = ((f"c{n:08}", 0, 1, "30d", 0, due + n, 0) for n in range(standing))
                writing.executemany("INSERT INTO timers VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            looks = []
            for _ in range(2000):
                began = time.perf_counter()
                kit._due.timers()
                looks.append((time.perf_counter() - began) * 1e6)
            took[standing] = statistics.median(looks)
            print(f"a look beside {standing:,} open timers: median {took[standing]:.0f} µs")
        with sqlite3.connect(folder / "work.db") as writing:
            writing.execute("DELETE FROM timers")
    return []


# --- how late --------------------------------------------------------------------------------------------------------

LATEST = 2.0
"""Seconds: what is promised where nothing else is in the way."""


def lateness(folder: Path, many: int, seconds: int, standing: int, seed: int) -> list[str]:
    """As `flowkit run` keeps the time in a process of its own, then as a program does in the background."""
    faults = []
    for n, worker in enumerate(("flowkit run", "start_background")):
        here = folder / str(n)
        here.mkdir()
        (here / "app.yaml").write_text(APP.replace("channels: {console: {preset: console}}\n", ""), encoding="utf-8")
        faults += late(here, worker, many, seconds, standing, random.Random(seed + n))
    return faults


def late(folder: Path, worker: str, many: int, seconds: int, standing: int, chance: random.Random) -> list[str]:
    """Timers due at random moments by the machine's clock, beside `standing` that are not, while somebody submits."""
    database, lead, meanwhile = f"sqlite:///{folder / 'work.db'}", 10 + many // 100, 0
    process = None
    with FlowKit(load_app(folder), database) as kit:
        fill(kit, [30 * 86400] * standing)
        began = time.monotonic()
        # A length is in whole seconds, when it began is not: so moments fall anywhere within a second.
        fill(kit, [lead + chance.randint(1, seconds) for _ in range(many)])
        if time.monotonic() - began >= lead:
            return [
                f"it took {time.monotonic() - began:.0f} s to begin {many}: some were due before anybody kept the time"
            ]
        if worker == "flowkit run":
            command = [sys.executable, "-m", "flowkit", "run", str(folder), "--database", database]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        else:
            kit.start_background()
        watching = Watching(folder / "work.db")
        try:
            while len(watching.late) < many and time.monotonic() < began + lead + seconds + 30:
                kit.submit("wait", {"span": "30d"}, by="employee:b")
                meanwhile += 1
                time.sleep(0.2)
        finally:
            watching.stop()
            if process is not None:
                process.terminate()
                process.wait(30)
    waits = sorted(watching.late)
    if len(waits) != many:
        return [f"{worker}: {len(waits)} came of {many}"]
    print(
        f"{worker}: {many:,} timers within {seconds} s beside {standing + meanwhile:,} others, {meanwhile} of them submitted "
        f"meanwhile: late by p50 {at(waits, 0.5):.0f} ms, p99 {at(waits, 0.99):.0f} ms, most {waits[-1] * 1000:.0f} ms"
    )
    faults = [f"{worker}: {early} came too early"] if (early := watching.early) else []
    return faults + ([f"{worker}: {waits[-1]:.2f} s late, promised {LATEST} s"] if waits[-1] > LATEST else [])


class Watching:
    """Looks at the history from outside, fifty times a second, and notes how late each timer has come by then, in seconds."""

    def __init__(self, database: Path) -> None:
        self.late, self.early = list[float](), 0
        self._database, self._over = database, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        due, last = dict[str, datetime](), 0
        with sqlite3.connect(self._database) as looking:
            while not self._over.wait(0.02):
                rows = looking.execute("SELECT rowid, case_id, body FROM history WHERE rowid > ?", (last,)).fetchall()
                seen = datetime.now(UTC)
                last = rows[-1][0] if rows else last
                for _, case, body in rows:
                    event = json.loads(body)
                    if event["kind"] == "assigned":
                        due[case] = min(datetime.fromisoformat(d["due"]) for d in event["data"]["deadlines"])
                    elif event["kind"] == "fired":
                        self.early += datetime.fromisoformat(event["at"]) < due[case]
                        self.late.append((seen - due[case]).total_seconds())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.measures.timers", description=__doc__)
    parser.add_argument("what", choices=["together", "backlog", "poll", "lateness", "carry-out"])
    parser.add_argument("folder", nargs="?", help="of `carry-out` only")
    parser.add_argument("--many", type=int, default=0)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=120, help="of `lateness`: over how long they fall due")
    parser.add_argument("--standing", type=int, default=1000, help="of `lateness`: timers beside them that are not due")
    given = parser.parse_args()
    if given.what == "carry-out":
        return carry_out(Path(given.folder))
    with tempfile.TemporaryDirectory(prefix="flowkit-timers-") as name:
        folder = Path(name)
        if given.what == "together":
            faults = together(folder, given.processes, given.many or 10_000, given.seed)
        elif given.what == "backlog":
            faults = backlog(folder, given.many or 1_000_000)
        elif given.what == "lateness":
            faults = lateness(folder, given.many or 1_000, given.seconds, given.standing, given.seed)
        else:
            faults = poll(folder, given.many or 1_000_000)
    print("\n".join(faults[:20]) or "0 faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
