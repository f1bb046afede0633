"""What expressions mean: exact numbers, equality, the policy for empty, the grammar's widenings."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from flowkit.errors import EvaluationError
from flowkit.rules.language.expression import compile_text
from flowkit.rules.language.scope import Scope
from flowkit.values.durations import BusinessDuration

OPEN = Scope({}, open=True)


def value(text, **names):
    return compile_text(text, OPEN).evaluate(names)


class Thing:
    """A record as the engine hands it in."""

    def __init__(self, entity, key, **values):
        self.entity, self.key, self.values = entity, key, values

    def attribute(self, name):
        return self.values.get(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 0.2 == 0.3", True),
        ("7 / 2", Decimal("3.5")),
        ("6 / 2", 3),
        ("1 / 3 * 3", Decimal("0.9999999999999999999999999999")),
        ("-7 // 2", -3),
        ("-7 % 3", -1),
        ("2 + 3 * 4", 14),
        ("-2 * 3", -6),
        ("1 == 1.0", True),
        ("'a' + 'b'", "ab"),
        ("1d + 12h", timedelta(hours=36)),
        ("2 * 30m == 1h", True),
        ("1h / 30m", 2),
        ("1.5h", timedelta(minutes=90)),
        ("2 business hours", BusinessDuration(Decimal(2), "hours")),
        ("3 business  days", BusinessDuration(Decimal(3), "days")),
        ("d'2027-02-06' + 1d", date(2027, 2, 7)),
        ("1 business days == 1 business days", True),
    ],
)
def test_arithmetic_is_exact(text, expected):
    """Numbers are decimal and durations exact, and both come out equal to what a person would work out."""
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("故障类型 == '困人'", True),
        ("故障类型＝＝‘困人’", True),
        ("故障类型 in [“困人”，'冒烟']", True),
        ("（1 ＋ 2） ＊ 3 ＝＝ 9", True),
        ("1 <> 2", True),
        ("故障类型 <> '<>'", True),
        ("1 ＜＞ 2 AND NOT false", True),
        ("TRUE OR FALSE", True),
        ("１２ == 12", True),
        ("故障类型 == '困人' ？ 1 ： 2", 1),
        ("故障类型 not in ['冒烟']", True),
        ("【1，2】 == [1, 2]", True),
        ("x.in == 1 and x.not == 2", True),
        (r"'a\'b' == “a'b”", True),
        (r"'\d' == r'\d'", True),
        (r"'\u6c34' == '水'", True),
    ],
)
def test_people_write_as_they_type(text, expected):
    """Chinese names, full-width punctuation, Chinese quotation marks, <> and capitals read like their plain forms."""
    assert value(text, 故障类型="困人", x={"in": 1, "not": 2}) == expected


EMPTY_TABLE = [
    ("x > 3", None),
    ("x <= 3", None),
    ("not (x >= 3)", None),
    ("not (x >= 3) and true", None),
    ("x > 3 and false", False),
    ("x > 3 or true", True),
    ("x > 3 or false", None),
    ("x > 3 ? 1 : 2", 2),
    ("x + 1", None),
    ("x * 0", None),
    ("-x", None),
    ("x == null", True),
    ("x <> null", False),
    ("x == 0", False),
    ("x <> 0", True),
    ("x == ''", False),
    ("x == false", False),
    ("x <> false", True),
    ("not x", True),
    ("x and true", False),
    ("x.y.z", None),
    ("x.y == null", True),
    ("empty(x)", True),
    ("empty(x.y)", True),
    ("empty('')", True),
    ("empty([])", True),
    ("empty(0)", False),
    ("empty(false)", False),
    ("x.count", 0),
    ("x.count == 0", True),
    ("'' .count", 0),
    ("'a' in x", False),
    ("'a' in []", False),
    ("x in ['a']", False),
    ("x in [null]", True),
    ("x ?? 0", 0),
    ("(x ?? 0) > 3", False),
    ("x ?? y ?? 5", 5),
    ("sum(x)", 0),
    ("sum(x, row.a)", 0),
    ("count(x)", 0),
    ("max(x)", None),
    ("any(x)", False),
    ("all(x)", True),
    ("find(x, row.a == 1)", None),
    ("sum([1, null, 2])", 3),
    ("min([3, null])", 3),
    ("distance(x, y)", None),
    ("round(x)", None),
    ("contains(x, 'a')", False),
    ("length(x)", 0),
    ("concat('a', x, 'b')", "ab"),
]


@pytest.mark.parametrize(("text", "expected"), [(t.replace("'' .count", "t.count"), e) for t, e in EMPTY_TABLE])
def test_empty(text, expected):
    """Ordering and arithmetic with empty are empty, under `not` too; equality is plain; an unset switch is off."""
    found = value(text, t="")
    assert found == expected
    assert type(found) is type(expected)


def test_an_absent_name_is_empty():
    """A name that the caller's data do not hold reads as empty."""
    assert value("absent == null")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true == 1", False),
        ("x == '1'", False),
        ("x in ['1', true]", False),
        ("x in [1.0]", True),
        ("d == 5", False),
        ("f == 0.1", True),
        ("f + 0.2 == 0.3", True),
        ("l == [1, 2]", True),
    ],
)
def test_equality_minds_sorts(text, expected):
    """Values of different sorts are never equal; numbers are compared as numbers, floats as they are written."""
    found = compile_text("b == x" if text == "true == 1" else text, OPEN)
    assert found.evaluate({"x": 1, "b": True, "d": date(2027, 1, 1), "f": 0.1, "l": (1, 2.0)}) is expected


