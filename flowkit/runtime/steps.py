"""From a decision to rows: the history and its chain, the difference of tasks and timers, messages, records, secrets.

Pure: it is told what a case was and what was decided, and says what is to be written and what later commands must see.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flowkit.app.app import App
from flowkit.engine.apply import apply
from flowkit.engine.case import Case, Deadline, Event, Secret, Task, tasks, timers
from flowkit.engine.consequences import (
    CallEffect,
    MessageEffect,
    PageEffect,
    Signal,
    call,
    hit,
    messages,
    page,
    record_change,
    signals,
)
from flowkit.engine.definition import Workflow
from flowkit.engine.facts import Former, Need
from flowkit.engine.instructions import Schedule
from flowkit.engine.listed import listed_bands, listed_fields
from flowkit.engine.party import ties
from flowkit.engine.row_condition import band_held, listed_text
from flowkit.engine.scheduling import Plan, finished
from flowkit.engine.view import World
from flowkit.runtime.record_index import RecordIndex, plain
from flowkit.runtime.rowtext import chained, dump, micros
from flowkit.runtime.staff import COUNTER, Staff
from flowkit.runtime.taking import take_uploads
from flowkit.runtime.view import Changes, Held, View, facts_of
from flowkit.runtime.views import urgent_at
from flowkit.store import schema
from flowkit.store.connection import Row
from flowkit.store.shelf import new_key, seal
from flowkit.store.writing import Rows

CALL, PAGE = "call", "page"
"Kinds of effects besides messages, whose kind is their channel's name."
CAUGHT = "case.caught"
"Under this name, which no field has, stands why the catcher has to look at a case."
LONGEST_REASON = 1000
NUMBERS = frozenset({"number", "money", "rating"})


@dataclass(frozen=True, slots=True)
class Step:
    """What one command writes, what it changes for those after it, and the case as it is then."""

    case: Case
    rows: Rows = field(default_factory=Rows)
    changes: Changes = field(default_factory=Changes)


def build(
    app: App,
    workflow: Workflow | None,
    held: Held,
    events: Sequence[Event],
    secrets: Sequence[Secret],
    taken: Mapping[str, int],
    view: View,
    staff: Staff,
    index: RecordIndex | None = None,
) -> Step:
    """The step that these events make; `taken` are the numbers taken. Raises Need for what must be at hand to write it.

    `workflow` tells which values lists may search; without it none of them has changed.
    """
    rows, changes = Rows(), Changes()
    case, head = held.case, held.head
    for event in events:
        case, body = apply(case, event), dump(event.as_json())
        head = chained(head, body)
        rows.history.append((case.id, case.sequence, body, head))
        rows.outbox += [_message(m, event.at) for m in messages(case.id, case.sequence, event)]
        if (asked := call(case.id, event)) is not None:
            rows.outbox.append(_call(asked, event.at))
        if (paged := page(case, event)) is not None:
            rows.outbox.append(_page(paged, event.at))
        if (counted := hit(event)) is not None:
            rows.watch_hits.append((counted.watch, counted.key, case.id, counted.at))
            changes.hits.setdefault((counted.watch, counted.key), {})[case.id] = counted.at
        rows.inbox += [_signal(s, event.at) for s in signals(case, event)]
        _change_record(app, event, view, staff, rows, changes)
        if index is not None and event.kind == "recorded":
            personal = ChainMap({each.ref: each.value for each in secrets}, view.personal)
            values = {name: plain(value, personal) for name, value in event.data["set"].items()}
            rows.record_index += index.rows(event.data["entity"], event.data["key"], values)
    changes.held = Held(case, head)
    changes.serials.update(taken)
    # One number a case, and only when it begins: the row has room for one.
    series, serial = next(iter(taken.items())) if len(taken) == 1 and not held.case.id else (None, None)
    rows.cases.append(_case(case, head, series, serial))
    _tasks(held.case, case, rows, changes)
    _timers(held.case, case, rows)
    _seal(secrets, view, rows, changes)
    take_uploads(case, events, secrets, view, rows, changes)
    if workflow is not None:
        _index(workflow, held.case, case, rows)
    _tie(held.case, case, rows)
    if (caught := _caught(case)) != _caught(held.case):
        rows.case_index.append((case.id, CAUGHT, caught, None, None, None, _open(case)))
    if (late := _late(case)) != _late(held.case):
        rows.case_index.append((case.id, schema.LATE, late, None, None, None, _open(case)))
    if case.ended and not held.case.ended and case.scheduled is not None:
        _finish_plan(app, case, case.scheduled, view, staff, rows)
    rows.counters += list(changes.counters.items())
    return Step(case, rows, changes)


def _case(case: Case, head: str, series: str | None, serial: int | None) -> Row:
    due = urgent_at(case)
    return (
        case.id,
        case.workflow,
        case.version,
        case.number,
        series,
        serial,
        case.node,
        case.visit,
        case.unit,
        case.applicant,
        dump(list(case.owner)),
        micros(case.created) if case.created else 0,
        micros(due) if due else None,
        micros(case.ended) if case.ended else None,
        case.outcome,
        int(case.incident is not None),
        case.sequence,
        head,
        dump(case.as_json()),
    )


def task_slots(case: Case) -> list[Task]:
    """Tasks in the order of their slots."""
    return sorted(tasks(case), key=lambda t: (t.kind, t.holder))


def timer_slots(case: Case) -> list[Deadline]:
    """Timers in the order of their slots."""
    return sorted(timers(case), key=lambda d: (d.visit, d.name, d.n))


def _tasks(old: Case, new: Case, rows: Rows, changes: Changes) -> None:
    before, after = task_slots(old), task_slots(new)
    changes.loads.update({t.holder: 1 for t in after if t.kind == "owner"})
    changes.loads.subtract(Counter(t.holder for t in before if t.kind == "owner"))
    if new.ended and not after:
        rows.drop_tasks.append((new.id,))
        return
    for slot in range(max(len(before), len(after))):
        is_now = after[slot] if slot < len(after) else None
        if is_now is None:
            rows.tasks.append((new.id, slot, 0, None, None))
        elif slot >= len(before) or before[slot] != is_now:
            rows.tasks.append((new.id, slot, is_now.visit, is_now.kind, is_now.holder))


def _timers(old: Case, new: Case, rows: Rows) -> None:
    if new.ended:
        rows.drop_timers.append((new.id,))
        return
    before, after = timer_slots(old), timer_slots(new)
    for slot in range(max(len(before), len(after))):
        is_now = after[slot] if slot < len(after) else None
        if is_now is None:
            rows.timers.append((new.id, slot, 0, None, 0, None, 0))
        elif slot >= len(before) or before[slot] != is_now:
            rows.timers.append((new.id, slot, is_now.visit, is_now.name, is_now.n, micros(is_now.due), 0))


def plan_row(schedule: Schedule, record: str, plan: Plan, error: str = "") -> Row:
    """A plan as it stands from now on; `error` says what somebody must look at."""
    begin, basis = micros(plan.begin) if plan.begin is not None else None, schedule.definition.basis
    was = micros(plan.was) if plan.was is not None else None
    return (schedule.name, record, basis, plan.n, micros(plan.last), micros(plan.due), begin, plan.case, 0, error, was)


def _finish_plan(app: App, case: Case, scheduled: Mapping[str, Any], view: View, staff: Staff, rows: Rows) -> None:
    """The case that a schedule has begun is finished: from now on the next one counts."""
    schedule = app.business.schedules.get(scheduled["schedule"])
    if schedule is None or case.ended is None:
        return
    world = World(app.workflows[schedule.start.workflow], Case(), facts_of(view, staff.people)[0], case.ended)
    plan = finished(schedule, scheduled["record"], case.ended, world)
    if plan is not None and plan.begin is not None:
        moments = (micros(plan.last), micros(plan.due), micros(plan.begin))
        rows.finish_plans.append((*moments, scheduled["schedule"], scheduled["record"], case.id))


def _message(effect: MessageEffect, at: datetime) -> Row:
    body = dump(
        {
            "to": effect.to,
            "title": effect.title,
            "text": list(effect.text),
            "notification": effect.notification,
            "at": at.isoformat(),
        }
    )
    lane = "/".join(filter(None, (effect.case, effect.to, effect.channel, effect.lane)))
    return (effect.key, effect.case, effect.while_visit, lane, effect.channel, body, "pending", 0, micros(at), 0, 0, "")


def _call(effect: CallEffect, at: datetime) -> Row:
    body = dump(
        {
            "connector": effect.connector,
            "operation": effect.operation,
            "arguments": dict(effect.arguments),
            "visit": effect.visit,
        }
    )
    lane = f"{effect.case}/call/{effect.connector}"
    return (effect.key, effect.case, effect.visit, lane, CALL, body, "pending", 0, micros(at), 0, 0, "")


def _page(effect: PageEffect, at: datetime) -> Row:
    body = dump(
        {
            "name": effect.name,
            "title": effect.title,
            "kind": effect.kind,
            "content": list(effect.content),
            "subject": effect.subject,
        }
    )
    return (effect.key, effect.case, None, f"{effect.case}/print", PAGE, body, "pending", 0, micros(at), 0, 0, "")


def _signal(signal: Signal, at: datetime) -> Row:
    due = None if signal.error else micros(at)
    return (signal.key, signal.case, signal.kind, dump(dict(signal.data)), due, 0, signal.error)


def _change_record(app: App, event: Event, view: View, staff: Staff, rows: Rows, changes: Changes) -> None:
    change = record_change(event)
    if change is None:
        return
    where = (change.entity, change.key)
    present: Mapping[str, Any] | None = changes.records.get(where)
    if present is None:
        present = staff.records.get(change.entity, {}).get(change.key)
    if present is None:
        if where not in view.records:
            raise Need(("record", *where))
        present = view.records[where]
    record: dict[str, Any] = {**(present or {}), **change.set}
    record = Former(record) if isinstance(present, Former) else record
    changes.records[where] = record
    if change.set:
        revision = 0
        if change.entity in app.staffing.entities:
            revision = changes.counters[COUNTER] = view.counters.get(COUNTER, 0) + 1
        rows.records.append((*where, dump(record), "", revision, "", 0, 0))
    for name, line in change.add.items():
        rows.record_lines.append((*where, name, dump(line)))
        changes.lines.setdefault((*where, name), []).append(line)


def _seal(secrets: Sequence[Secret], view: View, rows: Rows, changes: Changes) -> None:
    unknown = {s.subject for s in secrets} - view.persons.keys()
    if unknown:
        raise Need(*(("person", subject) for subject in sorted(unknown)))
    for secret in secrets:
        key = changes.persons.get(secret.subject) or view.persons[secret.subject]
        if key is None:
            key = changes.persons[secret.subject] = new_key()
            rows.person_keys.append((secret.subject, key))
        kept = {"value": secret.value, "salt": secret.salt}
        rows.personal.append((secret.ref, secret.subject, seal(key, secret.ref, kept), None))
        changes.personal[secret.ref], changes.subjects[secret.ref] = secret.value, secret.subject


def _index(workflow: Workflow, old: Case, new: Case, rows: Rows) -> None:
    """The values that lists may search and sort by."""
    ends = bool(old.version) and _open(old) != _open(new)
    for name, field_ in listed_fields(workflow).items():
        value = new.values.get(name)
        if value != old.values.get(name) or old.version != new.version or (ends and value is not None):
            rows.case_index.append((new.id, name, *indexed(field_.type.name, value), None, _open(new)))
    for name in listed_bands(workflow):
        band = band_held(new.values, name)
        changed = band != band_held(old.values, name) or (old.version and old.version != new.version)
        if changed or (ends and band is not None):
            rows.case_index.append((new.id, name, band, None, None, None, _open(new)))


def _open(case: Case) -> int | None:
    return 1 if case.ended is None else None


def _caught(case: Case) -> str | None:
    """Why the app's catcher has to look at a case."""
    if case.ended or not (case.caught or case.incident):
        return None
    incident = f"{case.incident['where']}: {case.incident['message']}" if case.incident is not None else ""
    return "; ".join(filter(None, (incident, case.caught)))[:LONGEST_REASON]


def _late(case: Case) -> str | None:
    return schema.IS_LATE if case.late and not case.ended else None


def _tie(old: Case, new: Case, rows: Rows) -> None:
    """Whose case it is: a row each, empty text while it is so, none once it is no longer."""
    before, after = ties(old), ties(new)
    changed = before ^ after if _open(old) == _open(new) else before | after
    for holder in sorted(changed):
        tied = "" if holder in after else None
        rows.case_index.append((new.id, f"{schema.TIED}{holder}", tied, None, None, None, _open(new)))


def indexed(kind: str, value: Any) -> tuple[str | None, float | None, int | None]:
    """One value as text, number, time: whichever it can be sought by. Personal ones by none."""
    text = listed_text(value)
    if text is None:
        return None, None, None
    if kind in NUMBERS:
        try:
            return None, float(Decimal(text)), None
        except (InvalidOperation, OverflowError):
            return text, None, None
    if kind == "datetime":
        return text, None, micros(datetime.fromisoformat(text))
    return text, None, None
