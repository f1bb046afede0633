"""What the author of an expression is told, and where."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowkit.diagnostics import Findings, Place
from flowkit.rules.language.expression import Expression, compile_all, compile_expression, compile_setting, compile_text
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import BOOLEAN, DATE, DURATION, NUMBER, TEXT, Type
from flowkit.source.nodes import MappingNode, ScalarNode, SequenceNode

CUSTOMER = Type("record", members=lambda: {"kind": Type("text", options=("政府", "企业"))})
ELEVATOR = Type(
    "record", title="电梯", members=lambda: {"region": TEXT, "customer": CUSTOMER, "position": Type("location")}
)
LINE = Type("record", members=lambda: {"amount": NUMBER, "kind": Type("text", options=("工时", "配件"))})
FAULTS = ("困人", "冒烟", "异响", "门机故障")
NAMES = {
    "fault_type": Type("text", options=FAULTS, title="故障类型"),
    "faults": Type("list", item=Type("text", options=FAULTS)),
    "description": TEXT,
    "amount": NUMBER,
    "urgent": BOOLEAN,
    "day": DATE,
    "now": Type("datetime"),
    "elevator": ELEVATOR,
    "lines": Type("list", item=LINE),
    "media": Type("list"),
    "owner": Type("record"),
    "parts_request": Type("record", item=Type("record"), members=lambda: {"outcome": TEXT}),
    "anything": Type(),
}
SCOPE = Scope(NAMES)


def mistakes(text, expects=None):
    found = compile_all(text, SCOPE, expects)
    return [] if isinstance(found, Expression) else [(text[e.offset : e.end], e.code, e.message, e.help) for e in found]


@pytest.mark.parametrize(
    ("text", "at", "code", "help"),
    [
        ("falt_type == '困人'", "falt_type", "unknown-name", 'did you mean "fault_type"?'),
        ("1 + elevator.custmer.kind == 2", "custmer", "unknown-name", 'did you mean "customer"?'),
        ("distnace(elevator.position, null)", "distnace", "unknown-function", 'did you mean "distance"?'),
        ("fault_type == '困入'", "'困入'", "unknown-option", 'did you mean "困人"?'),
        ("fault_type <> '困入'", "'困入'", "unknown-option", 'did you mean "困人"?'),
        ("'困入' == fault_type", "'困入'", "unknown-option", 'did you mean "困人"?'),
        ("fault_type in ['冒烟', '异向']", "'异向'", "unknown-option", 'did you mean "异响"?'),
        ("'困入' in faults", "'困入'", "unknown-option", 'did you mean "困人"?'),
        ("elevator.customer.kind == '政 府'", "'政 府'", "unknown-option", 'did you mean "政府"?'),
        ("count(lines, row.kind == '工时费') > 1", "'工时费'", "unknown-option", 'did you mean "工时"?'),
        ("sum(lines, row.amuont)", "amuont", "unknown-name", 'did you mean "amount"?'),
        ("amount > description", "amount > description", "type-mismatch", "write number(description)"),
        ("elevator.region == amount", "elevator.region", "type-mismatch", "write number(elevator.region)"),
        ("amount > 'a'", "amount > 'a'", "type-mismatch", ""),
        ("amount == '5'", "'5'", "type-mismatch", "write 5 without quotes"),
        ("amount in ['5']", "'5'", "type-mismatch", "write 5 without quotes"),
        ("fault_type > '困人'", "fault_type", "type-mismatch", "write fault_type in ['...', '...']"),
        ("media > 0", "media", "type-mismatch", "write media.count"),
        ("lines == 'x'", "'x'", "type-mismatch", "write x in list"),
        ("'水' in description", "description", "type-mismatch", "a text is searched with contains(text, part)"),
        ("contains(faults, '困人')", "faults", "type-mismatch", "write x in list"),
        ("amount + '元'", "amount + '元'", "type-mismatch", "write concat(a, b)"),
        ("urgent and description", "description", "type-mismatch", "write not empty(...)"),
        ("not amount", "amount", "type-mismatch", "compare it with something"),
        ("day == '2027-02-30'", "'2027-02-30'", "type-mismatch", ""),
        ("day < now", "day < now", "type-mismatch", "write date(moment), or compare with now"),
        ("now > '2027-02-06 09:00'", "'2027-02-06 09:00'", "type-mismatch", ""),
        (
            "lines.amount",
            "amount",
            "unknown-name",
            "a list is read with sum(list, row.x), find(list, condition) or .count",
        ),
        ("description.size", "size", "unknown-name", "known here: count"),
        ("sum(lines)", "lines", "type-mismatch", "say what to add: sum(lines, row.amount)"),
        (
            "sum(lines, row.kind == '工时')",
            "row.kind == '工时'",
            "type-mismatch",
            "a condition comes third; count(list, condition) counts",
        ),
        ("count(lines, row.amount)", "row.amount", "type-mismatch", "compare it with something"),
        ("count(amount)", "amount", "type-mismatch", ""),
        ("matches(description, fault_type)", "fault_type", "type-mismatch", "write matches(..., '...')"),
        ("matches(description, '(a')", "'(a'", "bad-expression", ""),
        ("round(1, 2, 3)", "round(1, 2, 3)", "bad-expression", "rounded half up, as in Excel"),
        ("now()", "now", "unknown-function", "now is a name: write it without ( )"),
        ("if(urgent, 1, 2)", "if", "unknown-function", "write condition ? a : b"),
        ("amount ?? 'x'", "amount ?? 'x'", "type-mismatch", ""),
        (
            "amount ?? 0 > 3",
            "amount ?? 0 > 3",
            "type-mismatch",
            "?? binds looser than a comparison: write (a ?? b) > c",
        ),
        ("-description", "description", "type-mismatch", ""),
        ("distance", "distance", "unknown-name", "distance is a function: distance(a, b)"),
        ("True", "True", "unknown-name", "write true"),
        ("1 / 0", "1 / 0", "type-mismatch", ""),
        ("amount = 5", "=", "bad-expression", "write == to compare"),
        ("amount ≥ 5", "≥", "bad-expression", "write >="),
        ("amount ＝ 5", "＝", "bad-expression", "write == to compare"),
        ("urgent && urgent", "&", "bad-expression", "write and"),
        ("urgent | urgent", "|", "bad-expression", "write or"),
        ("!urgent", "!", "bad-expression", "write not"),
        ("fault_type 困人", "困人", "bad-expression", "an operator such as and, == or , is missing before it"),
        ("urgent 且 urgent", "且", "bad-expression", "write and"),
        ("urgent 或 urgent", "或", "bad-expression", "write or"),
        ("fault_type == 困人", "困人", "unknown-name", "write '困人'"),
        ("困人 != fault_type", "困人", "unknown-name", "write '困人'"),
        ("1 < amount < 3", "<", "bad-expression", "join two comparisons with and"),
        ("fault_type == '困人", "'", "bad-expression", "close the text with the same quotation mark"),
        ("(amount", "", "bad-expression", ""),
        ("amount +", "", "bad-expression", ""),
        ("   ", "   ", "bad-expression", ""),
        ("lines[0]", "[", "bad-expression", "a list is searched with find(list, condition)"),
        ("lines.count(urgent)", "(", "bad-expression", "write count(x, ...)"),
        ("['a'、 'b']", "、", "bad-expression", "write , between the items of a list"),
    ],
)
def test_a_mistake_is_told_at_its_place(text, at, code, help):
    """Each mistake is reported once, at the characters it is about, with a way out."""
    (found,) = mistakes(text)
    assert found[:2] == (at, code)
    assert found[3] == help or (not help and "write" not in found[3])


@pytest.mark.parametrize(
    "text",
    [
        "fault_type == '困人' and elevator.customer.kind == '政府'",
        "fault_type in ['困人', '冒烟'] or '异响' in faults",
        "fault_type == null",
        "anything == 5 and anything == 'a' and anything > 3",
        "owner == 'employee:zhang' and owner.whatever.deep == 3",
        "parts_request.outcome == 'done' and count(parts_request, row.outcome == 'done') > 0",
        "day <= '2027-02-06' and now - 2h > now - 1d",
        "media.count > 0 and not empty(description)",
        "min(amount, 3) + max(lines, row.amount) > 0",
        "distance(elevator.position, elevator.position) <= 200",
        "elevator.position.latitude > 30",
        "urgent ? day : null",
        "days_since(day) > 3 and hour(now) < 9",
    ],
)
def test_right_expressions_pass(text):
    """What is right is not complained of."""
    assert mistakes(text) == []


def test_all_mistakes_are_told_at_once():
    """One reading reports every mistake of an expression, in the order of their places."""
    assert [m[0] for m in mistakes("falt == 1 and fault_type == '困入' and foo(bar)")] == [
        "falt",
        "'困入'",
        "foo",
        "bar",
    ]


@pytest.mark.parametrize(
    ("text", "expects", "wrong"),
    [
        ("amount", NUMBER, False),
        ("description", NUMBER, True),
        ("amount > 3", BOOLEAN, False),
        ("amount", BOOLEAN, True),
        ("2h", DURATION, False),
        ("urgent ? 5m : 15m", DURATION, False),
        ("5", DURATION, True),
        ("anything", DURATION, False),
        ("'困入'", NAMES["fault_type"], True),
        ("'困人'", NAMES["fault_type"], False),
        ("null", NUMBER, False),
    ],
)
def test_the_place_expects_a_kind(text, expects, wrong):
    """An expression of another kind than its place wants is a mistake."""
    assert bool(mistakes(text, expects)) is wrong


def test_an_unknown_name_passes_in_an_open_scope():
    """An open scope lets unknown names pass, but not unknown attributes of known ones."""
    scope = Scope(NAMES, open=True)
    assert compile_text("whatever.deep > 3", scope).reads == {("whatever", "deep")}
    with pytest.raises(ExpressionError, match='no "regin"'):
        compile_text("elevator.regin", scope)


def test_inner_names_come_first():
    """A child scope hides the outer names of the same spelling and keeps the others."""
    child = SCOPE.child({"amount": TEXT})
    assert child.lookup("amount") == TEXT
    assert child.lookup("day") == DATE
    assert child.known()[:1] == ("amount",)
    assert set(child.known()) == set(NAMES)


def scalar(typed, value=None, line=3, column=9, quoted=False):
    place = Place("a.yaml", line, column, line, column + len(typed))
    return ScalarNode(typed if value is None else value, typed, place, quoted)


def test_places_in_the_file_are_exact():
    """A mistake in an expression or a setting points at its own characters in the file."""
    findings = Findings()
    assert compile_expression(scalar("falt_type == '困人'"), SCOPE, findings) is None
    assert compile_setting(scalar("=amount > description"), SCOPE, findings) is None
    first, second = findings
    assert (first.place.line, first.place.column, first.place.end_column) == (3, 9, 18)
    assert (second.place.column, second.place.end_column) == (10, 30)


@pytest.mark.parametrize(
    ("node", "expects", "expected"),
    [
        (scalar("=amount + 1"), NUMBER, 6),
        (scalar("5", 5), NUMBER, 5),
        (scalar("1.50"), None, "1.50"),
        (scalar("true", value=True), BOOLEAN, True),
        (scalar("2h"), DURATION, timedelta(hours=2)),
        (scalar("red"), TEXT, "red"),
        (scalar("困人"), NAMES["fault_type"], "困人"),
        (SequenceNode((scalar("a"), scalar("=amount")), Place("a")), None, ["a", 5]),
        (MappingNode({"x": scalar("=amount"), "y": scalar("b")}, {}, Place("a")), None, {"x": 5, "y": "b"}),
    ],
)
def test_settings(node, expects, expected):
    """A setting is a constant of the wanted kind, or an expression after =; lists and mappings hold both."""
    findings = Findings()
    if isinstance(node, MappingNode):
        node = MappingNode(node.entries, dict.fromkeys(node.entries, node.place), node.place)
    found = compile_setting(node, SCOPE, findings, expects)
    assert not len(findings)
    assert found is not None
    assert found.evaluate({"amount": 5}) == expected


@pytest.mark.parametrize(
    ("node", "expects", "code"),
    [
        (scalar("2 hour"), DURATION, "type-mismatch"),
        (scalar("x"), NUMBER, "type-mismatch"),
        (scalar("yes"), BOOLEAN, "type-mismatch"),
        (scalar("困入"), NAMES["fault_type"], "unknown-option"),
        (SequenceNode((scalar("=falt"),), Place("a")), None, "unknown-name"),
    ],
)
def test_wrong_constants(node, expects, code):
    """A constant that is not of the wanted kind is answered at its place."""
    findings = Findings()
    assert compile_setting(node, SCOPE, findings, expects) is None
    assert [f.code for f in findings] == [code]


def test_an_expression_must_be_a_scalar():
    """A list where an expression belongs is answered with the advice to quote."""
    findings = Findings()
    assert compile_expression(SequenceNode((), Place("a")), SCOPE, findings) is None
    assert [f.code for f in findings] == ["bad-expression"]
