"""A table answers with its first row that fits; its cells are read by their columns' types, and misfits told at the cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings
from flowkit.rules.decision import Decision, link, parse
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.reading import read
from flowkit.values.types import Settings

SETTINGS = Settings(ZoneInfo("Asia/Shanghai"))
SCOPE = Scope(
    {
        "region": Type("text", options=("滨江", "萧山", "余杭")),
        "fault": Type("text"),
        "score": Type("number"),
        "vip": Type("boolean"),
        "waited": Type("duration"),
        "day": Type("date"),
        "skills": Type("list"),
        "limit": Type("number"),
    }
)
HEAD = """decision: response
columns: {region: region, fault: fault, score: score}
result: {crew: text, within: duration}
"""
RESPONSE = (
    HEAD
    + """rows:
  - {region: [滨江, 萧山], fault: 困人, score: ">= 7", crew: 应急一组, within: 30m}
  - {region: 滨江, fault: <> 困人, crew: 一组, within: 2h}
  - {region: "-", fault: any, score: , crew: 值班, within: 1d}
"""
)


def no_file(name: str) -> str:
    raise FileNotFoundError(2, "no such file", name)


def load(text: str, read_file: Callable[[str], str] = no_file, scope: Scope = SCOPE) -> tuple[Decision, Findings]:
    findings = Findings()
    document = read(text, "response.yaml", findings)[0]
    definition = parse(document.node, findings, "response")
    assert definition is not None
    return link(definition, scope, findings, SETTINGS, read_file), findings


def told(findings: Findings) -> list[tuple[str, int, int]]:
    return [(d.code, d.place.line, d.place.column) for d in findings]


@pytest.mark.parametrize(
    ("data", "row"),
    [
        ({"region": "萧山", "fault": "困人", "score": 7}, 1),
        ({"region": "萧山", "fault": "困人", "score": 6}, 3),
        ({"region": "滨江", "fault": "困人"}, 3),
        ({"region": "滨江", "fault": "异响"}, 2),
        ({"region": "滨江"}, 2),
        ({}, 3),
    ],
)
def test_the_first_row_that_fits_answers(data: dict[str, Any], row: int) -> None:
    """Lists are one of, conditions hold or not, empty cells hold for all, and ordering against empty does not hold."""
    decision, findings = load(RESPONSE)
    assert told(findings) == []
    assert decision.evaluate({"region": None, "fault": None, "score": None} | data).row == row


def test_results_are_read_by_their_types() -> None:
    """A duration comes out as a duration, and expressions are told the kind of each."""
    decision = load(RESPONSE)[0]
    result = decision.evaluate({"region": "滨江", "fault": "困人", "score": 9})
    assert result.values == {"crew": "应急一组", "within": timedelta(minutes=30)}
    members = decision.definition.result_type.attributes() or {}
    assert {name: t.kind for name, t in members.items()} == {"crew": "text", "within": "duration"}


def test_the_why_holds_what_was_asked_and_the_row_as_written() -> None:
    """Only columns that were needed were asked."""
    why = load(RESPONSE)[0].evaluate({"region": "余杭", "fault": "困人", "score": 9}).why
    assert (why.columns, why.cells) == ({"region": "余杭"}, {})
    why = load(RESPONSE)[0].evaluate({"region": "滨江", "fault": "困人", "score": 9}).why
    assert why.columns == {"region": "滨江", "fault": "困人", "score": 9}
    assert why.cells == {"region": "滨江|萧山", "fault": "困人", "score": ">= 7"}


def test_no_row_fits() -> None:
    """Without a row that holds for the rest there is no answer, rather than a wrong one."""
    result = load(HEAD + "rows: [{region: 滨江, crew: x}]\n")[0].evaluate({"region": "余杭"})
    assert (result.values, result.row) == (None, None)


def test_rows_in_a_file_are_the_rows() -> None:
    """A .csv says the same in the same words: `|` separates one-of, an empty cell holds for all."""
    table = "region,fault,score,crew,within\n滨江|萧山,困人,>= 7,应急一组,30m\n滨江,<> 困人,,一组,2h\n-,any,,值班,1d\n"
    decision, findings = load(HEAD + "rows: response.csv\n", {"response.csv": table}.__getitem__)
    assert told(findings) == []
    for data in ({"region": "萧山", "fault": "困人", "score": 8}, {"region": "滨江", "fault": "x"}, {"region": "余杭"}):
        full = {"region": None, "fault": None, "score": None} | data
        assert decision.evaluate(full) == load(RESPONSE)[0].evaluate(full)


@pytest.mark.parametrize(
    ("column", "cell", "value", "holds"),
    [
        ("score", "7", 7, True),
        ("score", "7|9", 9, True),
        ("score", ">= 7 and < 10", 10, False),
        ("score", ">= 7 and < 10", 9, True),
        ("score", "< 3 | > 9", 12, True),
        ("score", ">= limit", 5, True),
        ("score", "＞＝ 7", 7, True),
        ("score", "≥ 7", 7, True),
        ("score", "!= 7", 7, False),
        ("score", "<> 7", None, True),
        ("vip", "true", True, True),
        ("vip", "否", False, True),
        ("vip", "<> true", None, True),
        ("waited", "> 2h", timedelta(hours=3), True),
        ("waited", "30m", timedelta(minutes=30), True),
        ("fault", "'-'", "-", True),
        ("fault", "'any'", "x", False),
        ("fault", "'a|b'", "a|b", True),
        ("fault", "== 困人", "困人", True),
        ("fault", "-", None, True),
        ("fault", "滨江|", "x", False),
    ],
)
def test_what_a_cell_holds_for(column: str, cell: str, value: Any, holds: bool) -> None:
    """Each way of writing a cell, with a value that tells it from its neighbours."""
    quoted = cell.replace("'", "''")
    decision, findings = load(
        f"decision: d\ncolumns: {{it: {column}}}\nresult: {{out: text}}\nrows: [{{it: '{quoted}', out: x}}]\n"
    )
    assert told(findings) == []
    assert (decision.evaluate({column: value, "limit": 5}).row == 1) is holds


def test_misfits_are_told_at_the_cells_place() -> None:
    """A misspelt option in a list, a number that is none, a lone `=`, an unknown column: each at its own characters."""
    text = """decision: d
