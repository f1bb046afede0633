"""rule-engine is the reference for the grammar and for what both languages mean alike."""

from __future__ import annotations

from decimal import Decimal

import rule_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from flowkit.errors import EvaluationError
from flowkit.rules.language.expression import compile_text
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import BOOLEAN, NUMBER, TEXT

SCOPE = Scope({"a": NUMBER, "b": NUMBER, "s": TEXT, "t": TEXT, "p": BOOLEAN, "q": BOOLEAN})
CONTEXT = rule_engine.Context()

numbers = st.one_of(
    st.sampled_from(["a", "b"]),
    st.integers(0, 99).map(str),
    st.decimals(0, 9, places=2, allow_nan=False).map(str),
)
texts = st.sampled_from(["s", "t", "'困人'", "'x'", "''", '"x"'])


def joined(left, operator, right):
    return st.tuples(left, operator, right).map(" ".join)


def grouped(inner):
    return st.one_of(inner, inner.map(lambda e: f"({e})"), inner.map(lambda e: f"-({e})"))


sums = st.recursive(
    numbers, lambda e: grouped(joined(e, st.sampled_from(["+", "-", "*", "/", "//", "%"]), e)), max_leaves=6
)
atoms = st.one_of(
    joined(sums, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), sums),
    joined(texts, st.sampled_from(["==", "!=", "<", ">="]), texts),
    st.tuples(texts, st.sampled_from(["in", "not in"]), st.lists(texts, min_size=1, max_size=4)).map(
        lambda p: f"{p[0]} {p[1]} [{', '.join(p[2])}]"
    ),
    st.tuples(numbers, st.lists(numbers, min_size=1, max_size=4)).map(lambda p: f"{p[0]} in [{', '.join(p[1])}]"),
    st.sampled_from(["p", "q", "true", "false"]),
)
conditions = st.recursive(
    atoms,
    lambda e: st.one_of(
        joined(e, st.sampled_from(["and", "or"]), e),
        e.map(lambda c: f"not {c}"),
        e.map(lambda c: f"({c})"),
        st.tuples(e, e, e).map(lambda p: f"({p[0]} ? {p[1]} : {p[2]})"),
    ),
    max_leaves=6,
)
values = st.fixed_dictionaries(
    {
        "a": st.one_of(st.integers(-50, 50), st.decimals(-9, 9, places=2)),
        "b": st.one_of(st.integers(-50, 50), st.floats(-9, 9).map(lambda f: round(f, 3))),
        "s": st.sampled_from(["困人", "x", ""]),
        "t": st.sampled_from(["困人", "x", "y"]),
        "p": st.booleans(),
        "q": st.booleans(),
    }
)


def ours(text, names):
    try:
        return compile_text(text, SCOPE).evaluate(names)
    except (ExpressionError, EvaluationError) as error:
        return type(error).__mro__[1]


def theirs(text, names):
    try:
        return rule_engine.Rule(text, context=CONTEXT).evaluate(names)
    except (rule_engine.errors.EngineError, ArithmeticError) as error:
        return type(error)


def agree(text, names):
    mine, other = ours(text, names), theirs(text, names)
    if isinstance(mine, type) or isinstance(other, type):
        return isinstance(mine, type) and isinstance(other, type)
    return mine == other and isinstance(mine, bool) == isinstance(other, bool)


@settings(max_examples=300, deadline=None)
@given(text=sums, names=values)
def test_arithmetic_agrees(text, names):
    """Sums, products and quotients of exact numbers come out as in rule-engine; where it fails, so do we."""
    assert agree(text, names), (ours(text, names), theirs(text, names))


@settings(max_examples=300, deadline=None)
@given(text=conditions, names=values)
def test_conditions_agree(text, names):
    """Comparisons, and, or, not, in and the ternary bind and decide as in rule-engine."""
    assert agree(text, names), (ours(text, names), theirs(text, names))


def test_the_comparison_can_fail():
    """The two are told apart where they differ on purpose."""
    assert not agree("p == q or a > 0", {"a": None, "p": True, "q": False})
    assert agree("a / b", {"a": 1, "b": 0})
    assert ours("0.1 + 0.2", {}) == theirs("0.1 + 0.2", {}) == Decimal("0.3")
