"""Is the database as it must be: each chain whole, each case what its history tells, tasks and timers what the case asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flowkit.engine.apply import apply
from flowkit.engine.case import Case, Event
from flowkit.errors import StoreError
from flowkit.runtime.rowtext import chained, dump, micros
from flowkit.runtime.steps import task_slots, timer_slots
from flowkit.runtime.view import stored_case
from flowkit.runtime.views import EffectView, Fault
from flowkit.store.connection import Row
from flowkit.store.database import Database


def verify(database: Database) -> Iterator[Fault]:
    """Every fault found, case by case, then what was given up on and lies listed."""
    connection, statements = database.connection(), database.statements
    last = ""
    while rows := connection.read(statements.cases_after, last):
        for case_id, *_ in rows:
            with connection.snapshot():
                # Read again together with its history: somebody may be at work.
                faults = list(_case(database, *connection.read(statements.case, case_id)[0]))
            yield from faults
            last = case_id
    for (orphan,) in connection.read(statements.orphans):
        yield Fault(orphan, "orphan", "there is history, but no case")


def stuck(database: Database) -> Iterator[EffectView]:
    """Timers and signals that were tried in vain, or that no node listens for, until nobody tries any more."""
    connection, statements = database.connection(), database.statements
    for case, _, visit, name, n, _, attempts in connection.read(statements.timers_given_up):
        yield EffectView(
            f"{case}/{visit}/{name}/{n}", case, "timer", name, "dead", attempts, f"failed {attempts} times"
        )
    for schedule, record, case, attempts, error in connection.read(statements.plans_given_up):
        yield EffectView(f"{schedule}/{record}", case, "plan", schedule, "dead", attempts, error)
    for key, case, kind, body, attempts, error in connection.read(statements.inbox_given_up):
        yield EffectView(key, case, "signal", json.loads(body).get("name", kind), "dead", attempts, error)


def given_up(database: Database) -> Iterator[Fault]:
    """Everything that nobody tries any more: timers, signals, messages. People must look at these."""
    connection, statements = database.connection(), database.statements
    for each in stuck(database):
        what = each.target if each.kind == "timer" else each.key
        yield Fault(each.case, each.kind, f"{each.kind} {what}: {each.error}")
    for key, case, _, _, _, _, attempts, error in connection.read(statements.outbox_in, "dead"):
        yield Fault(case, "message", f"{key} was not delivered in {attempts} tries: {error}")


def _case(database: Database, case_id: str, sequence: int, head: str, body: str) -> Iterator[Fault]:
    case, chain = Case(), ""
    for number, (found, text, hash_) in enumerate(database.connection().read(database.statements.history, case_id), 1):
        if found != number:
            yield Fault(case_id, "gap", f"line {number} of the history is missing", number)
            return
        chain = chained(chain, text)
        if hash_ != chain:
            yield Fault(case_id, "chain", f"line {number} of the history was changed", number)
            return
        case = apply(case, Event.from_json(json.loads(text)))
    if case.sequence != sequence or chain != head:
        yield Fault(case_id, "head", "the history ends elsewhere than the case says", case.sequence)
        return
    if dump(case.as_json()) != _as_now(case_id, body):
        yield Fault(case_id, "fold", "the case is not what its history tells")
    yield from _derived(database, case)


def _as_now(case_id: str, body: str) -> str:
    """The row of a case with what is known of cases since it was written; of a damaged one what stands there."""
    try:
        return dump(stored_case(case_id, body).as_json())
    except StoreError:
        return body


def _derived(database: Database, case: Case) -> Iterator[Fault]:
    connection, statements = database.connection(), database.statements
    tasks = [(slot, t.visit, t.kind, t.holder) for slot, t in enumerate(task_slots(case))]
    if connection.read(statements.tasks_of, case.id) != tasks:
        yield Fault(case.id, "tasks", "its tasks are not those that the case asks for")
    timers = [(slot, d.visit, d.name, d.n, micros(d.due)) for slot, d in enumerate(timer_slots(case))]
    stored = [_timer(row, timers) for row in connection.read(statements.timers_of, case.id)]
    if stored != timers:
        yield Fault(case.id, "timers", "its timers are not those that the case asks for")


def _timer(row: Row, timers: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """A timer's row; one that was put off after failing counts as due when it was."""
    _, slot, visit, name, n, due, attempts = row
    wanted = timers[slot][4] if attempts and slot < len(timers) else due
    return (slot, visit, name, n, wanted)
