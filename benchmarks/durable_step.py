"""How many durable steps a second, beside the floor: the same statements on the driver's cursor, without any logic.

`python benchmarks/durable_step.py [--rounds 7] [--lives 40]`

One step is one acknowledged command: case, history with its hash, tasks, timers, messages, key, in one transaction that is
synced to the disk. What is lived is a repair order of `examples/elevator_maintenance`, from the report to the archive, eight
steps. The floor is a tape: every statement that a run of ours gave the driver, with its parameters, recorded once and played
again on a copy of the database it began with, by sqlite3 alone. All competitors take turns in every round.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from flowkit import FlowKit, load_app  # noqa: E402
from flowkit.app.app import App  # noqa: E402
from flowkit.kit import CaseView  # noqa: E402
from flowkit.store.connection import Connection, Statement  # noqa: E402

THREADS = 8
STEPS = 8
PRAGMAS = ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY")


# --- ours ------------------------------------------------------------------------------------------------------------


@dataclass
class Life:
    """One repair order after another, from report to archive. `spent` and `took` are filled in by step."""

    app: App
    kit: FlowKit
    took: list[float] = field(default_factory=list)
    spent: dict[str, set[tuple[int, int]]] = field(default_factory=dict)

    def live(self, number: int, name: str) -> None:
        """One whole life. `number` chooses the elevator; every command has a key."""
        code, elevator = list(self.app.rows["elevator"].items())[number % len(self.app.rows["elevator"])]
        customer = f"customer:{elevator['customer']}"
        spot = elevator["position"]
        position = f"{spot['latitude']},{spot['longitude']}"
        photos = {"fault": ["a.jpg"], "repaired": ["b.jpg"], "nameplate": ["c.jpg"]}
        items = [
            {"name": "门机调整", "kind": "工时", "quantity": 1.5, "price": 120},
            {"name": "门刀滚轮", "kind": "配件", "quantity": 2, "price": 85},
        ]
        report = {
            "elevator": code,
            "fault_type": "门机故障",
            "impact": "单梯停运",
            "description": "厅门关一半又弹开",
            "phone": "13800000104",
        }
        case = self._step("submit", lambda: self.kit.submit("repair_order", report, by=customer, key=f"{name}/submit"))
        steps: Sequence[tuple[str, Mapping[str, Any]]] = (
            ("accept", {}),
            ("arrive", {"position": position}),
            ("finish", photos),
            ("pass", {}),
            ("settle", {"items": items}),
            ("sign", {"signature": "丁一"}),
            ("evaluate", {"stars": 5, "remark": "来得快"}),
        )
        for action, data in steps:
            by, id_ = self._one_of(case.owner[0]), case.id
            case = self._step(
                action, lambda a=action, d=data, b=by, i=id_: self.kit.act(i, a, d, by=b, key=f"{name}/{a}")
            )
        assert case.outcome == "done", case

    def _step(self, name: str, do: Callable[[], CaseView]) -> CaseView:
        began = time.perf_counter()
        case = do()
        self.took.append(time.perf_counter() - began)
        self.spent.setdefault(name, set()).add(self.kit.spent)
        return case

    def _one_of(self, holder: str) -> str:
        """Somebody of a pool."""
        role = holder.removeprefix("role:")
        if role == holder:
            return holder
        rows = self.app.rows["employee"].items()
        return next(f"employee:{key}" for key, row in rows if role in row["roles"] and key != "boss")


@contextmanager
def opened(app: App, empty: Path) -> Iterator[tuple[FlowKit, Path]]:
    with tempfile.TemporaryDirectory(prefix="flowkit-bench-") as folder:
        path = Path(folder) / "work.db"
        shutil.copy(empty, path)
        with FlowKit(app, f"sqlite:///{path}") as kit:
            yield kit, path


def ours(
    app: App, empty: Path, lives: int, threads: int, begins: Callable[[], None] = lambda: None
) -> tuple[float, list[float], Mapping[str, set[tuple[int, int]]]]:
    """Steps a second, how long each took its caller, and what it took by step: reads, writes. One life goes before."""
    with opened(app, empty) as (kit, _):
        parts = [Life(app, kit) for _ in range(threads)]
        parts[0].live(0, "warm")
        parts[0].took.clear()
        each = max(1, lives // threads)

        def run(part: Life, first: int) -> None:
            for number in range(first, first + each):
                part.live(number, f"{number}")

        workers = [threading.Thread(target=run, args=(part, 1 + i * each)) for i, part in enumerate(parts)]
        begins()
        began = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        took = time.perf_counter() - began
        assert sum(len(part.took) for part in parts) == each * threads * STEPS
        return each * threads * STEPS / took, [one for part in parts for one in part.took], parts[0].spent


# --- the floor -------------------------------------------------------------------------------------------------------

Entry = tuple[str, Sequence[tuple[Any, ...]], bool]
"""SQL, its rows of parameters, and whether it is read from."""


@dataclass
class Tape:
    """What lives gave the driver, opening included; `begins` is where the lives begin that are timed."""

    entries: list[Entry] = field(default_factory=list)
    begins: int = 0
    steps: int = 0

    @classmethod
    def record(cls, app: App, empty: Path, lives: int, threads: int) -> Tape:
        """All connections of the process in the order in which they were used."""
        made = cls(steps=lives // threads * threads * STEPS)
        read, write, run = Connection.read, Connection.write, Connection._run  # noqa: SLF001

        def reading(self: Connection, statement: Statement, *given: Any) -> Any:
            made.entries.append((statement.text, [statement.bound(given)], True))
            return read(self, statement, *given)

        def writing(self: Connection, statement: Statement, rows: Sequence[tuple[Any, ...]]) -> int:
            made.entries.append((statement.text, [statement.bound(row) for row in rows], False))
            return write(self, statement, rows)

        def running(self: Connection, text: str) -> None:
            made.entries.append((text, [()], False))
            run(self, text)

        Connection.read, Connection.write, Connection._run = reading, writing, running  # type: ignore[method-assign] # noqa: SLF001
        try:
            ours(app, empty, lives, threads, lambda: setattr(made, "begins", len(made.entries)))
        finally:
            Connection.read, Connection.write, Connection._run = read, write, run  # type: ignore[method-assign] # noqa: SLF001
        return made

    def play(self, empty: Path) -> float:
        """Steps a second."""
        with fresh(empty) as driver:
            cursor = driver.cursor()
            for entry in self.entries[: self.begins]:
                give(cursor, entry)
            began = time.perf_counter()
            for entry in self.entries[self.begins :]:
                give(cursor, entry)
            took = time.perf_counter() - began
            ended = cursor.execute("SELECT count(*) FROM cases WHERE outcome = 'done'").fetchone()
            assert ended == (self.steps // STEPS + 1,), ended
        return self.steps / took

    def told(self) -> str:
        timed = self.entries[self.begins :]
        reads = sum(1 for _, _, read in timed if read)
        commits = sum(1 for text, _, _ in timed if text == "COMMIT")
        rows = sum(len(given) for text, given, read in timed if not read and text.split()[0] not in ENDS)
        writes = sum(1 for text, _, read in timed if not read and text.split()[0] not in ENDS)
        return (
            f"{reads / self.steps:.1f} reads, {writes / self.steps:.1f} writes of {rows / self.steps:.1f} rows, "
            f"{commits / self.steps:.2f} commits a step"
        )


ENDS = ("BEGIN", "COMMIT", "ROLLBACK")


def give(cursor: sqlite3.Cursor, entry: Entry) -> None:
    text, rows, read = entry
    if len(rows) > 1:
        cursor.executemany(text, rows)
    elif read:
        cursor.execute(text, rows[0]).fetchall()
    else:
        cursor.execute(text, rows[0])


@contextmanager
def fresh(empty: Path | None) -> Iterator[sqlite3.Connection]:
    """A driver's connection to a copy of a database, or to a new one, set up as ours are."""
    with tempfile.TemporaryDirectory(prefix="flowkit-bench-") as folder:
        path = Path(folder) / "work.db"
        if empty is not None:
            shutil.copy(empty, path)
        driver = sqlite3.connect(path, isolation_level=None)
        for pragma in PRAGMAS:
            driver.execute(f"PRAGMA {pragma}")
        yield driver
        driver.close()