def test_records_are_equal_by_key():
    """A record equals another of the same entity and key, and the text that is its key or ENTITY:KEY."""
    names = {"a": Thing("employee", "zhang"), "b": Thing("employee", "zhang"), "c": Thing("customer", "zhang")}
    for text, expected in [
        ("a == b", True),
        ("a == c", False),
        ("a == 'zhang'", True),
        ("'employee:zhang' == a", True),
        ("a == 'customer:zhang'", False),
        ("a in ['li', 'zhang']", True),
        ("a <> b", False),
    ]:
        assert compile_text(text, OPEN).evaluate(names) is expected, text


def test_attributes_go_through_the_object():
    """An object answers for its attributes; nothing of Python's own shows."""
    thing = Thing("elevator", "E1", region="滨江")
    assert value("e.region == '滨江'", e=thing)
    assert value("e.values", e=thing) is None
    assert value("e.entity", e=thing) is None


def test_and_or_stop_early():
    """The right side is not looked at when the left one decides."""
    assert value("false and 1 / x > 0", x=0) is False
    assert value("true or 1 / x > 0", x=0) is True


class NeedError(Exception):
    pass


def test_other_exceptions_pass():
    """What the caller's names or objects raise of their own passes through unchanged."""

    class Names:
        def __getitem__(self, name):
            raise NeedError(name)

    for text in ("a == 1", "sum(a, row.b)", "days_since(a)", "empty(a.b)"):
        with pytest.raises(NeedError):
            compile_text(text, OPEN).evaluate(Names())


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("x > 'a'", 0),
        ("1 + (y - x)", 5),
        ("y in x", 0),
        ("x and true", 0),
        ("1 / (x - x)", 0),
        ("x.y", 0),
        ("true and sum(x) > 1", 9),
        ("lower(x)", 0),
        ("d > m", 0),
        ("m > n", 0),
        ("number(y) > 1", 0),
        ("d + 2h", 0),
        ("f > 1", 0),
        ("x * x * x * x * x * x * x * x * x * x * x * x * x * x * x > 1", 0),
        ("b + d", 0),
        ("true ? y : 1", None),
        ("y in y", 0),
    ],
)
def test_misfits_point_at_their_place(text, offset):
    """A value that does not fit is an EvaluationError with the text and the offset of the part it happened in."""
    names = {
        "x": 1000,
        "y": "abc",
        "d": date(2027, 1, 1),
        "m": datetime(2027, 1, 1, tzinfo=UTC),
        "n": datetime(2027, 1, 1),
        "f": float("nan"),
        "b": BusinessDuration(Decimal(1), "days"),
    }
    expression = compile_text(text, OPEN)
    if offset is None:
        assert expression.evaluate(names) == "abc"
        return
    with pytest.raises(EvaluationError) as caught:
        expression.evaluate(names)
    assert (caught.value.text, caught.value.offset) == (text, offset)


def test_reads_are_the_dotted_names():
    """`reads` holds every path, of a list form the columns of its list, and no name of a row."""
    expression = compile_text(
        "elevator.customer.kind == '政府' and sum(lines, row.n * price, row.k == kind) > x.count", OPEN
    )
    assert expression.reads == {
        ("elevator", "customer", "kind"),
        ("lines",),
        ("lines", "n"),
        ("lines", "k"),
        ("price",),
        ("kind",),
        ("x",),
    }
    assert not expression.constant
    assert compile_text("1 + 2 > 2", OPEN).constant


def test_times_of_one_sort_are_ordered():
    """Dates, times and moments are ordered among their own."""
    assert value("t < u", t=time(9), u=time(10)) is True
    assert value("m + 1h > m", m=datetime(2027, 1, 1, tzinfo=UTC)) is True
    assert value("m - n", m=datetime(2027, 1, 2, tzinfo=UTC), n=datetime(2027, 1, 1, tzinfo=UTC)) == timedelta(days=1)