columns: {region: region, score: score, late: waited}
result: {crew: text, within: duration}
rows:
  - {region: [滨江, 肖山], crew: x}
  - {score: seven, crew: x}
  - {score: "= 7", crew: x}
  - {late: ">", within: soon}
  - {regin: 滨江, crew: x}
  - {region: 滨江|余杭x, crew: x}
"""
    findings = load(text)[1]
    assert told(findings) == [
        ("unknown-option", 5, 19),
        ("type-mismatch", 6, 13),
        ("bad-condition", 7, 14),
        ("bad-condition", 8, 12),
        ("type-mismatch", 8, 25),
        ("unknown-key", 9, 6),
        ("unknown-option", 10, 17),
    ]
    helps = [d.help for d in findings]
    assert helps[0] == 'did you mean "萧山"?'
    assert helps[2] == "write == to compare"
    assert helps[5] == 'did you mean "region"?'


def test_misfits_in_a_file_are_told_in_the_file() -> None:
    """The place of a cell in a .csv is its line there."""
    table = "region,crew\n滨江,a\n肖山,b\n"
    findings = load(HEAD + "rows: response.csv\n", {"response.csv": table}.__getitem__)[1]
    assert [(d.code, d.place.file, d.place.line) for d in findings] == [("unknown-option", "response.csv", 3)]


def test_a_row_behind_one_that_holds_for_all_it_could_is_warned_of() -> None:
    """Equal rows, rows behind a catch-all, and rows behind one that asks less."""
    text = (
        HEAD
        + """rows:
  - {region: [滨江, 萧山], fault: 困人, crew: a}
  - {region: 萧山|滨江, fault: == 困人, crew: b}
  - {region: 余杭, crew: c}
  - {region: 余杭, score: "> 3", crew: d}
  - {crew: e}
  - {fault: 异响, crew: f}
"""
    )
    found = [(d.code, d.place.line, d.related[0].place.line) for d in load(text)[1]]
    assert found == [("unreachable-row", 6, 5), ("unreachable-row", 8, 7), ("unreachable-row", 10, 9)]


def test_what_this_version_does_not_know_is_said_so() -> None:
    """Other hits and workbooks are answered, not taken for something else."""
    found = [(d.code, d.message) for d in load(HEAD + "hit: collect\nrows: response.xlsx\n")[1]]
    assert [code for code, _ in found] == ["unknown-hit", "unknown-file-type"]
    assert "does not know hit: collect yet" in found[0][1]
    assert [d.help for d in load(HEAD + "hit: frist\nrows: []\n")[1]] == ['did you mean "first"?']


def test_columns_that_cannot_be_compared_and_types_that_are_none_are_refused() -> None:
    """A list has no cell it could equal; a result needs a type there is; a name is asked or answered, not both."""
    text = "decision: d\ncolumns: {a: skills, b: score}\nresult: {b: text, c: txt}\nrows: missing.csv\n"
    assert [d.code for d in load(text)[1]] == ["type-mismatch", "duplicate-name", "unknown-type", "missing-file"]


def test_a_result_may_be_computed() -> None:
    """Behind `=` stands an expression of the case's names."""
    decision = load("decision: d\ncolumns: {s: score}\nresult: {n: number}\nrows: [{s: '> 1', n: =score * 2}]\n")[0]
    assert decision.evaluate({"score": 4}).values == {"n": 8}


cells = st.sampled_from(["", "-", "any", "1", "2|3", ">= 2", "< 2", "<> 1", ">= 1 and < 3", "[1, 3]"])
MEANING: dict[str, Callable[[int | None], bool]] = {
    "": lambda v: True,
    "-": lambda v: True,
    "any": lambda v: True,
    "1": lambda v: v == 1,
    "2|3": lambda v: v in {2, 3},
    ">= 2": lambda v: v is not None and v >= 2,
    "< 2": lambda v: v is not None and v < 2,
    "<> 1": lambda v: v != 1,
    ">= 1 and < 3": lambda v: v is not None and 1 <= v < 3,
    "[1, 3]": lambda v: v in {1, 3},
}


@given(
    st.lists(st.tuples(cells, cells), min_size=1, max_size=6),
    st.tuples(*[st.one_of(st.none(), st.integers(0, 4))] * 2),
)
def test_the_answer_is_that_of_a_plain_reading(table: list[tuple[str, str]], values: tuple[Any, Any]) -> None:
    """The row is the first for which all its cells hold, taken one by one; and what is warned of is never reached."""

    def cell(text: str) -> str:
        return text if text.startswith("[") else f"'{text}'"

    rows = "".join(f"  - {{a: {cell(a)}, b: {cell(b)}, n: {i}}}\n" for i, (a, b) in enumerate(table, 1))
    decision, findings = load(f"decision: d\ncolumns: {{a: score, b: limit}}\nresult: {{n: number}}\nrows:\n{rows}")
    expected = next(
        (i for i, row in enumerate(table, 1) if all(MEANING[c](v) for c, v in zip(row, values, strict=True))), None
    )
    result = decision.evaluate({"score": values[0], "limit": values[1]})
    assert result.row == expected
    assert result.values == (None if expected is None else {"n": expected})
    unreachable = {d.place.line - 4 for d in findings}
    assert result.row not in unreachable