def raw(steps: int) -> float:
    """The least that can be called a step: an event, a case, a task, one commit."""
    with fresh(None) as driver:
        driver.execute("CREATE TABLE cases (id INTEGER PRIMARY KEY, node TEXT, body TEXT)")
        driver.execute("CREATE TABLE events (case_id INTEGER, n INTEGER, body TEXT, PRIMARY KEY (case_id, n))")
        driver.execute("CREATE TABLE tasks (case_id INTEGER PRIMARY KEY, holder TEXT)")
        body, cursor = "x" * 400, driver.cursor()
        began = time.perf_counter()
        for step in range(steps):
            case, n = divmod(step, STEPS)
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("INSERT INTO events VALUES (?, ?, ?)", (case, n, body))
            cursor.execute("INSERT OR REPLACE INTO cases VALUES (?, ?, ?)", (case, str(n), body))
            cursor.execute("INSERT OR REPLACE INTO tasks VALUES (?, ?)", (case, str(n)))
            cursor.execute("COMMIT")
        return steps / (time.perf_counter() - began)


# --- the table -------------------------------------------------------------------------------------------------------


@dataclass
class Column:
    """The figures of one competitor, one a round."""

    name: str
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def measure(self, steps: int, run: Callable[[], float]) -> None:
        began = time.process_time()
        self.rates.append(run())
        # Opening and the life that goes before count too: a few milliseconds a round.
        self.cpu.append((time.process_time() - began) / (steps + STEPS) * 1000)

    def line(self, beside: Column | None = None) -> str:
        told = f"| {self.name} | {spread(self.rates, ',.0f')} | {spread(self.cpu, '.2f')} |"
        if beside is None:
            return f"{told} |"
        return f"{told} {spread([a / b for a, b in zip(self.rates, beside.rates, strict=True)], '.2f')} |"


