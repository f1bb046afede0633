"""What lists of cases cost when there are 100,000: a page, a deep page, a count, a search, for people who see little, some or all.

    python benchmarks/lists.py [--cases 100000] [--rounds 15]

A chain of 40 shops. Every hundredth case is made by submitting and closing it; the others are copies of these, row for row, because lists read the
rows of `cases`, `case_index` and `tasks` alone. Measured is the CPU time of a call of the public face, all of it.
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
SHOPS, COPIES = 40, 100
FAULTS = ("漏油", "异响", "抛锚", "换胎", "保养")

APP = """
app: lists
catcher: head
units: {entity: shop}
roles:
  mechanic: {}
  manager:  {sees: unit}
  auditor:  {sees: "=row.outcome == 'done' and row.fault == '漏油'"}
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
fields: {code: text, roles: {type: list, of: role}, shop: {type: reference, entity: shop}}
rows: [EMPLOYEES]
---
entity: customer
key: code
fields: {code: text}
rows: [CUSTOMERS]
---
entity: car
key: plate
fields: {plate: text}
rows: [CARS]
---
workflow: repair
number: "{{ date }}-{{ sequence(6) }}"
from:
  shop:  {type: reference, entity: shop}
  fault: {type: choice, options: [漏油, 异响, 抛锚, 换胎, 保养]}
  plate: {type: reference, entity: car}
unit: =shop
nodes:
  working:
    owner: mechanic
    actions: {finish: {to: done}}
    timeouts: [{after: 30d, escalate: head}]
  done: {end: done}
"""


def write(folder: Path) -> Path:
    employees = [f"{{code: m{i}, roles: [mechanic], shop: s{i % SHOPS}}}" for i in range(SHOPS * 5)]
    employees += [f"{{code: k{i}, roles: [manager], shop: s{i}}}" for i in range(SHOPS)]
    employees += ["{code: audit, roles: [auditor]}", "{code: boss, roles: [head]}"]
    text = APP.replace("SHOPS", ", ".join(f"{{name: s{i}}}" for i in range(SHOPS)))
    text = text.replace("EMPLOYEES", ", ".join(employees))
    text = text.replace("CUSTOMERS", ", ".join(f"{{code: c{i}}}" for i in range(200)))
    text = text.replace("CARS", ", ".join(f"{{plate: 浙A{i:05}}}" for i in range(1000)))
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    return folder


def fill(app: flowkit.App, database: Path, cases: int) -> None:
    """Cases of which nine in ten have ended, begun a minute apart."""
    clock = VirtualClock(NOON)
    with flowkit.FlowKit(app, f"sqlite:///{database}", clock=clock) as kit:
        for n in range(cases // COPIES):
            clock.set(NOON + timedelta(minutes=n))
            shop, values = n % SHOPS, {"fault": FAULTS[n % len(FAULTS)], "plate": f"浙A{n % 1000:05}"}
            case = kit.submit("repair", {"shop": f"s{shop}", **values}, by=f"customer:c{n % 200}")
            if n % 10:
                kit.act(case.id, "finish", by=f"employee:m{shop}")
    copier = sqlite3.connect(database)
    for copy in range(1, COPIES):
        for table, id_ in (("cases", "id"), ("case_index", "case_id"), ("tasks", "case_id")):
            names = [row[1] for row in copier.execute(f"PRAGMA table_info({table})")]
            taken = {id_: f"{id_} || '{copy:02}'", "number": "number || '-copy'", "series": f"series || '{copy}'"}
            if table == "case_index":
                taken.pop("number")
            given = ", ".join(taken.get(name, name) for name in names)
            source = f"SELECT {given} FROM {table} WHERE length({id_}) = (SELECT min(length({id_})) FROM {table})"
            copier.execute(f"INSERT INTO {table} {source}")
    copier.commit()
    copier.execute("ANALYZE")
    copier.close()


def took(ask: Callable[[], Any], rounds: int) -> str:
    times = []
    for _ in range(rounds):
        began = time.thread_time()
        ask()
        times.append((time.thread_time() - began) * 1000)
    return f"{statistics.median(times):8.2f} [{min(times):.2f}..{max(times):.2f}]"


def questions(kit: flowkit.FlowKit, by: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "newest 50", lambda: kit.cases(by)
    yield "due first, open", lambda: kit.cases(by, order="due", open=True)
    yield "count", lambda: kit.count(by)
    yield "a number plate", lambda: kit.cases(by, where={"plate": "浙A00041"})
    yield "part of a text", lambda: kit.cases(by, text="a0004")
    last = kit.cases(by, order="created")
    for _ in range(20):
        last = kit.cases(by, order="created", after=last.next) if last.next else last
    yield "page 20", lambda: kit.cases(by, order="created", after=last.next)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=15)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app, database = flowkit.load_app(write(Path(folder))), Path(folder) / "work.db"
        fill(app, database, given.cases)
        with flowkit.FlowKit(app, f"sqlite:///{database}", clock=VirtualClock(NOON)) as kit:
            print(f"{kit.count(None):,} cases; CPU ms, median [min..max] of {given.rounds}")
            for by in ("customer:c1", "employee:m1", "employee:k1", "employee:audit", "employee:boss"):
                print(f"{by}, who sees {kit.count(by):,}")
                for title, ask in questions(kit, by):
                    print(f"  {title:16} {took(ask, given.rounds)}")


if __name__ == "__main__":
    main()
