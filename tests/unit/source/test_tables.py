"""CSV is read as the csv module reads it, with the place of every cell."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings, Place
from flowkit.source.nodes import MappingNode, ScalarNode, SequenceNode
from flowkit.source.tables import read_csv

CELLS = st.text("ab困人 ,\"'\n;0.=+", max_size=8)


def table(text: str) -> tuple[SequenceNode, list[tuple[str, int, int]]]:
    findings = Findings()
    node = read_csv(text, "a.csv", findings)
    return node, [(d.code, d.place.line, d.place.column) for d in findings]


def row(node: SequenceNode, number: int = 0) -> MappingNode:
    found = node.items[number]
    assert isinstance(found, MappingNode)
    return found


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]], end: str, mark: bool) -> None:
    """Quotes, commas and line breaks in cells survive; empty cells are keys that are missing, empty rows are passed over."""
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows([["一", "b", "c"], *rows])
    node, said = table("\ufeff" * mark + out.getvalue())
    assert said == []
    full = [dict(zip(("一", "b", "c"), cells, strict=True)) for cells in rows]
    kept = [{k: v for k, v in cells.items() if v.strip()} for cells in full]
    assert node.as_typed() == [cells for cells in kept if cells]


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=4))
def test_each_character_of_a_cell_has_its_place(rows: list[list[str]]) -> None:
    """The place of a cell, and of each character in it, is where it stands in the file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["a", "b"], *rows])
    lines = out.getvalue().split("\n")
    for mapping in table(out.getvalue())[0]:
        assert isinstance(mapping, MappingNode)
        for name, key, cell in mapping.items():
            assert lines[0][key.column - 1 : key.end_column - 1] == name
            assert isinstance(cell, ScalarNode)
            for number, character in enumerate(cell.typed):
                place = cell.inner(number)
                assert (lines[place.line - 1] + "\n")[place.column - 1] == character


def test_cells_are_text_as_typed() -> None:
    """No cell is a number, a date or a boolean before its field has read it."""
    node, _ = table("a,b,c\n0012,1.10,true\n")
    assert node.plain() == [{"a": "0012", "b": "1.10", "c": "true"}]


def test_a_row_has_the_place_of_its_cells() -> None:
    """A row over two lines ends where its last cell ends."""
    node, _ = table('a,b\n1,"2\n3"\n')
    assert row(node).place == Place("a.csv", 2, 1, 3, 3)
    assert row(node).entries["b"].place == Place("a.csv", 2, 3, 3, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", [("empty-table", 1, 1)]),
        ("\n\n", [("empty-table", 1, 1)]),
        ("a,b\n", []),
        ("a,b\n,\n\n1,2\n", []),
        ("a, b ,a\n1,2,3\n", [("duplicate-column", 1, 7)]),
        ("a,,c\n1,2,3\n", [("unnamed-column", 2, 3)]),
        ("a,,c\n1,,3\n", []),
        ("a,b\n1,2,3\n", [("ragged-row", 2, 5)]),
        ("a,b\n1,2,,\n", []),
        ("a,b\n1\n", [("ragged-row", 2, 1)]),
        ('a,b\n1,"2\n', [("unclosed", 2, 3)]),
        ('a,b\n1,"2"3\n', [("bad-cell", 2, 3)]),
        ("a;b\n1;2\n", [("bad-separator", 1, 1)]),
        ("a\tb\n1\t2\n", [("bad-separator", 1, 1)]),
        ("a,b\n1,\x00\n", [("bad-character", 2, 3)]),
        ("a," * 1_000_001, [("too-large", 1, 1)]),
    ],
)
def test_what_is_wrong_with_a_table_is_said_where_it_stands(text: str, said: list[tuple[str, int, int]]) -> None:
    """Columns without or with the same name, rows of another width, stray quotes and other separators are reported."""
    assert table(text)[1] == said


@given(st.text('a,"\n\r; 困', max_size=40))
def test_no_text_raises(text: str) -> None:
    """Any text gives rows or diagnostics."""
    node, _ = table(text)
    assert isinstance(node, SequenceNode)


def test_a_bad_row_keeps_its_good_cells() -> None:
    """The other cells of a row that is too long, and the other rows, are read."""
    node, _ = table("a,b\n1,2,3\n4,5\n")
    assert node.plain() == [{"a": "1", "b": "2"}, {"a": "4", "b": "5"}]
