"""The list forms: what each of their arguments means and how many rows they may look at."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from flowkit.errors import EvaluationError
from flowkit.rules.language.expression import compile_text
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import DURATION, NUMBER, Type

OPEN = Scope({}, open=True)
LINES = [
    {"kind": "工时", "amount": 100, "done": True, "parts": [{"n": 1}, {"n": 2}]},
    {"kind": "配件", "amount": Decimal("0.1"), "done": False, "parts": [{"n": 3}]},
    {"kind": "配件", "amount": None, "done": None},
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(lines, row.amount)", Decimal("100.1")),
        ("sum(lines, row.amount, row.kind == '工时')", 100),
        ("sum(lines, row.amount * rate)", Decimal("200.2")),
        ("sum([1, 2, null])", 3),
        ("count(lines)", 3),
        ("count(lines, row.kind == '配件')", 2),
        ("count(lines, row.kind == kind)", 2),
        ("count(lines, row.amount > 1)", 1),
        ("count(lines, row.amount, row.kind == '配件')", 1),
        ("min(lines, row.amount)", Decimal("0.1")),
        ("max(lines, row.amount, row.done)", 100),
        ("find(lines, row.kind == '配件').amount", Decimal("0.1")),
        ("find(lines, row.amount, row.kind == '配件')", Decimal("0.1")),
        ("find(lines, row.kind == '?').amount", None),
        ("any(lines, row.amount > 50)", True),
        ("all(lines, row.amount > 0)", False),
        ("all(lines, row.amount, row.done)", "misfit"),
        ("all(lines, row.kind <> '?')", True),
        ("any([false, true])", True),
        ("all([true, null])", True),
        ("sum(lines, sum(row.parts, row.n))", 6),
        ("sum(lines, sum(row.parts, row.n * rate), row.done)", 6),
        ("sum(lines, count(row.parts, row.n > 1))", 2),
        ("count(lines + lines)", 6),
        ("count(lines + nothing)", 3),
        ("count(nothing + lines, row.kind == '工时')", 1),
        ("find([1] + [2, 3], row > 1)", 2),
        ("empty(nothing + nothing)", True),
        ("min(3, 2, 5)", 2),
        ("max(rate, 1)", 2),
        ("max(rate, nothing)", 2),
        ("min(rate, 10, 7)", 2),
        ("max(d'2027-01-01', d'2027-01-02')", date(2027, 1, 2)),
        ("min(several)", 1),
        ("lines.count", 3),
    ],
)
def test_list_forms(text, expected):
    """`row` is the row at hand, bare names mean what they mean outside, empty values are skipped."""
    names = {"lines": LINES, "rate": 2, "kind": "配件", "several": (3, 1, 2)}
    expression = compile_text(text, OPEN)
    if expected == "misfit":
        with pytest.raises(EvaluationError):
            expression.evaluate(names)
    else:
        assert expression.evaluate(names) == expected


def test_an_outer_row_is_hidden_and_comes_back():
    """Inside a form `row` is the form's own row; beside it the row of whoever evaluates."""
    expression = compile_text("row.limit > sum(lines, row.amount) and row.limit == 200", OPEN)
    assert expression.evaluate({"row": {"limit": 200}, "lines": LINES}) is True
    assert ("row", "limit") in expression.reads
    assert ("row", "amount") not in expression.reads


def test_nested_reads_follow_the_lists():
    """What an inner form reads of its rows is a column of a column."""
    assert compile_text("sum(orders, sum(row.lines, row.n))", OPEN).reads == {
        ("orders",),
        ("orders", "lines"),
        ("orders", "lines", "n"),
    }
    assert ("lines", "price") in compile_text("find(lines, row.a == 1).price", OPEN).reads


def test_the_host_may_hand_in_its_own_lists():
    """Anything that can be gone through counts as a list; a text or one record does not."""

    class Children:
        def __iter__(self):
            return iter([{"outcome": "done"}, {"outcome": "rejected"}])

        def attribute(self, name):
            return "done" if name == "outcome" else None

    text = "count(children, row.outcome == 'done') == 1 and children.outcome == 'done'"
    assert compile_text(text, OPEN).evaluate({"children": Children()}) is True
    for wrong in ("abc", {"a": 1}, 5):
        with pytest.raises(EvaluationError):
            compile_text("count(children)", OPEN).evaluate({"children": wrong})


def test_sums_of_durations():
    """Durations are added too; of no rows the sum is as long as nothing."""
    scope = Scope({"visits": Type("list", item=Type("record", members=lambda: {"took": DURATION, "n": NUMBER}))})
    expression = compile_text("sum(visits, row.took)", scope)
    assert expression.evaluate({"visits": [{"took": timedelta(hours=1)}, {"took": timedelta(hours=2)}]}) == timedelta(
        hours=3
    )
    assert expression.evaluate({"visits": []}) == timedelta(0)


def test_texts_are_not_added_up():
    """A sum of texts is a misfit, even of one."""
    for values in (["a"], ["a", "b"]):
        with pytest.raises(EvaluationError):
            compile_text("sum(x)", OPEN).evaluate({"x": values})


def test_rows_are_bounded():
    """One evaluation looks at 200,000 rows at most, however forms are nested."""
    many = list(range(1000))
    with pytest.raises(EvaluationError, match="200000 rows"):
        compile_text("sum(x, sum(x, count(x)))", OPEN).evaluate({"x": many})
    with pytest.raises(ExpressionError, match="nested deeper"):
        compile_text("sum(x, sum(x, sum(x, sum(x))))", OPEN)


def test_a_form_wants_its_arguments():
    """Too few or too many arguments are answered with the form."""
    for text in ("sum()", "sum(a, b, c, d)", "find(a, b, c, d)"):
        with pytest.raises(ExpressionError, match="expected"):
            compile_text(text, OPEN)
