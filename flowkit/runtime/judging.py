"""One command over a view: has it been done, may its actor be known, what does the judge say, what is to be written.

Nothing here waits or writes. Raises Need for what the view lacks and RefusedError for what changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from flowkit.app.app import App
from flowkit.engine.case import Case
from flowkit.engine.command import Command
from flowkit.engine.consequences import BEGIN
from flowkit.engine.decide import decide
from flowkit.engine.definition import Workflow
from flowkit.engine.facts import Former, Need
from flowkit.engine.instructions import Schedule
from flowkit.engine.numbering import series
from flowkit.engine.party import SYSTEM
from flowkit.engine.scheduling import Plan, look
from flowkit.engine.sight import sight_of
from flowkit.engine.view import World
from flowkit.errors import RefusedError
from flowkit.runtime.record_index import RecordIndex
from flowkit.runtime.rowtext import dump
from flowkit.runtime.staff import Staff, keys_in
from flowkit.runtime.steps import Step, build, plan_row
from flowkit.runtime.taking import uploads_in
from flowkit.runtime.view import Held, View, Wants, facts_of
from flowkit.runtime.work import InboxRow, Outcome, PlanRow, Work

PLANNED = "system:schedule"
"Who begins what comes by the calendar."


@dataclass(frozen=True)
class Judge:
    """What judging needs besides the view. `workflow_of(name, version)` gives the pinned workflow of a case."""

    app: App
    workflow_of: Callable[[str, str], Workflow]
    index: RecordIndex | None = None

    @cached_property
    def _pointed_to(self) -> tuple[str, ...]:
        """The entities whose records cases point to; staff are in memory."""
        fields = [field for workflow in self.app.workflows.values() for field in workflow.fields.values()]
        return tuple(sorted({f.entity for f in fields if f.entity is not None} - {self.app.staff_entity or ""}))

    def opening(self, work: Work, now: datetime) -> Wants:
        """What is sure to be asked for: read before anything is judged, for all commands of a batch at once."""
        command = work.command
        if isinstance(work.source, PlanRow):
            return self._opening_plan(work.source, now)
        wants: Wants = {"case": {command.case}}
        if work.key is not None:
            wants["key"] = {(command.by, work.key)}
        if isinstance(work.source, InboxRow):
            wants["inbox"] = {work.source.key}
            if command.kind == "cancel":
                wants["inbox"].add(BEGIN.format(command.case))
        actors = {command.by, command.data.get("applicant") or command.by}
        wants["upload"] = wants["personal"] = uploads_in(command.data.get("values"))
        wants["record"] = {where for actor in actors for where in self.records_of(actor)}
        if command.kind == "submit":
            wants["person"] = {command.data.get("applicant") or command.by}
            wants["record"] |= self._typed_references(command)
            wants["serial"] = self._series(command, now)
            return wants
        if command.kind == "act":
            wants["applicant"] = {command.case}
        wants["pointed"] = {(command.case, entity) for entity in self._pointed_to}
        return wants

    def _opening_plan(self, row: PlanRow, now: datetime) -> Wants:
        schedule = self.app.business.schedules[row.schedule]
        workflow = self.app.workflows[schedule.start.workflow]
        wants: Wants = {"plan": {row.key}, "person": {PLANNED}}
        if schedule.entity is not None:
            wants["record"] = {(schedule.entity, row.record)}
        if workflow.number is not None:
            wants["serial"] = {series(workflow, now)}
        return wants

    def following(self, view: View, staff: Staff, lacking: Wants) -> Wants:
        """What lies one reference further than what is at hand: read with what is lacking, so that a hop is one read."""
        if not lacking.get("record"):
            return lacking
        found: set[tuple[str, str]] = set(lacking["record"])
        for held in view.cases.values():
            if held is not None and held.case.workflow in self.app.workflows:
                found |= _references(self.app.workflows[held.case.workflow].fields, held.case.values)
        for (entity, _), record in view.records.items():
            if record is not None and entity in self.app.entities:
                found |= _references(self.app.entities[entity].fields, record)
        for entity in {entity for entity, _ in lacking["record"]}:
            found |= {(entity, key) for key in staff.references.get(entity, ())}
        return {**lacking, "record": found}

    def judge(self, work: Work, view: View, staff: Staff, now: datetime) -> tuple[Outcome, Step]:
        """What this command comes to. An empty step: it came too late and nothing is to be done but to say so."""
        command = work.command
        if isinstance(work.source, PlanRow):
            return self._planned(work.source, command, view, staff, now)
        before = self._before(work, view)
        if before is not None:
            return before, Step(Case())
        if isinstance(work.source, InboxRow) and not view.inbox[work.source.key]:
            return Outcome(command.case, 0, None, fresh=False), Step(Case())
        begin = BEGIN.format(command.case)
        if command.kind == "cancel" and view.cases[command.case] is None and view.inbox[begin]:
            # It was called off before it could begin: so it does not.
            return Outcome(command.case, 0, None, fresh=False), _leaving(work, Step(Case()), begin)
        # Who begins a child was known when he acted; the child must begin even if he has gone since.
        if command.data.get("parent") is None:
            self._must_both_be_known(command.by, command.data.get("applicant") or command.by, view, staff)
        held = view.cases[command.case]
        if work.source is None:
            # What comes from a row follows from what somebody did elsewhere: this case may be none of his.
            held = self.seen(command.by, held, staff, now)
        workflow = self._workflow(command, held)
        facts, got = facts_of(view, staff.people)
        decision = decide(workflow, held.case if held else Case(), command, facts, now)
        held = held or Held(Case())
        if not decision.events:
            return Outcome(command.case, held.case.sequence, held.case, fresh=False), _leaving(work, Step(held.case))
        step = build(self.app, workflow, held, decision.events, decision.secrets, got.taken, view, staff, self.index)
        if work.key is not None:
            result = dump({"case": step.case.id, "sequence": step.case.sequence})
            step.rows.keys.append((command.by, work.key, work.digest, result))
            step.changes.key = ((command.by, work.key), (work.digest, result))
        return Outcome(step.case.id, step.case.sequence, step.case), _leaving(work, step)

    def _planned(self, row: PlanRow, command: Command, view: View, staff: Staff, now: datetime) -> tuple[Outcome, Step]:
        """Begin what a schedule has due for a record, if it is for it, and plan the next."""
        late = Outcome(command.case, 0, None, fresh=False)
        if view.plans[row.key] != row.plan.n:
            return late, Step(Case())
        schedule, (facts, got) = self.app.business.schedules[row.schedule], facts_of(view, staff.people)
        workflow = self._present(schedule.start.workflow)
        found = look(schedule, row.record, row.plan, command.case, World(workflow, Case(), facts, now))
        if found.at is None:
            return late, _planning(row, schedule, found.plan, Step(Case()))
        due: dict[str, Any] = {"schedule": row.schedule, "title": schedule.title, "record": row.record}
        due |= {"due": found.at.isoformat(), "missed": found.missed}
        command = replace(command, data={"workflow": workflow.name, "values": {}, "scheduled": due})
        decision = decide(workflow, Case(), command, facts, now)
        step = build(
            self.app, workflow, Held(Case()), decision.events, decision.secrets, got.taken, view, staff, self.index
        )
        return Outcome(step.case.id, step.case.sequence, step.case), _planning(row, schedule, found.plan, step)

    def _before(self, work: Work, view: View) -> Outcome | None:
        known = view.keys.get((work.command.by, work.key)) if work.key is not None else None
        if known is None:
            return None
        digest, result = known
        if digest != work.digest:
            raise RefusedError("key-reused", f"键“{work.key}”已用于另一个内容不同的操作", details={"key": work.key})
        stored = json.loads(result)
        return Outcome(stored["case"], stored["sequence"], None, fresh=False)

    def records_of(self, actor: str) -> set[tuple[str, str]]:
        """The record that makes a customer known, or that a key alone may mean; staff are known from their snapshot."""
        entity, colon, key = actor.partition(":")
        if not colon:
            entity, key = self.app.customer_entity or "", actor
        return {(entity, key)} if entity == self.app.customer_entity else set()

    def seen(self, actor: str, held: Held | None, staff: Staff, now: datetime) -> Held | None:
        """The case, if that actor may see it: one he may not see is for him as one that does not exist."""
        if held is None or actor.startswith(SYSTEM):
            return held
        return held if sight_of(actor, staff.people, self.app.business.sees, now).admits(held.case) else None

    def must_be_known(self, actor: str, view: View, staff: Staff) -> None:
        """An actor is staff or a customer whose record exists; what the system does itself needs no record."""
        if actor.startswith(SYSTEM) or actor in staff.people.records:
            return
        for where in self.records_of(actor):
            if where not in view.records:
                raise Need(("record", *where))
            if _stands(view, where) and ":" in actor:
                return
        raise RefusedError("unknown-actor", self._unknown(actor, view, staff), details={"actor": actor})

    def _must_both_be_known(self, by: str, applicant: str, view: View, staff: Staff) -> None:
        """Who acts, then for whom: no outsider is told who else there is by asking in somebody's name."""
        self.must_be_known(by, view, staff)
        if applicant == by:
            return
        if by not in staff.people.records and not by.startswith(SYSTEM):
            raise RefusedError("not-yours", "只能为自己提交", details={"applicant": applicant})
        self.must_be_known(applicant, view, staff)

    def _unknown(self, actor: str, view: View, staff: Staff) -> str:
        """That there is nobody of that name, and who may be meant by a key without its entity or by a role."""
        said, role = f"没有这个人: {actor}", self._role(actor)
        if role is not None:
            able = "、".join(staff.people.with_role(role)) or "还没有人"
            return f"{said}。“{actor}”是角色,不是人;担任它的: {able}"
        if ":" in actor:
            return said
        staff_entity, customers = self.app.staff_entity, self.app.customer_entity
        meant = [name for name in (f"{staff_entity}:{actor}",) if name in staff.people.records]
        if customers != staff_entity:
            meant += [f"{entity}:{key}" for entity, key in self.records_of(actor) if _stands(view, (entity, key))]
        return (
            f"{said},是否指 {meant[0]}?"
            if len(meant) == 1
            else f"{said}。请写成 种类:编号,例如 {staff_entity or customers}:{actor}"
        )

    def _role(self, typed: str) -> str | None:
        """The role that somebody typed in place of a person, by its name or title."""
        name = typed.removeprefix("role:")
        roles = self.app.business.roles
        return name if name in roles else next((n for n, title in roles.items() if title == name), None)

    def _workflow(self, command: Command, held: Held | None) -> Workflow:
        if command.kind == "submit":
            return self._present(command.data["workflow"])
        if held is None:
            raise unknown_case(command.case, command.by)
        if command.kind == "migrate":
            return self._present(held.case.workflow)
        return self.workflow_of(held.case.workflow, held.case.version)

    def _present(self, name: str) -> Workflow:
        if name not in self.app.workflows:
            known = "、".join(self.app.workflows)
            raise RefusedError("unknown-workflow", f"没有流程“{name}”,现有: {known}", details={"workflow": name})
        return self.app.workflows[name]

    def _series(self, command: Command, now: datetime) -> set[str]:
        workflow = self.app.workflows.get(command.data["workflow"])
        return {series(workflow, now)} if workflow is not None and workflow.number is not None else set()

    def _typed_references(self, command: Command) -> set[tuple[str, str]]:
        """Records that what was typed points to, as far as it can be told before it is read."""
        workflow = self.app.workflows.get(command.data["workflow"])
        values = command.data.get("values")
        if workflow is None or workflow.form is None or not isinstance(values, Mapping):
            return set()
        return _references(workflow.form.fields, values)


