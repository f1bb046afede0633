"""Ticket files, whole and broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit.testing.tickets import TicketsError, read_rows


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "tickets.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_cells_come_by_column_as_typed_and_empty_ones_are_none(tmp_path: Path) -> None:
    """A cell keeps its text, leading zeros too; an empty one is None; the line is where the row begins."""
    rows = read_rows(written(tmp_path, "电梯,电话\nE1,0012\n\nE2,\n"))
    assert [(r.line, r.cells, r.problem) for r in rows] == [
        (2, {"电梯": "E1", "电话": "0012"}, None),
        (4, {"电梯": "E2", "电话": None}, None),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_saved_by_excel_is_read(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without a mark and GB18030 give the same rows."""
    assert read_rows(written(tmp_path, "故障\r\n困人\r\n", encoding))[0].cells == {"故障": "困人"}


def test_a_ragged_row_is_a_row_with_a_problem(tmp_path: Path) -> None:
    """A row with too few or too many cells is counted and says so; the rows around it are whole."""
    rows = read_rows(written(tmp_path, "a,b\n1\n1,2,3\n1,2\n"))
    assert [r.problem.code if r.problem else None for r in rows] == ["ragged-row", "ragged-row", None]
    assert rows[0].problem is not None
    assert rows[0].problem.message == "这一行有 1 格, 表头有 2 格"


def test_a_row_that_cannot_be_read_does_not_end_the_file(tmp_path: Path) -> None:
    """A cell beyond the reader's limit is a refused row, and the next row is read."""
    rows = read_rows(written(tmp_path, f"a\n{'x' * 200_000}\ny\n"))
    assert [r.problem.code if r.problem else None for r in rows] == ["unreadable-row", None]
    assert rows[1].cells == {"a": "y"}


@pytest.mark.parametrize(("text", "words"), [("", "no header"), ("a,b,a\n1,2,3\n", '"a" stands twice')])
def test_a_file_without_a_usable_header_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """No header, or two columns of one name: there is nothing to map, and the file is named."""
    with pytest.raises(TicketsError, match=words):
        read_rows(written(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A missing file is our own error, with the path."""
    with pytest.raises(TicketsError, match=r"none\.csv"):
        read_rows(tmp_path / "none.csv")
