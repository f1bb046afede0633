"""What 10,000 people cost: reading them into memory, keeping that up to date, and dispatching among them.

    python benchmarks/people.py [--staff 10000] [--units 500] [--rounds 9]

A company of 500 units in four levels; each person belongs to one of the lowest, has two skills and a shift. Measured inside the
writing transaction, in one process, as CPU time: from `BEGIN` to `COMMIT` of a submission whose first step is dispatched, and the part of it
that finding the owner takes. Beside it the same business without units, where everybody of the role is a candidate.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flowkit
from flowkit.clock import VirtualClock
from flowkit.engine import moves
from flowkit.runtime.staff import Snapshot

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SKILLS = ("困人", "异响", "门机故障", "光幕失灵", "平层不准")

APP = """
app: people
catcher: head
UNITS
roles: {technician: {}, head: {}}
staff: {entity: employee, roles: roles, UNIT duty: {entity: roster, person: who, from: begins, until: ends}}
---
entity: region
key: name
fields: {name: text, parent: {type: reference, entity: region}}
rows: regions.csv
---
entity: employee
key: code
fields:
  code: text
  roles: {type: list, of: role}
  region: {type: reference, entity: region}
  skills: {type: list, of: text}
  position: {type: location, coordinates: gcj02}
rows: employees.csv
---
entity: roster
key: id
fields: {id: text, who: {type: reference, entity: employee}, begins: datetime, ends: datetime}
rows: roster.csv
---
workflow: repair
from:
  place: {type: reference, entity: region}
  fault: text
  position: {type: location, coordinates: gcj02}
UNIT_OF_CASE
nodes:
  assigned:
    owner:
      dispatch:
        among: technician
        require:
          - {label: 技能, when: fault in candidate.skills}
          - {label: 当班, when: candidate.on_duty}
        prefer:
          - {label: 近, value: "-distance(candidate.position, position)"}
          - {label: 闲, value: -candidate.open_tasks, weight: 500}
        otherwise: head
    actions:
      here:
        form: {position: {type: location, coordinates: gcj02}}
        do: [{record: =me, set: {position: =here.position}}]
      accept: {to: done}
    timeouts: [{after: 1h, escalate: head}]
  done: {end: done}
"""


def write(folder: Path, staff: int, units: int, with_units: bool) -> Path:
    """The app with that many people and units."""
    folder.mkdir()
    text = APP.replace("UNITS", "units: {entity: region, parent: parent}" if with_units else "")
    text = text.replace("UNIT_OF_CASE", "unit: =place" if with_units else "").replace(
        "UNIT", "unit: region," if with_units else ""
    )
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    parents = [(f"r{i}", f"r{i // 8}" if i else "") for i in range(units)]
    (folder / "regions.csv").write_text("name,parent\n" + "".join(f"{n},{p}\n" for n, p in parents), encoding="utf-8")
    lowest = [n for i, (n, _) in enumerate(parents) if i * 8 >= units]
    people = (
        f"e{i},technician,{lowest[i % len(lowest)]},{SKILLS[i % 5]}|{SKILLS[(i + 1) % 5]},"
        f'"{30 + i % 97 / 1000:.4f},{120 + i % 89 / 1000:.4f}"\n'
        for i in range(staff)
    )
    head = "boss,head,,,\n"
    (folder / "employees.csv").write_text(
        "code,roles,region,skills,position\n" + head + "".join(people), encoding="utf-8"
    )
    shifts = (f"s{i},e{i},2026-03-02 08:00,2026-03-02 20:00\n" for i in range(staff))
    (folder / "roster.csv").write_text("id,who,begins,ends\n" + "".join(shifts), encoding="utf-8")
    return folder


@contextmanager
def timed(owner: Any, name: str) -> Iterator[list[float]]:
    """The CPU time that each call of a function took in its thread, in milliseconds: others share the machine."""
    real: Callable[..., Any] = getattr(owner, name)
    took: list[float] = []

    def measured(*args: Any, **more: Any) -> Any:
        began = time.thread_time()
        try:
            return real(*args, **more)
        finally:
            took.append((time.thread_time() - began) * 1000)

    setattr(owner, name, measured)
    try:
        yield took
    finally:
        setattr(owner, name, real)


def spread(took: list[float]) -> str:
    return f"{statistics.median(took):9.2f} [{min(took):.2f}..{max(took):.2f}]"


def measure(folder: Path, rounds: int, submissions: int, title: str) -> None:
    began = time.perf_counter()
    app = flowkit.load_app(folder)
    print(f"\n{title}: the app loaded in {time.perf_counter() - began:.1f} s")
    lowest = next(reversed(app.rows["region"]))
    report = {"place": lowest, "fault": "异响", "position": "30.05,120.05"}
    with flowkit.FlowKit(app, f"sqlite:///{folder / 'work.db'}", clock=VirtualClock(NOON)) as kit:
        database, people, writer = kit._database, kit._writer.people, kit._writer  # noqa: SLF001 - measured inside
        connection, fresh, revision = database.connection(), list[float](), people.newest.revision
        for _ in range(rounds):
            snapshot = Snapshot(app, database.statements)
            began = time.thread_time()
            snapshot.at(revision, connection, NOON)
            fresh.append((time.thread_time() - began) * 1000)
        print(f"  people read into memory, ms          {spread(fresh)}")
        kit.submit("repair", report, by="employee:boss")
        with timed(writer, "_commit") as whole, timed(moves, "find_or_catch") as finding:
            cases = [kit.submit("repair", report, by="employee:boss") for _ in range(submissions)]
        considered = kit.history(cases[-1].id)[-2].data["why"]["considered"]
        print(f"  a submission that is dispatched, ms  {spread(whole)}   BEGIN to COMMIT")
        print(f"    of which finding the owner, ms     {spread(finding)}   {considered} candidates")
        mine = [case for case in cases if case.owner == cases[-1].owner]
        with timed(writer, "_commit") as moved:
            for case in mine:
                kit.act(case.id, "here", {"position": "30.01,120.01"}, by=case.owner[0])
        print(f"  somebody reports where he is, ms     {spread(moved)}   BEGIN to COMMIT")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    for name, default in (("staff", 10_000), ("units", 500), ("rounds", 9)):
        asked.add_argument(f"--{name}", type=int, default=default)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for with_units in (True, False):
            path = write(Path(folder) / str(with_units), given.staff, given.units, with_units)
            title = (
                f"{given.staff} people in {given.units} units" if with_units else f"{given.staff} people without units"
            )
            measure(path, given.rounds, given.rounds * (20 if with_units else 1), title)


if __name__ == "__main__":
    main()
