"""`python -m tests.measures.schedules --records 40000`: every record of a kind has work due on one day.

How long it takes to make a plan for each when the app is opened first, to begin them all when the day has come, and how long somebody
who submits meanwhile waits. Each must have one case, and when all is done again nothing more may begin.

`--business`: the same in business days of ten stores that each have hours of their own, and how long it takes to plan all anew when the
hours of one change.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flowkit import FlowKit, load_app
from flowkit.clock import VirtualClock
from tests.measures.timers import at, memory

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
APP = """
app: schedules
timezone: Asia/Shanghai
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
entity: lift
key: code
fields: {code: text, last: date}
rows: lifts.csv
---
workflow: visit
number: "{{ date }}-{{ sequence(6) }}"
fields: {lift: {type: reference, entity: lift}}
nodes:
  doing: {owner: boss, actions: {finish: {to: done}}, timeouts: [{at: =case.planned, escalate: boss}]}
  done: {end: done}
---
schedule: fortnightly
after_last: 15d
since: =row.last
per: {entity: lift}
start: {workflow: visit, with: {lift: =row}}
ahead: 3d
"""


IN_BUSINESS_DAYS = (
    (
        "catcher: boss",
        'catcher: boss\ncalendar: {holidays: CN, mon-fri: "09:00-17:00"}\nunits: {entity: store, calendar: opens}',
    ),
    ("last: date}", "last: date, store: {type: reference, entity: store}}"),
    (
        "---\nworkflow: visit",
        "---\nentity: store\nkey: name\nfields: {name: text, opens: hours}\nrows: ["
        + ", ".join(f'{{name: S{n}, opens: "mon-sat {n + 6:02}:00-20:00"}}' for n in range(10))
        + "]\n---\nworkflow: visit\nunit: =lift.store",
    ),
    ("after_last: 15d", "after_last: 10 business days"),
    ("ahead: 3d", "ahead: 2 business days"),
)
"The app in business days: what stands instead of what."


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.measures.schedules", description=__doc__)
    parser.add_argument("--records", type=int, default=40_000)
    parser.add_argument("--business", action="store_true")
    asked = parser.parse_args()
    many, text = asked.records, APP
    for plain, instead in IN_BUSINESS_DAYS if asked.business else ():
        assert plain in text
        text = text.replace(plain, instead)
    with tempfile.TemporaryDirectory(prefix="flowkit-schedules-") as name:
        folder, waits = Path(name), list[float]()
        (folder / "app.yaml").write_text(text, encoding="utf-8")
        rows = "".join(f"L{n:06},2026-03-01" + (f",S{n % 10}\n" if asked.business else "\n") for n in range(many))
        (folder / "lifts.csv").write_text(
            "code,last" + (",store" if asked.business else "") + "\n" + rows, encoding="utf-8"
        )
        app, clock = load_app(folder), VirtualClock(START)
        began = time.monotonic()
        with FlowKit(app, f"sqlite:///{folder / 'work.db'}", clock=clock) as kit:
            print(f"opened with {many:,} records, {time.monotonic() - began:.1f} s; next due {kit.next_due()}")
            kit.advance(messages=False, tell=len)
            if asked.business:
                kit.import_records("store", [{"name": "S1", "opens": "tue-sat 08:00-12:00"}])
                began = time.monotonic()
                kit.advance(messages=False, tell=len)
                took = time.monotonic() - began
                moved = sum(plan.was is not None for plan in kit.coming(START + timedelta(days=40)))
                print(f"planned anew in {took:.1f} s, {moved:,} moved")
            early = kit.count(None)
            clock.set(START + timedelta(days=30 if asked.business else 11))
            over = threading.Event()

            def submit() -> None:
                while not over.wait(0.1):
                    since = time.monotonic()
                    kit.submit("visit", {}, by="employee:b")
                    waits.append(time.monotonic() - since)

            user = threading.Thread(target=submit)
            user.start()
            began = time.monotonic()
            begun = kit.advance(messages=False, tell=len).plans
            took = time.monotonic() - began
            over.set()
            user.join()
            again = kit.advance(messages=False, tell=len).plans
            lifts = kit.count(None, workflow="visit") - len(waits)
        waits.sort()
        print(f"{begun:,} begun in {took:.0f} s, {begun / took:,.0f}/s; memory {memory():.0f} MB at most")
        print(f"{len(waits)} submitted meanwhile: p50 {at(waits, 0.5):.0f} ms, p99 {at(waits, 0.99):.0f} ms")
        fine = (early, begun, again, lifts) == (0, many, 0, many)
        print("each once" if fine else f"early {early}, begun {begun}, again {again}, cases {lifts}")
        return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
