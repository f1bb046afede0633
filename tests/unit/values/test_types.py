"""What each value type takes, keeps and refuses."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.values.types import VALUE_TYPES, Settings, ValueProblem

SHANGHAI = Settings(ZoneInfo("Asia/Shanghai"), "gcj02")
NO_SYSTEM = Settings(ZoneInfo("Asia/Shanghai"))

TAKEN = [
    ("number", "3", 3),
    ("number", "２．５", Decimal("2.5")),
    ("number", "1,234.5", Decimal("1234.5")),
    ("number", "−3", -3),
    ("number", "1e5", 100_000),
    ("number", 0.1, Decimal("0.1")),
    ("number", 5.0, 5),
    ("money", "¥12.5元", Decimal("12.50")),
    ("money", "1,200", Decimal("1200.00")),
    ("money", 99, Decimal("99.00")),
    ("rating", "★★★", 3),
    ("rating", "5星", 5),
    ("date", "2026-03-02", date(2026, 3, 2)),
    ("date", "2026/3/2", date(2026, 3, 2)),
    ("date", "2026年3月2日", date(2026, 3, 2)),
    ("date", datetime(2026, 3, 2, 20, tzinfo=UTC), date(2026, 3, 3)),
    ("time", "9:05", time(9, 5)),
    ("time", "12:30", time(12, 30)),
    ("time", "9点30分", time(9, 30)),
    ("datetime", "2026-03-02 09:30", datetime(2026, 3, 2, 1, 30, tzinfo=UTC)),
    ("datetime", "2026年3月2日9点30分", datetime(2026, 3, 2, 1, 30, tzinfo=UTC)),
    ("datetime", "2026-03-02T09:30:00Z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
    ("datetime", "2026-03-02 09:30 +0900", datetime(2026, 3, 2, 0, 30, tzinfo=UTC)),
    ("datetime", date(2026, 3, 2), datetime(2026, 3, 1, 16, tzinfo=UTC)),
    ("duration", "1h30m", timedelta(minutes=90)),
    ("duration", "30 分钟", timedelta(minutes=30)),
    ("switch", "是", True),
    ("switch", "false", False),
    ("switch", 1, True),
    ("phone", "+86 138-0000-0000", "13800000000"),
    ("phone", "13800000000", "13800000000"),
    ("phone", 13800000000, "13800000000"),
    ("phone", "057188888888", "0571-88888888"),
    ("phone", "(010) 1234 5678", "010-12345678"),
    ("phone", "+86 571 88888888", "0571-88888888"),
    ("phone", "0571-88888888转801", "0571-88888888-801"),
    ("phone", "400-123-4567", "4001234567"),
    ("plate", "浙a·12345", "浙A12345"),
    ("plate", "浙AD12345", "浙AD12345"),
    ("plate", "沪A12345D", "沪A12345D"),
    ("plate", "粤Z1234港", "粤Z1234港"),
    ("email", "Li.Na@Example.COM", "Li.Na@example.com"),
    ("email", "x＠y.com", "x@y.com"),
    ("choice", " 困人 ", "困人"),
    ("choices", "困人、冒烟,困人", ["困人", "冒烟"]),
    ("list", "滨江;萧山", ["滨江", "萧山"]),
    ("person", "employee:zhang", "employee:zhang"),
    ("reference", "0012", "0012"),
    ("media", "door.mp4", [{"name": "door.mp4", "kind": "video"}]),
    ("media", [{"name": "a", "kind": "image", "size": 5}], [{"name": "a", "kind": "image", "size": 5}]),
    ("signature", {"name": "李娜", "seconds": 2}, {"name": "李娜", "seconds": 2}),
    ("text", "1.10", "1.10"),
    ("text", "a\r\nb", "a\nb"),
]

REFUSED = [
    ("number", "nan"),
    ("number", "Infinity"),
    ("number", "1e500"),
    ("number", "1e18"),
    ("number", "1_000"),
    ("number", "1,5"),
    ("number", "٣"),
    ("number", True),
    ("number", float("nan")),
    ("number", float("inf")),
    ("number", Decimal("sNaN")),
    ("number", Decimal("1E+999999")),
    ("number", 10**4000),
    ("money", "99.999"),
    ("money", "12 USD"),
    ("rating", "4.5"),
    ("rating", "-1"),
    ("date", "2026-02-30"),
    ("date", "26-1-1"),
    ("date", "1800-01-01"),
    ("time", "25:00"),
    ("time", 930),
    ("datetime", "2026-03-02"),
    ("datetime", "2026-03-02T09:30+99:00"),
    ("datetime", datetime.min),
    ("duration", "2 hour"),
    ("duration", "999y"),
    ("duration", "2 business hours"),
    ("switch", "也许"),
    ("phone", "88888888"),
    ("phone", "12345678901"),
    ("phone", "138000000000"),
    ("plate", "浙I12345"),
    ("plate", "浙A1234"),
    ("email", "a..b@x.com"),
    ("email", "a b@x.com"),
    ("location", "120.1551,30.2741"),
    ("location", "30"),
    ("location", {"lat": 30, "lng": 120}),
    ("location", {"latitude": "nan", "longitude": 120}),
    ("location", "30,120,moon"),
    ("media", [{}]),
    ("media", [{"name": "x", "kind": "exe"}]),
    ("person", "zhang"),
    ("choice", ["a"]),
    ("rows", "x"),
    ("rows", [1]),
    ("text", "a\x00b"),
    ("text", "a\x1b[31m"),
    ("text", "half \ud800"),
    ("text", "x" * 10_001),
    ("text", {"a": 1}),
    ("text", True),
]

CANARIES = [
    "{{7*7}}",
    "=cmd|' /C calc'!A0",
    "${x}",
    "!!python/object:os.system",
    "+1",
    "@SUM(A1)",
    "<script>",
    "../../etc/passwd",
]


@pytest.mark.parametrize(("name", "raw", "value"), TAKEN)
def test_what_people_type_is_understood(name, raw, value):
    """Each usual spelling becomes the one value it means."""
    assert VALUE_TYPES[name].read(raw, SHANGHAI) == value


@pytest.mark.parametrize(("name", "raw"), REFUSED)
def test_what_does_not_fit_is_refused_in_printable_words(name, raw):
    """A misfit is a ValueProblem whose message can be written to any page, never another exception."""
    with pytest.raises(ValueProblem) as refused:
        VALUE_TYPES[name].read(raw, SHANGHAI)
    assert refused.value.message.encode()
    assert refused.value.message.isprintable()


def test_the_message_says_what_was_expected_and_what_was_found():
    """People learn from the answer how to type it."""
    with pytest.raises(ValueProblem, match=r"应为数字.*收到“三个”"):
        VALUE_TYPES["number"].read("三个", SHANGHAI)


@pytest.mark.parametrize("name", sorted(VALUE_TYPES))
@pytest.mark.parametrize("raw", [None, "", "  ", "\n"])
def test_nothing_typed_is_no_value(name, raw):
    """Absent is None for every type, however nothing was typed."""
    assert VALUE_TYPES[name].read(raw, SHANGHAI) is None


@pytest.mark.parametrize("canary", CANARIES)
def test_text_that_looks_like_code_stays_text(canary):
    """What is typed is data: it comes out character for character, in text and in the name of a file."""
    assert VALUE_TYPES["text"].read(canary, SHANGHAI) == canary
    assert VALUE_TYPES["media"].read([canary], SHANGHAI)[0]["name"] == canary


def test_a_point_carries_its_system():
    """A point takes the app's coordinate system, keeps its own if it has one, and is refused without either."""
    read = VALUE_TYPES["location"].read
    assert read("30.2741,120.1551", SHANGHAI)["system"] == "gcj02"
    assert read({"latitude": 30, "longitude": 120, "system": "WGS-84"}, SHANGHAI)["system"] == "wgs84"
    assert read("30，120 bd09", NO_SYSTEM)["system"] == "bd09"
    with pytest.raises(ValueProblem, match="坐标系"):
        read("30.2741,120.1551", NO_SYSTEM)


