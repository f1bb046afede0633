"""The difference of two states of a case, laid over the rows of the first, gives the rows of the second."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flowkit.engine.case import Case, Deadline
from flowkit.runtime.rowtext import micros
from flowkit.runtime.steps import _tasks, _timers, task_slots, timer_slots
from flowkit.runtime.view import Changes
from flowkit.store.writing import Rows

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOLDERS = st.lists(st.sampled_from(["w:1", "w:2", "w:3", "role:x"]), unique=True).map(tuple)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    visit = draw(st.integers(1, 3))
    names = draw(st.lists(st.sampled_from("123"), unique=True))
    due = tuple(Deadline(n, visit, draw(st.integers(0, 1)), NOON) for n in names)
    ended = draw(st.sampled_from([None, None, None, NOON]))
    return Case(id="c", visit=visit, owner=draw(HOLDERS), helpers=draw(HOLDERS), deadlines=due, ended=ended)


Table = dict[tuple[Any, ...], tuple[Any, ...]]


def laid(table: Table, rows: list[tuple[Any, ...]], dropped: list[tuple[Any, ...]]) -> Table:
    table = {**table, **{row[:2]: row for row in rows}}
    return {} if dropped else table


@given(st.lists(cases(), min_size=1, max_size=6))
def test_rows_follow_a_case_through_any_changes(states: list[Case]) -> None:
    """Slots hold exactly the tasks and timers of the last state; what others count as load follows too."""
    before, tasks, timers, loads = Case(), {}, {}, Counter[str]()
    for after in states:
        rows, changes = Rows(), Changes()
        _tasks(before, after, rows, changes)
        _timers(before, after, rows)
        tasks, timers = laid(tasks, rows.tasks, rows.drop_tasks), laid(timers, rows.timers, rows.drop_timers)
        loads.update(changes.loads)
        assert [r[1:] for r in sorted(tasks.values()) if r[4] is not None] == [
            (slot, t.visit, t.kind, t.holder) for slot, t in enumerate(task_slots(after))
        ]
        assert [r[1:6] for r in sorted(timers.values(), key=lambda r: r[1]) if r[3] is not None] == [
            (slot, d.visit, d.name, d.n, micros(d.due)) for slot, d in enumerate(timer_slots(after))
        ]
        owned = Counter(dict.fromkeys(after.owner, 1)) if not after.ended else Counter()
        assert {h: n for h, n in loads.items() if n} == dict(owned)
        if after.ended:
            return
        before = after
