"""What a batch of steps changes, row by row, and how it is written: one statement a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flowkit.store import schema
from flowkit.store.connection import Connection, Row
from flowkit.store.statements import Statements


@dataclass(slots=True)
class Rows:
    """Rows as tuples in the order of their table's columns (without a number that the database gives itself)."""

    cases: list[Row] = field(default_factory=list)
    history: list[Row] = field(default_factory=list)
    tasks: list[Row] = field(default_factory=list)
    drop_tasks: list[Row] = field(default_factory=list)
    timers: list[Row] = field(default_factory=list)
    drop_timers: list[Row] = field(default_factory=list)
    put_off_timers: list[Row] = field(default_factory=list)
    inbox: list[Row] = field(default_factory=list)
    put_off_inbox: list[Row] = field(default_factory=list)
    drop_inbox: list[Row] = field(default_factory=list)
    outbox: list[Row] = field(default_factory=list)
    watch_hits: list[Row] = field(default_factory=list)
    plans: list[Row] = field(default_factory=list)
    finish_plans: list[Row] = field(default_factory=list)
    put_off_plans: list[Row] = field(default_factory=list)
    keys: list[Row] = field(default_factory=list)
    records: list[Row] = field(default_factory=list)
    given_records: list[Row] = field(default_factory=list)
    imported_records: list[Row] = field(default_factory=list)
    leave_records: list[Row] = field(default_factory=list)
    "Records as a case changes them, as a file gives them, as they are imported, and those that no file gives any more."
    record_lines: list[Row] = field(default_factory=list)
    record_index: list[Row] = field(default_factory=list)
    substitutions: list[Row] = field(default_factory=list)
    person_keys: list[Row] = field(default_factory=list)
    personal: list[Row] = field(default_factory=list)
    case_index: list[Row] = field(default_factory=list)
    counters: list[Row] = field(default_factory=list)
    definitions: list[Row] = field(default_factory=list)
    meta: list[Row] = field(default_factory=list)

    def extend(self, other: Rows) -> None:
        """Add what a later step writes. What it drops it drops of the steps before it, too."""
        gone = {case for (case,) in other.drop_tasks}
        if gone:
            self.tasks[:] = [row for row in self.tasks if row[0] not in gone]
        for name in self.__slots__:
            getattr(self, name).extend(getattr(other, name))


def write(connection: Connection, statements: Statements, rows: Rows, reach: Callable[[str], None]) -> None:
    """Write all rows inside the transaction that is open. `reach` is told before each table.

    A batch may hold several steps of one case: of rows with one key the last wins. What an end drops is dropped last; of
    tasks first, for who is given a copy after the end has a task again.
    """
    s, upsert = statements, statements.upsert
    plan = (
        ("history", rows.history, s.insert(schema.HISTORY)),
        ("cases", rows.cases, upsert(schema.CASES)),
        ("drop-tasks", rows.drop_tasks, s.drop_tasks),
        ("tasks", _last(rows.tasks, 2), upsert(schema.TASKS)),
        ("timers", _last(rows.timers, 2), upsert(schema.TIMERS)),
        ("drop-timers", rows.drop_timers, s.drop_timers),
        ("put-off-timers", rows.put_off_timers, s.put_off_timer),
        ("inbox", rows.inbox, s.insert_new(schema.INBOX)),
        ("put-off-inbox", rows.put_off_inbox, s.put_off_inbox),
        ("drop-inbox", rows.drop_inbox, s.drop_inbox),
        ("outbox", rows.outbox, s.insert_new(schema.OUTBOX)),
        ("watch-hits", rows.watch_hits, s.insert_new(schema.WATCH_HITS)),
        ("plans", _last(rows.plans, 2), upsert(schema.PLANS)),
        ("finish-plans", rows.finish_plans, s.finish_plan),
        ("put-off-plans", rows.put_off_plans, s.put_off_plan),
        ("keys", rows.keys, s.insert(schema.KEYS)),
        ("records", _last(rows.records, 2), upsert(schema.RECORDS)),
        ("given-records", _last(rows.given_records, 2), s.given_records),
        ("imported-records", _last(rows.imported_records, 2), s.imported_records),
        ("leave-records", rows.leave_records, s.leave_records),
        ("record-lines", rows.record_lines, s.insert(schema.RECORD_LINES)),
        ("record-index", _last(rows.record_index, 3), upsert(schema.RECORD_INDEX)),
        ("substitutions", rows.substitutions, upsert(schema.SUBSTITUTIONS)),
        ("person-keys", rows.person_keys, s.insert_new(schema.PERSON_KEYS)),
        ("personal", rows.personal, upsert(schema.PERSONAL)),
        ("case-index", _last(rows.case_index, 2), upsert(schema.CASE_INDEX)),
        ("counters", _last(rows.counters, 1), upsert(schema.COUNTERS)),
        ("definitions", rows.definitions, s.insert_new(schema.DEFINITIONS)),
        ("meta", _last(rows.meta, 1), upsert(schema.META)),
    )
    for name, table_rows, statement in plan:
        if table_rows:
            reach(f"write-{name}")
            connection.write(statement, table_rows)


def _last(rows: list[Row], width: int) -> list[Row]:
    """For each key, the first `width` columns, only the last row."""
    return rows if len(rows) < 2 else list({row[:width]: row for row in rows}.values())
