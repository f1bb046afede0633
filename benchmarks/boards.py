"""What a board costs when there are 1,000,000 cases: its first page, narrowed down, one lane further, a list; for people who see some or all.

    python benchmarks/boards.py [--cases 1000000] [--rounds 15] [--late 25]

A chain of 40 shops; one case in ten is open, one in a hundred urgent. Some cases are made by submitting and acting, the others are
copies of these, row for row, because boards read the rows of `cases`, `case_index` and `tasks` alone. Measured is the time of a call of the
public face, all of it: what a page waits for at the server.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flowkit
from flowkit.clock import VirtualClock

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SHOPS, MADE = 40, 2000
FAULTS = ("漏油", "异响", "抛锚", "换胎", "保养")

APP = """
app: boards
catcher: head
units: {entity: shop}
roles:
  mechanic: {}
  keeper:   {sees: unit}
  head:     {sees: all}
staff: {entity: employee, roles: roles, unit: shop}
customers: {entity: customer}
---
entity: shop
key: name
fields: {name: text}
rows: [SHOPS]
---
entity: employee
key: code
label: name
fields: {code: text, name: text, roles: {type: list, of: role}, shop: {type: reference, entity: shop}}
rows: [EMPLOYEES]
---
entity: customer
key: code
fields: {code: text}
rows: [{code: c0}]
---
entity: car
key: plate
fields: {plate: text, model: text}
rows: [CARS]
---
scorecard: urgency
factors: [{label: 抛锚, when: fault == '抛锚', points: 5}, {label: 急, when: hurry, points: 5}]
bands: [{name: red, at_least: 10}, {name: normal, at_least: 0}]
---
workflow: repair
number: "{{ date }}-{{ sequence(6) }}"
from:
  shop:  {type: reference, entity: shop}
  fault: {type: choice, options: [漏油, 异响, 抛锚, 换胎, 保养]}
  plate: {type: reference, entity: car}
  hurry: switch
unit: =shop
nodes:
  judging: {do: [{score: urgency}], next: [{to: waiting}]}
  waiting:
    owner: mechanic
    actions: {take: {to: working}}
    timeouts: [{after: 2h, escalate: keeper}]
  working:
    owner: mechanic
    actions: {part: {to: parts}, finish: {to: checking}}
    timeouts: [{after: 8h, escalate: keeper}]
  parts:
    owner: mechanic
    actions: {back: {to: working}}
    timeouts: [{after: 3d, escalate: keeper}]
  checking:
    owner: keeper
    actions: {done: {to: done}}
    timeouts: [{after: 1d, escalate: head}]
  done: {end: done}
