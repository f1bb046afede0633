"""Expected values against found ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.testing.comparing import equal, words
from flowkit.values.types import Settings

SETTINGS = Settings(ZoneInfo("Asia/Shanghai"), "gcj02")
PLACE = {"latitude": Decimal("30.28"), "longitude": Decimal("120.15"), "system": "gcj02"}


class Record:
    """Stands for a record as expressions see it."""

    key, actor = "zhang", "employee:zhang"


SAME = [
    ("10", 10),
    ("10.0", 10),
    ("10", Decimal("10.00")),
    ("true", True),
    ("否", False),
    ("0012", "0012"),
    (None, None),
    ("", []),
    (None, ""),
    ("30m", timedelta(minutes=30)),
    ("2026-03-02 09:00", datetime(2026, 3, 2, 1, 0, 59, tzinfo=UTC)),
    ("2026-03-02 09:00:05", datetime(2026, 3, 2, 1, 0, 5, tzinfo=UTC)),
    ("2026-03-02", date(2026, 3, 2)),
    ("09:00", time(9, 0)),
    (["水", "电"], ["水", "电"]),
    ("水", ["水"]),
    (["30.28", "120.15"], PLACE),
    ("30.28, 120.15", PLACE),
    (["door.mp4"], [{"name": "door.mp4", "kind": "video"}]),
    ({"kind": "video"}, {"name": "door.mp4", "kind": "video"}),
    ("zhang", Record()),
    ("employee:zhang", Record()),
    (Decimal("1.5"), "1.50"),
]
DIFFERENT = [
    ("11", 10),
    ("ten", 10),
    ("true", False),
    ("1", "一"),
    (None, 0),
    ("0", None),
    ("31m", timedelta(minutes=30)),
    ("2026-03-02 09:01", datetime(2026, 3, 2, 1, 0, tzinfo=UTC)),
    ("never", datetime(2026, 3, 2, 1, 0, tzinfo=UTC)),
    (["电", "水"], ["水", "电"]),
    (["水"], ["水", "电"]),
    (["水"], "水电"),
    (["30.28"], PLACE),
    (["window.mp4"], [{"name": "door.mp4", "kind": "video"}]),
    ({"size": "3"}, {"name": "door.mp4"}),
    ("li", Record()),
]


@pytest.mark.parametrize(("expected", "found"), SAME)
def test_what_a_person_calls_the_same_is_equal(expected: Any, found: Any) -> None:
    """An expected value is read as the sort of value that was found."""
    assert equal(expected, found, SETTINGS)


@pytest.mark.parametrize(("expected", "found"), DIFFERENT)
def test_what_differs_is_not_equal(expected: Any, found: Any) -> None:
    """Generous is not blind: another amount, moment, order or length differs, and empty is not zero."""
    assert not equal(expected, found, SETTINGS)


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_numbers_are_equal_exactly_if_their_amounts_are(one: int, other: int) -> None:
    """Text against number agrees with number against number."""
    assert equal(str(one), other, SETTINGS) == (one == other)
    assert equal(f"{one}.00", Decimal(other), SETTINGS) == (one == other)


@given(st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.lists(st.text())))
def test_any_pair_can_be_compared(found: Any) -> None:
    """Whatever is expected of whatever was found, the answer is yes or no and never an error."""
    for expected in ("", "2h", "NaN", None, ["1"], {"a": "1"}, Decimal(1)):
        assert equal(expected, found, SETTINGS) in {True, False}
        assert isinstance(words(found, SETTINGS.timezone), str)


def test_failures_show_values_as_people_write_them() -> None:
    """Moments in the app's zone, durations in words, nothing as such."""
    moment = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    shown = [words(v, SETTINGS.timezone) for v in (moment, timedelta(minutes=15), None, True, ["a", 1])]
    assert shown == ["2026-03-02 09:00", "15 分钟", "(空)", "是", "[a, 1]"]