def unknown_case(case_id: str, by: str | None = None) -> RefusedError:
    """There is no such case, or none that the asking person may see: in the same words."""
    said = "没有这个工单" if by is None or by.startswith(SYSTEM) else "没有这个工单,或者您看不到它"
    return RefusedError("unknown-case", f"{said}: {case_id}", details={"case": case_id})


def _stands(view: View, where: tuple[str, str]) -> bool:
    """Whether there is such a record, and it has not gone from the app's files."""
    return view.records[where] is not None and not isinstance(view.records[where], Former)


def _references(fields: Mapping[str, Any], values: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {
        (definition.entity, key)
        for name, definition in fields.items()
        if definition.entity is not None
        for key in keys_in(values.get(name))
    }


def _planning(row: PlanRow, schedule: Schedule, plan: Plan, step: Step) -> Step:
    """The plan goes on with the step."""
    step.rows.plans.append(plan_row(schedule, row.record, plan))
    step.changes.plan = row.key, plan.n
    return step


def _leaving(work: Work, step: Step, *others: str) -> Step:
    """The row of the inbox that a command came from goes away with it, and so do `others`."""
    if isinstance(work.source, InboxRow):
        step.changes.inbox_gone = (work.source.key, *others)
        step.rows.drop_inbox += [(key,) for key in step.changes.inbox_gone]
    return step
