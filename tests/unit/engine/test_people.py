"""Who is there for a unit, who is on duty, who stands in for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.engine.duty import DutyPlan, Shift, shift_on
from flowkit.engine.people import People
from flowkit.engine.units import Units, ring

KEYS = "abcdefgh"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@st.composite
def trees(draw: st.DrawFn) -> Units:
    """Each unit may stand below one that comes before it."""
    records = {k: {"up": draw(st.sampled_from([None, *KEYS[:i]]))} for i, k in enumerate(KEYS)}
    return Units.of(records, "up")


@st.composite
def staffs(draw: st.DrawFn) -> People:
    names = [f"e:{i}" for i in range(draw(st.integers(0, 12)))]
    some = st.lists(st.sampled_from("xyz"), unique=True).map(tuple)
    places = st.lists(st.sampled_from(KEYS), unique=True, max_size=3).map(tuple)
    roles, units = {n: draw(some) for n in names}, {n: draw(places) for n in names}
    return People({n: {} for n in names}, roles, units, tree=draw(trees())).indexed()


def _upwards(unit: str | None, tree: Units) -> Iterator[str]:
    while unit is not None:
        yield unit
        unit = tree.records[unit]["up"]


@given(staffs(), st.sampled_from("xyz"), st.sampled_from([None, *KEYS]))
def test_who_is_asked_is_who_belongs_to_the_unit_or_above_it(people: People, role: str, unit: str | None) -> None:
    """The index gives exactly those whom a look at everybody gives, for each person and for the role as a whole."""
    wanted = [
        actor
        for actor in sorted(people.records)
        if role in people.roles[actor]
        and (unit is None or not people.units[actor] or set(people.units[actor]) & set(_upwards(unit, people.tree)))
    ]
    assert list(people.with_role(role, unit)) == wanted
    assert people.any_with_role(role, unit) == bool(wanted)
    assert [a for a in sorted(people.records) if people.holds(a, f"role:{role}", unit)] == wanted


@given(trees(), st.sampled_from(KEYS))
def test_what_is_below_a_unit_has_it_above(tree: Units, unit: str) -> None:
    """Below and above are the two sides of one thing."""
    assert tree.below(unit) == {each for each in KEYS if unit in tree.line(each)}


class Counting(dict[str, Any]):
    """A mapping that tells how often it was looked into."""

    looks = 0

    def get(self, key: str, default: Any = None) -> Any:
        Counting.looks += 1
        return super().get(key, default)

    def __iter__(self) -> Iterator[str]:
        for key in super().__iter__():
            Counting.looks += 1
            yield key


def test_asking_for_a_role_in_a_unit_looks_at_nobody_else() -> None:
    """Of 10,000 people in 500 units only the groups of the unit and those above it are looked into."""
    tree = Units.of({str(i): {"up": str(i // 10) if i else None} for i in range(500)}, "up")
    names = [f"e:{i}" for i in range(10_000)]
    people = People(
        {n: {} for n in names},
        Counting(dict.fromkeys(names, ("x",))),
        Counting({n: (str(i % 500),) for i, n in enumerate(names)}),
        tree=tree,
    ).indexed()
    Counting.looks = 0
    assert len(people.with_role("x", "499")) == 80  # of 499, 49, 4 and 0
    assert Counting.looks == 0
    assert people.holds("e:499", "role:x", "499")
    assert Counting.looks <= 2


@pytest.mark.parametrize(
    ("above", "found"),
    [
        ({"a": None, "b": "a", "c": "b"}, ()),
        ({"a": "a"}, ("a", "a")),
        ({"a": "b", "b": "c", "c": "b"}, ("b", "c", "b")),
        ({"x": "gone", "a": "b", "b": "a"}, ("a", "b", "a")),
    ],
)
def test_a_ring_of_units_is_found(above: Mapping[str, str | None], found: tuple[str, ...]) -> None:
    """The units of the ring are told in order; a unit above that is gone is none."""
    assert ring({key: {"up": up} for key, up in above.items()}, "up") == found
    tree = Units.of({key: {"up": up} for key, up in above.items()}, "up")
    assert all(len(line) == len(set(line)) for line in tree.lines.values())


@pytest.mark.parametrize(
    ("since", "until", "clock", "on"),
    [
        ("08:00", "20:00", "08:00", True),
        ("08:00", "20:00", "20:00", False),
        ("20:00", "08:00", "23:59", True),
        ("20:00", "08:00", "07:59", True),
        ("20:00", "08:00", "12:00", False),
    ],
)
def test_a_daily_shift_holds_from_its_beginning_up_to_its_end(since: str, until: str, clock: str, on: bool) -> None:
    """Times of day are the app's; a shift may go over midnight."""
    plan = DutyPlan.of([Shift("e:1", time.fromisoformat(since), time.fromisoformat(until))], SHANGHAI)
    now = datetime.combine(NOON.date(), time.fromisoformat(clock), SHANGHAI)
    assert plan.on_duty("e:1", now) is on
    assert not plan.on_duty("e:2", now)


@given(st.times(), st.times(), st.integers(-60, 60))
def test_a_shift_of_one_day_is_that_day_s_only(since: time, until: time, hours: int) -> None:
    """It lasts up to a day, begins on its day, and holds nowhere else."""
    shift = shift_on("e:1", NOON.date(), since, until, SHANGHAI)
    assert isinstance(shift.since, datetime)
    assert isinstance(shift.until, datetime)
    assert timedelta(0) < shift.until - shift.since <= timedelta(days=1)
    now = NOON + timedelta(hours=hours)
    assert shift.holds(now, SHANGHAI) is (shift.since <= now < shift.until)
    assert shift.over(shift.until)
    assert not shift.over(shift.until - timedelta(seconds=1))
