"""Whatever is written, the answer is an expression, a template or our own error."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from flowkit.errors import EvaluationError
from flowkit.rules.language.expression import Expression, compile_all
from flowkit.rules.language.functions import FUNCTIONS
from flowkit.rules.language.lists import LIST_FORMS
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.templates import Template
from flowkit.rules.language.templates import compile_all as compile_template

OPEN = Scope({}, open=True)
CLOSED = Scope({})
WORDS = [
    *FUNCTIONS, *LIST_FORMS, "x", "y", "故障", "row", "and", "or", "not", "in", "null", "true", "AND",
    "(", ")", "[", "]", ",", ".", ":", "?", "??", "==", "!=", "<>", "<", ">=", "+", "-", "*", "/", "//", "%", "=",
    "'", '"', "“", "”", "（", "，", "1", "0.5", "2h", "1 business days", "'a'", "'2027-02-06'", "$", "#", "{", "}", "|",
]  # fmt: skip
BRACES = [
    "{{",
    "}}",
    "{%",
    "%}",
    "if",
    "else",
    "elif",
    "endif",
    "for",
    "endfor",
    "is",
    "~",
    "|",
    "round",
    "loop",
    "-",
    "\n",
    "{#",
]

anything = st.text(max_size=200)
wordy = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
tight = st.lists(st.sampled_from(WORDS), max_size=25).map("".join)
templated = st.lists(st.sampled_from([*WORDS, *BRACES, *BRACES]), max_size=40).map(" ".join)
inside = st.one_of(wordy, tight).map(lambda text: "{{ " + text + " }}")

operands = st.sampled_from(
    [
        "x",
        "y",
        "故障",
        "x.y",
        "y.count",
        "row.x",
        "null",
        "true",
        "1",
        "0.5",
        "-3",
        "'a'",
        "2h",
        "now",
        "today",
        "[]",
        "['a', 1, null]",
    ]
)
well_formed = st.recursive(
    operands,
    lambda e: st.one_of(
        st.tuples(
            e, st.sampled_from(["+", "-", "*", "/", "//", "%", "<", ">=", "==", "<>", "and", "or", "in", "??"]), e
        ).map(lambda p: "({} {} {})".format(*p)),
        st.tuples(st.sampled_from([*FUNCTIONS, *LIST_FORMS]), st.lists(e, min_size=1, max_size=3)).map(
            lambda p: f"{p[0]}({', '.join(p[1])})"
        ),
        st.tuples(e, e, e).map(lambda p: "({} ? {} : {})".format(*p)),
        e.map(lambda text: f"not {text}"),
        e.map(lambda text: f"(-{text})"),
    ),
    max_leaves=8,
)

leaf = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(max_size=5),
    st.sampled_from([date(2027, 2, 6), datetime(2027, 2, 6, tzinfo=UTC), datetime(2027, 2, 6), timedelta(hours=1)]),
)  # fmt: skip
data = st.recursive(
    leaf, lambda d: st.one_of(st.lists(d, max_size=3), st.dictionaries(st.sampled_from("xy"), d)), max_leaves=8
)
names = st.dictionaries(st.sampled_from(["x", "y", "故障", "row", "now", "today"]), data)


def finite(value):
    if isinstance(value, (float, Decimal)):
        return not isinstance(value, float) and value.is_finite()
    return True


@settings(max_examples=400, deadline=None)
@given(text=st.one_of(anything, wordy, tight, well_formed, well_formed), names=names)
def test_any_text_is_an_expression_or_our_own_error(text, names):
    """No text and no data bring about another exception, nor a number that is none."""
    for scope in (OPEN, CLOSED):
        found = compile_all(text, scope)
        if not isinstance(found, Expression):
            assert found
            assert all(
                isinstance(e, ExpressionError) and 0 <= e.offset <= len(text) and e.end > e.offset for e in found
            )
            continue
        try:
            assert finite(found.evaluate(names))
        except EvaluationError as error:
            assert 0 <= error.offset <= len(text)


@settings(max_examples=400, deadline=None)
@given(text=st.one_of(anything, templated, inside), names=names)
def test_any_text_is_a_template_or_our_own_error(text, names):
    """The same holds for templates."""
    for scope in (OPEN, CLOSED):
        found = compile_template(text, scope)
        if not isinstance(found, Template):
            assert found
            assert all(isinstance(e, ExpressionError) and 0 <= e.offset <= len(text) for e in found)
            continue
        try:
            assert isinstance(found.render(names), str)
        except EvaluationError as error:
            assert 0 <= error.offset <= len(text)
