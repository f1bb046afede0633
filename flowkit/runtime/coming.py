"""What schedules will bring, and what they have brought that is not finished: one list over all records. Only looks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import TypeVar

from flowkit.app.app import App
from flowkit.clock import Clock
from flowkit.engine.case import Case
from flowkit.engine.facts import Need
from flowkit.engine.instructions import Schedule
from flowkit.engine.scheduling import applies, following, timing_of
from flowkit.engine.view import World
from flowkit.errors import RefusedError
from flowkit.runtime.looks import Look, Looks
from flowkit.runtime.rowtext import micros, moment
from flowkit.runtime.view import facts_of, lacking
from flowkit.runtime.views import PlanView
from flowkit.store.connection import Row
from flowkit.store.database import Database
from flowkit.suggest import did_you_mean

T = TypeVar("T")

MOST_AHEAD = 366
"""How many occurrences of one record are told at most."""


class Coming:
    """Lists plans as one look at the database sees them."""

    def __init__(self, app: App, database: Database, looks: Looks, clock: Clock) -> None:
        self._app, self._database, self._looks, self._clock = app, database, looks, clock

    def listed(self, until: datetime, named: str | None, by: str | None) -> list[PlanView]:
        """What is due up to that moment, the earliest first. Who does not see all cases is told only of those he sees.

        Raises RefusedError for an unknown schedule or person.
        """
        schedules = self._app.business.schedules
        if named is not None and named not in schedules:
            help = did_you_mean(named, schedules)
            raise RefusedError("unknown-schedule", f"没有计划“{named[:40]}”" + (f" ({help})" if help else ""))
        chosen = [schedules[named]] if named is not None else list(schedules.values())

        def ask(look: Look) -> list[PlanView]:
            viewer = self._looks.viewer(look, by)
            found = [plan for schedule in chosen for plan in self._of(schedule, until, look)]
            if by is not None and not viewer.sight.everything:
                seen = self._looks.seen_among({plan.case for plan in found if plan.case}, viewer)
                found = [plan for plan in found if plan.case in seen]
            return sorted(found, key=lambda plan: (plan.due, plan.title, plan.record))

        return self._looks.looking(ask)

    def _of(self, schedule: Schedule, until: datetime, look: Look) -> list[PlanView]:
        statements, given = self._database.statements, {"schedule": schedule.name, "until": micros(until)}
        asked = statements.plans_coming
        rows = self._database.connection().read(asked, *(given[name] for name in asked.names))
        if schedule.entity is not None:
            look.view.fetch({"record": {(schedule.entity, row[0]) for row in rows}})
        return [plan for row in rows for plan in self._told(schedule, row, until, look)]

    def _told(self, schedule: Schedule, row: Row, until: datetime, look: Look) -> list[PlanView]:
        record, last, due, begin, was, case, number = row
        label, told = self._label(schedule, record, look), list[PlanView]()
        if case:
            # One that goes on whatever is open was due when the case says.
            opened = moment(due) if begin is None else self._begun_for(schedule, case, moment(last), look)
            told.append(PlanView(schedule.name, schedule.title, record, label, opened, None, case, number))
        if begin is not None and self._asked(schedule, look, lambda world: applies(schedule, record, world)):
            moved = moment(was) if was is not None else None
            told += [
                PlanView(
                    schedule.name, schedule.title, record, label, at, begins, planned=grid, was=moved if not n else None
                )
                for n, (grid, at, begins) in enumerate(self._moments(schedule, row, until, look))
            ]
        return told

    def _begun_for(self, schedule: Schedule, case: str, last: datetime, look: Look) -> datetime:
        """For when that open case was begun; where no day is moved, that is when the plan says it was due last."""
        if not schedule.definition.in_business_time:
            return last
        look.view.fetch({"case": {case}})
        held = look.view.cases[case]
        scheduled = held.case.scheduled if held is not None else None
        return datetime.fromisoformat(scheduled["due"]) if scheduled is not None else last

    def _moments(
        self, schedule: Schedule, row: Row, until: datetime, look: Look
    ) -> list[tuple[datetime, datetime, datetime]]:
        """When it is due from the plan's next on: on which day of the grid, in truth, and when it begins."""
        record, last, due, *_ = row

        def ask(world: World) -> list[tuple[datetime, datetime, datetime]]:
            timing, found = timing_of(schedule, record, world), list[tuple[datetime, datetime, datetime]]()
            for n, each in enumerate(islice(following(schedule, record, moment(last), world), MOST_AHEAD)):
                # What the plan says comes first, whatever the calendar of this process says of it.
                at = each.due if n else moment(due)
                if n and (schedule.definition.every is None or at > until):
                    break
                found.append((each.grid, at, timing.begin(at)))
            return found

        return self._asked(schedule, look, ask)

    def _asked(self, schedule: Schedule, look: Look, ask: Callable[[World], T]) -> T:
        """What `ask` makes of the world as a schedule sees it; asked again when facts were lacking."""
        workflow = self._app.workflows[schedule.start.workflow]
        while True:
            try:
                facts, _ = facts_of(look.view, look.staff.people)
                return ask(World(workflow, Case(), facts, self._clock.now()))
            except Need as need:
                look.view.fetch(lacking(need))

    def _label(self, schedule: Schedule, record: str, look: Look) -> str:
        """What people call the record, where that is not personal."""
        entity = self._app.entities.get(schedule.entity or "")
        if entity is None or entity.label is None or entity.fields[entity.label].personal:
            return ""
        stored = look.view.records.get((entity.name, record)) or {}
        return str(stored.get(entity.label) or "")
