"""Which records have work by the calendar: each gets a plan when it is first seen, and a new one when the timing has changed.

Begins nothing; that is done when a plan is due. Looks at most once a minute, and after records were written here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from flowkit.app.app import App
from flowkit.clock import Clock
from flowkit.engine.case import Case
from flowkit.engine.facts import Need
from flowkit.engine.instructions import Schedule
from flowkit.engine.scheduling import Plan, last_done, planned, replanned
from flowkit.engine.view import World
from flowkit.errors import EvaluationError
from flowkit.runtime.rowtext import moment
from flowkit.runtime.staff import COUNTER, Snapshot
from flowkit.runtime.steps import plan_row
from flowkit.runtime.view import View, facts_of, lacking
from flowkit.runtime.writer import Writer
from flowkit.store import schema
from flowkit.store.connection import Connection, Row
from flowkit.store.database import Database
from flowkit.store.writing import Rows

Seen = Callable[[Callable[[World], Plan]], Plan]
"Gives what is asked of the world."

PAUSE = timedelta(minutes=1)
"Between two looks for records that others have brought in."
MARK = "plans"
"Under which name, and that of the schedule, `meta` keeps by which calendar its plans were counted last."


class Planning:
    """Keeps a row for each record of each schedule, or only of those `running`; 500 records a transaction, so that others get
    their turn.
    """

    def __init__(
        self,
        app: App,
        database: Database,
        writer: Writer,
        people: Snapshot,
        clock: Clock,
        running: Collection[str] | None,
    ) -> None:
        self._app, self._database, self._writer = app, database, writer
        self._people, self._clock = people, clock
        known = app.business.schedules
        self._schedules = {name: s for name, s in known.items() if running is None or name in running}
        self._entities = {schedule.entity for schedule in self._schedules.values()}
        self.running = json.dumps(list(self._schedules))
        "The schedules that begin cases here, as statements take them."
        self._again: datetime | None = None
        self._mark, self._left = "", list[tuple[Schedule, str]]()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Once, before anything is due: plans of another timing are made anew."""
        for schedule in self._schedules.values():
            while self._writer.perform(lambda inside, s=schedule: self._renew(s, inside)):  # type: ignore[misc]
                pass

    def committed(self, rows: Rows) -> None:
        """Somebody here has written; it may have been a record that no schedule has seen yet."""
        written = (*rows.records, *rows.given_records, *rows.imported_records)
        if any(row[0] in self._entities for row in written):
            self.again()

    def again(self) -> None:
        """Look at once when it is asked next."""
        self._again = None

    def imported(self, entity: str, keys: Iterable[str]) -> None:
        """These records were brought in: what has not begun for them yet is worked out from what they hold now."""
        mine = [schedule.name for schedule in self._schedules.values() if schedule.entity == entity]
        if mine:
            rows = [(name, json.dumps(list(keys))) for name in mine]
            self._writer.perform(lambda inside: inside.write(self._database.statements.forget_plans, rows))
            self.again()

    def look(self) -> None:
        """Make a plan for every record that has none, if it is time to look."""
        now = self._clock.now()
        with self._lock:
            if not self._schedules or (self._again is not None and now < self._again):
                return
            self._again = now + PAUSE
        for schedule in self._schedules.values():
            while self._writer.perform(lambda inside, s=schedule: self._enrol(s, inside)):  # type: ignore[misc]
                pass

    def _enrol(self, schedule: Schedule, inside: Connection) -> int:
        """Plans for records that have none, at most 500; says how many."""
        statements = self._database.statements
        if schedule.entity is None:
            view = View(inside, statements)
            view.fetch({"plan": {(schedule.name, "")}})
            records = [""] if view.plans[schedule.name, ""] is None else []
        else:
            given = {"schedule": schedule.name, "entity": schedule.entity}
            asked = statements.records_unplanned
            records = [key for (key,) in inside.read(asked, *(given[name] for name in asked.names))]
        if records:
            inside.write(statements.insert_new(schema.PLANS), self._first(schedule, records, inside))
        return len(records)

    def _first(self, schedule: Schedule, records: list[str], inside: Connection) -> list[Row]:
        now, seen = self._clock.now(), self._seen(schedule, records, inside)
        return [self._planned(schedule, record, now, seen) for record in records]

    def _planned(self, schedule: Schedule, record: str, now: datetime, seen: Seen) -> Row:
        """The first plan of a record. Where nobody can tell since when it counts, it counts from now, and that is listed."""

        def ask(world: World) -> Plan:
            return planned(schedule, record, last_done(schedule, record, world) or now, world)

        try:
            return plan_row(schedule, record, seen(ask))
        except EvaluationError as error:
            return plan_row(schedule, record, seen(lambda world: planned(schedule, record, now, world)), str(error))

    def _seen(self, schedule: Schedule, records: Collection[str], inside: Connection) -> Seen:
        """Tells what somebody makes of the world as a schedule sees it, these records at hand; asks again when facts were lacking."""
        workflow, now = self._app.workflows[schedule.start.workflow], self._clock.now()
        view = View(inside, self._database.statements)
        where = {(schedule.entity, record) for record in records} if schedule.entity is not None else set()
        view.fetch({"counter": {COUNTER}, "record": where})
        staff = self._people.at(view.counters[COUNTER], inside, now)

        def seen(ask: Callable[[World], Plan]) -> Plan:
            while True:
                try:
                    return ask(World(workflow, Case(), facts_of(view, staff.people)[0], now))
                except Need as need:
                    view.fetch(lacking(need))

        return seen

    def _renew(self, schedule: Schedule, inside: Connection) -> int:
        """Plans whose timing has changed, at most 500, worked out anew from when it was done last; says how many."""
        statements = self._database.statements
        asked, given = statements.plans_changed, {"schedule": schedule.name, "basis": schedule.definition.basis}
        rows = inside.read(asked, *(given[name] for name in asked.names))
        seen, renewed = self._seen(schedule, [row[1] for row in rows], inside), []
        for _, record, n, last, due, _, case, _, begun, ended in rows:
            after_last = schedule.definition.after_last is not None
            done = moment(max(last, ended) if after_last and ended is not None else last)
            if after_last and begun is not None and ended is None:
                plan = Plan(n + 1, done, moment(due), None, case)
            else:
                plan = seen(lambda world: planned(schedule, record, done, world, n + 1, case))  # noqa: B023 - asked at once
            renewed.append(plan_row(schedule, record, plan))
        if renewed:
            inside.write(statements.upsert(schema.PLANS), renewed)
        return len(renewed)

    def calendar(self, mark: str) -> None:
        """The calendar is that which `mark` tells: plans in business time are to be worked out anew where they were by another."""
        if mark == self._mark:
            return
        known, read = self._database.statements.meta, self._database.connection().read
        self._mark = mark
        counted = (s for s in self._schedules.values() if s.definition.in_business_time)
        self._left = [(schedule, "") for schedule in counted if read(known, _mark(schedule)) != [(mark,)]]

    def recount(self) -> bool:
        """Work out at most 500 of these; says whether there are more. Who is killed meanwhile leaves all of it to the next one."""
        if not self._left:
            return False
        schedule, after = self._left[0]
        last = self._writer.perform(lambda inside: self._replan(schedule, after, inside))
        self._left[:1] = [(schedule, last)] if last is not None else []
        return bool(self._left)

    def _replan(self, schedule: Schedule, after: str, inside: Connection) -> str | None:
        """Of the plans that wait, 500 from that record on; says which was the last, None where there are no more."""
        statements = self._database.statements
        mark = statements.upsert(schema.META)
        asked, given = statements.plans_after, {"schedule": schedule.name, "after": after}
        rows = inside.read(asked, *(given[name] for name in asked.names))
        seen, changed = self._seen(schedule, [row[1] for row in rows], inside), []
        for _, record, n, last, due, begin, case, _, was in rows:
            plan = Plan(n, moment(last), moment(due), moment(begin), case, moment(was) if was is not None else None)
            found = seen(lambda world: replanned(schedule, record, plan, world))  # noqa: B023 - asked at once
            if found != plan:
                changed.append(plan_row(schedule, record, found))
        if changed:
            inside.write(statements.upsert(schema.PLANS), changed)
        if len(rows) > 1 and rows[-1][1] != after:
            if not after:
                # By which calendar they are is not known until all are done.
                inside.write(mark, [(_mark(schedule), "")])
            return str(rows[-1][1])
        inside.write(mark, [(_mark(schedule), self._mark)])
        return None


def _mark(schedule: Schedule) -> str:
    return f"{MARK}/{schedule.name}"