def spread(figures: Sequence[float], form: str) -> str:
    return f"{median(figures):{form}} [{min(figures):{form}}..{max(figures):{form}}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--lives", type=int, default=40, help="repair orders a round, of eight steps each")
    given = parser.parse_args()
    app = load_app(ROOT / "examples" / "elevator_maintenance")
    with tempfile.TemporaryDirectory(prefix="flowkit-bench-") as folder:
        empty = Path(folder) / "empty.db"
        FlowKit(app, f"sqlite:///{empty}").close()
        compare(app, empty, given.rounds, given.lives // THREADS * THREADS)


def compare(app: App, empty: Path, rounds: int, lives: int) -> None:
    alone, together = Tape.record(app, empty, lives, 1), Tape.record(app, empty, lives, THREADS)
    raws, floor, one = Column("raw sqlite3, 3 statements"), Column("floor, one thread"), Column("ours, one thread")
    floors, eight = Column(f"floor, tape of {THREADS} threads"), Column(f"ours, {THREADS} threads")
    waits: dict[str, list[float]] = {one.name: [], eight.name: []}
    spent: dict[str, set[tuple[int, int]]] = {}
    steps = lives * STEPS

    def lived(column: Column, threads: int) -> float:
        rate, took, counted = ours(app, empty, lives, threads)
        waits[column.name] += took
        if threads == 1:
            spent.update(counted)
        return rate

    for _ in range(rounds):
        raws.measure(steps, lambda: raw(steps))
        floor.measure(steps, lambda: alone.play(empty))
        one.measure(steps, lambda: lived(one, 1))
        floors.measure(steps, lambda: together.play(empty))
        eight.measure(steps, lambda: lived(eight, THREADS))
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores, WAL, full sync"
    )
    print(f"{rounds} rounds of {steps} steps, load {os.getloadavg()[0]:.1f}; median [min..max]\n")
    print("| | steps/s | CPU ms a step | ratio of steps/s in the same round |\n|---|---|---|---|")
    for line in (raws.line(), floor.line(), one.line(floor), floors.line(), eight.line(floors)):
        print(line)
    print(f"\neight threads over one: {spread([a / b for a, b in zip(eight.rates, one.rates, strict=True)], '.2f')}")
    for name, took in waits.items():
        p99 = quantiles(took, n=100)[98]
        print(f"{name}: median {median(took) * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms, longest {max(took) * 1e3:.1f} ms")
    print(f"one thread: {alone.told()}\n{THREADS} threads: {together.told()}")
    counts = (f"{name} {'/'.join(f'{r}+{w}' for r, w in sorted(pairs))}" for name, pairs in spent.items())
    print("reads + writes of a command's own transaction:", ", ".join(counts))


if __name__ == "__main__":
    main()
