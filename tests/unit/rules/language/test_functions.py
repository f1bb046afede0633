"""The functions: what they give, in which zone, and how a host adds its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest

from flowkit.errors import EvaluationError
from flowkit.rules.language.expression import compile_text
from flowkit.rules.language.functions import FUNCTIONS
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.signatures import Function, Parameter
from flowkit.rules.language.types import NUMBER

OPEN = Scope({}, open=True)
CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 3, 2, 0, 30, tzinfo=CHINA)  # Monday, half past midnight; in UTC still Sunday
NAMES = {
    "now": NOW,
    "today": NOW.date(),
    "moment": datetime(2026, 2, 28, 17, 0, tzinfo=UTC),  # 1 March, one o'clock, in China
    "day": date(2026, 2, 20),
    "t": time(9, 5),
    "text": "  Ab水",
    "price": Decimal("1234.5"),
    "list": ["a", None, 2],
    "here": {"latitude": Decimal("30.27"), "longitude": Decimal("120.15"), "system": "wgs84"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("days_since(day)", 10),
        ("days_since(moment)", 0),
        ("days_since(today + 3d)", -3),
        ("hours_since(moment)", Decimal("23.5")),
        ("minutes_between(moment, now)", 1410),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(1.005, 2)", Decimal("1.01")),
        ("round(1250, -2)", 1300),
        ("floor(-1.2)", -2),
        ("ceil(1.2)", 2),
        ("floor(1.29, 1)", Decimal("1.2")),
        ("abs(-3)", 3),
        ("abs(-0.5)", Decimal("0.5")),
        ("number('1,234.50')", Decimal("1234.50")),
        ("number('12')", 12),
        ("number('')", None),
        ("number(5)", 5),
        ("length(text)", 5),
        ("length(list)", 3),
        ("contains(text, '水')", True),
        ("starts_with(text, 'Ab')", False),
        ("ends_with(text, '水')", True),
        ("lower('AB') + upper('ab')", "abAB"),
        ("matches('13800000000', '1\\d{10}')", True),
        ("matches('x13800000000', '1\\d{10}')", False),
        ("concat(price, ' 元 ', day, null)", "1234.5 元 2026-02-20"),
        ("join(list)", "a、2"),
        ("join(list, '-')", "a-2"),
        ("join([], '-')", ""),
        ("text(2h)", "2 小时"),
        ("text(moment)", "2026-03-01 01:00"),
        ("text(true)", "true"),
        ("date(moment)", date(2026, 3, 1)),
        ("year(day) * 100 + month(day)", 202602),
        ("day(moment)", 1),
        ("hour(moment)", 1),
        ("hour(t)", 9),
        ("weekday(now)", 1),
        ("weekday(day)", 5),
        ("distance(here, here)", 0),
        ("empty(text)", False),
    ],
)
def test_functions(text, expected):
    """Each function gives what its line of help says; moments are read on the clock of `now`."""
    found = compile_text(text, OPEN).evaluate(NAMES)
    assert found == expected
    assert not isinstance(found, float)


@pytest.mark.parametrize(
    "text",
    [
        "number(concat(text, 'abc'))",
        "number(concat('1e400', nothing))",
        "number(concat('NaN', nothing))",
        "number(concat('Infinity', nothing))",
        "hour(day)",
        "distance(here, {0})".replace("{0}", "elsewhere"),
        "round(price, 0.5)",
        "round(price, 99)",
        "lower(price)",
        "contains(list, 'a')",
        "join(text)",
        "text(here)",
        "minutes_between(moment, naive)",
        "year(text)",
    ],
)
def test_misfits_are_our_own(text):
    """A value a function cannot use is an EvaluationError, whatever the code beneath it raises."""
    names = {**NAMES, "elsewhere": {"latitude": 1, "longitude": 2}, "naive": datetime(2026, 1, 1)}
    with pytest.raises(EvaluationError):
        compile_text(text, OPEN).evaluate(names)


def test_no_moment_no_answer():
    """A function that needs the present moment where nobody supplies it fails with our own error."""
    for text in ("days_since(day)", "hours_since(moment)"):
        with pytest.raises(EvaluationError):
            compile_text(text, OPEN).evaluate({"day": NAMES["day"], "moment": NAMES["moment"]})


def test_the_present_is_among_the_reads():
    """A function that needs the present moment makes the expression read `now`; a date needs none."""
    assert ("now",) in compile_text("hours_since(x)", OPEN).reads
    assert ("now",) in compile_text("hour(x)", OPEN).reads
    assert compile_text("text(5) == '5'", OPEN).reads == frozenset()
    assert compile_text("text(5) == '5'", OPEN).constant


def test_texts_cannot_grow_without_end():
    """What joins texts is bounded."""
    with pytest.raises(EvaluationError, match="too long"):
        compile_text("concat(x, x)", OPEN).evaluate({"x": "a" * 60_000})
    with pytest.raises(EvaluationError, match="too long"):
        compile_text("x + x", OPEN).evaluate({"x": "a" * 60_000})


def test_a_host_adds_functions():
    """A function of the host is called like any other, its leaks made our own errors."""

    def call(names, number):
        return names["stock"] / number

    own = Function("share", (Parameter("number", ("number",)),), NUMBER, "a share", call, reads=("stock",))
    scope = Scope({}, open=True, functions={**FUNCTIONS, "share": own})
    expression = compile_text("share(4) + round(0.4)", scope)
    assert expression.evaluate({"stock": 2}) == Decimal("0.5")
    assert expression.reads == {("stock",)}
    with pytest.raises(EvaluationError):
        compile_text("share(0)", scope).evaluate({"stock": 2})


def test_every_function_tells_its_use():
    """Each function has its own name as key and a line of help."""
    assert all(name == f.name and f.help and f.signature.startswith(name + "(") for name, f in FUNCTIONS.items())
