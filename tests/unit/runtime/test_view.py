"""A view shows what was read, overlaid with what earlier commands of the batch have changed, whichever came first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowkit.engine.facts import Need
from flowkit.engine.people import People
from flowkit.runtime.view import Changes, View, facts_of, lacking
from flowkit.store.database import Database
from flowkit.store.writing import Rows, write


def nothing(name: str) -> None:
    pass


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    database = Database(f"sqlite:///{tmp_path / 'work.db'}", nothing)
    rows = Rows(
        tasks=[("c1", 0, 1, "owner", "w:1")],
        records=[("车", "A1", '{"里程": 1}', "", 0, "", 1, 0)],
        record_lines=[("车", "A1", "履历", '{"故障": "a"}')],
    )
    connection = database.connection()
    connection.begin()
    write(connection, database.statements, rows, nothing)
    connection.commit()
    yield View(connection, database.statements)
    database.close()


LOAD, LINES, RECORD, NUMBER = (
    ("loads", ("w:1",)),
    ("lines", "车", "A1", "履历"),
    ("record", "车", "A1"),
    ("sequence", "s"),
)
CHANGES = Changes(
    records={("车", "A1"): {"里程": 2}},
    lines={("车", "A1", "履历"): [{"故障": "b"}]},
    loads=Counter({"w:1": 2}),
    serials={"s": 5},
)


def fetch(view: View) -> None:
    view.fetch(lacking(Need(LOAD, LINES, RECORD, NUMBER)))


@pytest.mark.parametrize("order", ["read, then changed", "changed, then read"])
def test_changes_are_seen(view: View, order: str) -> None:
    """Loads add up, lines follow those in the database, records and numbers are the changed ones."""
    steps = [lambda: fetch(view), lambda: view.accept(CHANGES)]
    for step in steps if order.startswith("read") else reversed(steps):
        step()
    facts, _ = facts_of(view, People())
    assert facts[LOAD] == {"w:1": 3}
    assert facts[LINES] == [{"故障": "a"}, {"故障": "b"}]
    assert facts[RECORD] == {"里程": 2}
    assert facts[NUMBER] == 6


def test_what_is_not_at_hand_is_asked_for(view: View) -> None:
    """And what was looked for in vain is known to be absent."""
    facts, _ = facts_of(view, People())
    with pytest.raises(Need):
        facts["record", "车", "B2"]
    view.fetch({"record": {("车", "B2")}})
    assert facts["record", "车", "B2"] is None


def test_a_number_is_taken_only_by_what_comes_to_something(view: View) -> None:
    """Two commands that look see the same next number until one of them is accepted."""
    fetch(view)
    _, first = facts_of(view, People())
    _, second = facts_of(view, People())
    assert first[NUMBER] == second[NUMBER] == 1
    view.accept(Changes(serials=first.taken))
    assert facts_of(view, People())[1][NUMBER] == 2


def test_what_is_at_hand_is_not_read_again(view: View) -> None:
    """A round that lacks nothing costs no statement."""
    fetch(view)
    before = view._connection.reads
    fetch(view)
    assert view._connection.reads == before