---
view: stages
of: repair
first: row.urgency.band == 'red'
board: {by: node, lanes: [waiting, working, parts, checking, done]}
card: {title: "{{ plate }} {{ plate.model }}", lines: ["{{ fault }}"], flag: "=urgency.band == 'red' ? '急' : ''"}
filters: [fault, unit]
---
view: shops
of: repair
board: {by: unit}
---
view: open
of: repair
columns: [number, plate, fault, node, owner, due]
"""


def write(folder: Path) -> Path:
    employees = [f"{{code: m{i}, name: 师傅{i}, roles: [mechanic], shop: s{i % SHOPS}}}" for i in range(SHOPS * 5)]
    employees += [f"{{code: k{i}, name: 店长{i}, roles: [keeper], shop: s{i}}}" for i in range(SHOPS)]
    employees += ["{code: boss, name: 老板, roles: [head]}"]
    text = APP.replace("SHOPS", ", ".join(f"{{name: s{i}}}" for i in range(SHOPS)))
    text = text.replace("EMPLOYEES", ", ".join(employees))
    text = text.replace("CARS", ", ".join(f"{{plate: 浙A{i:05}, model: M{i % 9}}}" for i in range(1000)))
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    return folder


def fill(app: flowkit.App, database: Path, cases: int, late: int) -> None:
    """Cases of which nine in ten have ended, begun a minute apart; the open ones stand at four nodes, one in `late` is late."""
    clock = VirtualClock(NOON)
    with flowkit.FlowKit(app, f"sqlite:///{database}", clock=clock) as kit:
        for n in range(MADE):
            clock.set(NOON + timedelta(minutes=n))
            shop, fault = n % SHOPS, FAULTS[n % len(FAULTS)]
            plate, hurry = f"浙A{n % 1000:05}", n % 50 == 2
            given = {"shop": f"s{shop}", "fault": fault, "plate": plate, "hurry": hurry}
            case, by = kit.submit("repair", given, by="customer:c0").id, f"employee:m{shop + n // SHOPS % 5 * SHOPS}"
            stop = (n // 10) % 4 if n // SHOPS % 10 == 2 else 4
            for action in (("take", "finish"), ("take",), ("take", "part"), (), ("take", "finish", "done"))[stop]:
                kit.act(case, action, by=f"employee:k{shop}" if action == "done" else by)
    copier = sqlite3.connect(database)
    copier.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000")
    for table, id_ in (("cases", "id"), ("case_index", "case_id"), ("tasks", "case_id")):
        names = [row[1] for row in copier.execute(f"PRAGMA table_info({table})")]
        source = f"CREATE TEMP TABLE made_{table} AS SELECT * FROM {table}"
        copier.execute(source)
        for copy in range(1, cases // MADE):
            taken = {id_: f"{id_} || '{copy:03}'", "number": "number || '-copy'", "series": f"series || '{copy}'"}
            if table == "case_index":
                taken.pop("number")
            given = ", ".join(taken.get(name, name) for name in names)
            copier.execute(f"INSERT INTO {table} SELECT {given} FROM made_{table}")
    # Lists know by the index alone what is late.
    told = "INSERT INTO case_index (case_id, name, text, open) SELECT id, 'case.late', '1', 1 FROM cases"
    copier.execute(f"{told} WHERE ended IS NULL AND rowid % {late} = 0")
    copier.commit()
    copier.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copier.close()


def took(ask: Callable[[], Any], rounds: int) -> str:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return f"{statistics.median(times):8.2f} [{min(times):.2f}..{max(times):.2f}]"


def questions(kit: flowkit.FlowKit, by: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "board by stage, first page", lambda: kit.board("stages", by)
    yield "the same, one fault", lambda: kit.board("stages", by, where={"fault": "换胎"})
    yield "the same, a number plate", lambda: kit.board("stages", by, text="a00042")
    lane = kit.board("stages", by).lanes[0]
    yield "next 20 of a lane", lambda: kit.lane("stages", lane.key, by, after=lane.next)
    yield "board by shop", lambda: kit.board("shops", by)
    yield "list, first 50", lambda: kit.listing("open", by)
    yield "board, what is late", lambda: kit.board("stages", by, late=True)
    yield "list, what is late", lambda: kit.listing("open", by, late=True)
    yield "cases that are late", lambda: kit.cases(by, order="due", late=True)
    yield "count of these, up to 1000", lambda: kit.count(by, most=1000, late=True)
    yield "late tasks, counted", lambda: kit.count_tasks(by, late=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=1_000_000)
    asked.add_argument("--rounds", type=int, default=15)
    asked.add_argument("--late", type=int, default=25, help="one open case in so many is late")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app, database = flowkit.load_app(write(Path(folder))), Path(folder) / "work.db"
        fill(app, database, given.cases, given.late)
        with flowkit.FlowKit(app, f"sqlite:///{database}", clock=VirtualClock(NOON)) as kit:
            print(
                f"{kit.count(None):,} cases, {kit.count(None, open=True):,} open; ms, median [min..max] of {given.rounds}"
            )
            for by in ("employee:m1", "employee:m81", "employee:k1", "employee:boss"):
                print(f"{by}, who sees {kit.count(by):,}")
                for title, ask in questions(kit, by):
                    print(f"  {title:28} {took(ask, given.rounds)}", flush=True)


if __name__ == "__main__":
    main()