def test_swapped_coordinates_are_recognised():
    """Longitude typed first is answered with that."""
    with pytest.raises(ValueProblem, match="写反"):
        VALUE_TYPES["location"].read("120.1551,30.2741", SHANGHAI)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(alphabet=st.characters())
    | st.text(alphabet="0123456789.:-+,年月日点分 eE@浙A", max_size=12)
    | st.binary(max_size=5)
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.timedeltas(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["latitude", "longitude", "system", "name", "kind", "size"]) | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
LIKELY = st.sampled_from([raw for _, raw, _ in TAKEN] + [raw for _, raw in REFUSED])


@given(st.sampled_from(sorted(VALUE_TYPES)), JUNK | LIKELY)
def test_any_junk_is_read_or_refused_and_what_is_read_survives_the_store(name, raw):
    """Reading gives a value or a ValueProblem; a value stored as JSON and loaded is equal, and reads as itself."""
    kind = VALUE_TYPES[name]
    try:
        value = kind.read(raw, SHANGHAI)
    except ValueProblem:
        return
    stored = json.loads(json.dumps(kind.store(value), allow_nan=False))
    assert kind.load(stored) == value
    assert kind.read(value, SHANGHAI) == value


@given(st.sampled_from(sorted(VALUE_TYPES)), JUNK | LIKELY)
def test_what_was_stored_can_be_typed_again(name, raw):
    """The stored form is itself readable, so exports can be imported."""
    kind = VALUE_TYPES[name]
    try:
        value = kind.read(raw, SHANGHAI)
    except ValueProblem:
        return
    if name != "duration" or value is None or value >= timedelta(0):
        assert kind.read(kind.store(value), SHANGHAI) == value
