"""What waits: the to-do lists of people, and what fell to the catcher."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from flowkit.clock import Clock
from flowkit.engine.acting import acting_for
from flowkit.engine.case import Case
from flowkit.engine.offers import offers, operations
from flowkit.engine.verbs import WATCH
from flowkit.errors import StoreError
from flowkit.runtime.looks import Look, Looks
from flowkit.runtime.steps import CAUGHT
from flowkit.runtime.surroundings import flags
from flowkit.runtime.view import stored_case
from flowkit.runtime.views import CaughtView, TaskView, incident, nearest_due
from flowkit.store.database import Database

DAMAGED = "损坏"
"The flag of a task whose case, or what it points to, cannot be read."

PERSONAL_KINDS = frozenset({"copy", "suspended"})
"Kinds of tasks that stand for one person alone, and for nobody who stands in for him."


class ToDo:
    def __init__(self, database: Database, looks: Looks, clock: Clock) -> None:
        self._database, self._looks, self._clock = database, looks, clock

    def tasks(self, by: str, limit: int | None = None, *, late: bool = False) -> list[TaskView]:
        """What waits for that person, his own and his pools', most urgent first; the first so many, or of what is late."""
        return self._looks.looking(lambda look: self._tasks(look, by, limit, late=late))

    def count(self, by: str, *, late: bool = False) -> int:
        """How many there are, up to a thousand, without looking into the cases."""

        def ask(look: Look) -> int:
            names, asked = self._held(look, by)
            people = look.staff.people
            statements = self._database.statements
            counted = statements.late_tasks_counted if late else statements.tasks_counted
            rows = self._database.connection().read(counted, *asked)
            his = {
                (case, kind)
                for holder, kind, case, unit in rows
                for name in (names if kind not in PERSONAL_KINDS else (by,))
                if people.holds(name, holder, unit)
            }
            return len(his)

        return self._looks.looking(ask)

    def _held(self, look: Look, by: str) -> tuple[tuple[str, ...], tuple[str, str]]:
        """He and those for whom he stands in, and what is asked for: their names and pools, and their units."""
        self._looks.viewer(look, by)
        people = look.staff.people
        names = (by, *people.substitutes.persons(by, self._clock.now()))
        held = dict.fromkeys(h for name in names for h in (name, *(f"role:{r}" for r in people.roles.get(name, ()))))
        units = None if any(not people.units.get(name) for name in names) else people.below(names)
        return names, (json.dumps(list(held), ensure_ascii=False), json.dumps(units, ensure_ascii=False))

    def _tasks(self, look: Look, by: str, limit: int | None, *, late: bool) -> list[TaskView]:
        names, asked = self._held(look, by)
        people, now = look.staff.people, self._clock.now()
        statements = self._database.statements
        rows = self._database.connection().read(statements.late_tasks_held if late else statements.tasks_held, *asked)
        found: dict[tuple[str, str], TaskView] = {}
        for holder, kind, visit, case_id, unit, number, workflow, node, body in rows:
            if (case_id, kind) in found:
                continue
            if len(found) == limit:
                break
            try:
                case = stored_case(case_id, body)
                person = self._acting_for(look, case, by, holder)
                # What somebody was given to read himself is nothing that another could do for him.
                if person is not None and (person == by or kind not in PERSONAL_KINDS):
                    found[case_id, kind] = self._task(look, case, kind, by, person, now)
            except StoreError as failure:
                # What cannot be read of it must not hide the others, nor itself.
                if any(people.holds(name, holder, unit) for name in names):
                    told = TaskView(case_id, number, workflow, node, node, (holder,), visit, kind, None, (), (DAMAGED,))
                    found[case_id, kind] = replace(told, incident=str(failure))
        return list(found.values())

    def _acting_for(self, look: Look, case: Case, by: str, holder: str) -> str | None:
        """Whose task of that holder it is that this person sees: his own, or that of one for whom he stands in."""
        if look.staff.people.holds(by, holder, case.unit):
            return by
        if self._looks.workflow(case) is None:
            return None
        return self._looks.asked(look, case, lambda world: acting_for(by, (holder,), world))

    def _task(self, look: Look, case: Case, kind: str, by: str, person: str, now: datetime) -> TaskView:
        workflow = self._looks.workflow(case)
        due = nearest_due(case)
        applies = {
            "逾期": (due is not None and due <= now) or case.late_since is not None,
            "代理": person != by,
            "升级": kind == "helper",
            WATCH: kind in ("owner", "helper") and workflow is not None and workflow.is_to_be_watched(case.node),
            "故障": case.incident is not None or workflow is None,
        }
        return TaskView(
            case=case.id,
            number=case.number,
            workflow=case.workflow,
            title=workflow.nodes[case.node].title if workflow is not None else case.node,
            node=case.node,
            owner=case.owner,
            visit=case.visit,
            kind=kind,
            due=due,
            actions=self._looks.offered(look, case, by, offers),
            operations=self._looks.offered(look, case, by, operations),
            flags=(*(word for word, holds in applies.items() if holds), *flags(case, kind)),
            incident=incident(case),
            urged=case.collaboration.urged(case.visit),
            acting_for=person if person != by else "",
            late=case.late_since,
        )

    def caught(self) -> list[CaughtView]:
        """The open cases that nobody else was found for, and those at which a machine gave up; the oldest first."""
        rows = self._database.connection().read(self._database.statements.cases_named, CAUGHT)
        found = []
        for case_id, reason, body in rows:
            case = stored_case(case_id, body)
            workflow = self._looks.workflow(case)
            title = workflow.nodes[case.node].title if workflow is not None and case.node else case.node
            found.append(CaughtView(case_id, case.number, case.workflow, title, case.owner, case.entered, reason))
        return found
