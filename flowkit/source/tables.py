"""CSV text as rows of cells that know their places. Knows nothing of columns but that each has a name of its own.

Splitting is done here rather than by the csv module, which does not tell where a cell stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flowkit.diagnostics import Findings, Place, Related, shown
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode

_PLAIN = re.compile(r"[^,\n]*")
_QUOTED = re.compile(r'"(?:[^"]|"")*+"')
_NOT_TEXT = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_MOST_CHARACTERS = 20_000_000
_MOST_CELLS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    written: str
    place: Place

    @property
    def empty(self) -> bool:
        return not self.text.strip()

    def node(self) -> ScalarNode:
        written = "" if self.written == self.text else self.written
        return ScalarNode(self.text, self.text, self.place, True, written, "cell")


def read_csv(text: str, file: str, findings: Findings) -> SequenceNode:
    """The rows as maps from column to cell, every cell a quoted text; an empty cell is a key that is missing.

    The first line names the columns. Reports columns named twice or not at all, rows of another width, quotes that do
    not close; lines without any content are passed over. A table that cannot be read gives no rows.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not _within_limits(text, file, findings):
        return SequenceNode((), Place(file))
    lines = _lines(text, file, findings)
    header = next((line for line in lines if not all(cell.empty for cell in line)), None)
    if header is None:
        findings.error("empty-table", Place(file), "the table is empty", "its first line names the columns")
        return SequenceNode((), Place(file))
    if _other_separator(header, findings):
        return SequenceNode((), Place(file))
    columns = _columns(header, findings)
    rows: list[Node] = []
    end = header[-1].place
    for line in lines:
        if all(cell.empty for cell in line):
            continue
        end = line[-1].place
        rows.append(_row(line, header, columns, findings))
    return SequenceNode(tuple(rows), Place(file, 1, 1, end.end_line, end.end_column))


def _within_limits(text: str, file: str, findings: Findings) -> bool:
    if len(text) > _MOST_CHARACTERS or text.count(",") + text.count("\n") > _MOST_CELLS:
        most = f"{_MOST_CHARACTERS} characters and {_MOST_CELLS} cells"
        findings.error("too-large", Place(file), f"the table is larger than {most}", "split it into several files")
        return False
    bad = _NOT_TEXT.search(text)
    if bad:
        line, column = text.count("\n", 0, bad.start()) + 1, bad.start() - text.rfind("\n", 0, bad.start())
        message = f"the character U+{ord(bad.group()):04X} cannot stand in a text"
        findings.error(
            "bad-character", Place(file, line, column, line, column + 1), message, "save the table as CSV UTF-8"
        )
        return False
    return True


def _lines(text: str, file: str, findings: Findings) -> Iterator[list[_Cell]]:
    """The cells of each line; a quoted cell may go over several."""
    at, line, begin = 0, 1, 0
    while at < len(text):
        cells: list[_Cell] = []
        while True:
            end, value = _cell(text, at, Place(file, line, at - begin + 1, line, at - begin + 2), findings)
            written = text[at:end]
            column, breaks = at - begin + 1, written.count("\n")
            if breaks:
                begin = at + written.rindex("\n") + 1
            cells.append(_Cell(value, written, Place(file, line, column, line + breaks, end - begin + 1)))
            line += breaks
            at = end + 1
            if text[end : end + 1] != ",":
                break
        line, begin = line + 1, at
        yield cells


def _cell(text: str, at: int, place: Place, findings: Findings) -> tuple[int, str]:
    """Where the cell that begins at `at` ends, and its text."""
    if text[at : at + 1] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            findings.error(
                "unclosed", place, "this quote is never closed", 'write " where the cell ends, "" for a quote within'
            )
        elif text[quoted.end() : quoted.end() + 1] in (",", "\n", ""):
            return quoted.end(), quoted.group()[1:-1].replace('""', '"')
        else:
            findings.error(
                "bad-cell", place, "something follows the closing quote of this cell", 'write "" for a quote within'
            )
    plain = _PLAIN.match(text, at)
    assert plain is not None
    return plain.end(), plain.group()


def _other_separator(header: list[_Cell], findings: Findings) -> bool:
    """Whether the columns are separated by something else: then nothing can be said of any row."""
    sign = next((s for s in ";\t，" if s in header[0].text), None) if len(header) == 1 else None
    if sign is None:
        return False
    name = "a tab" if sign == "\t" else sign
    advice = "save the table as CSV UTF-8 with commas"
    findings.error("bad-separator", header[0].place, f"the columns are separated by {name}, expected a comma", advice)
    return True


def _columns(header: list[_Cell], findings: Findings) -> list[str]:
    """The names of the columns; "" for those that cannot be used."""
    columns: list[str] = []
    first: dict[str, Place] = {}
    for cell in header:
        name = cell.text.strip()
        if name in first:
            related = [Related(first[name], f"{shown(name)} stands here first")]
            findings.error(
                "duplicate-column", cell.place, f"{shown(name)} names a second column", "rename one of them", related
            )
            name = ""
        elif name:
            first[name] = cell.place
        columns.append(name)
    return columns


def _row(line: list[_Cell], header: list[_Cell], columns: list[str], findings: Findings) -> MappingNode:
    start, end = line[0].place, line[-1].place
    place = Place(start.file, start.line, start.column, end.end_line, end.end_column)
    entries: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    for name, cell, head in zip(columns, line, header, strict=False):
        if cell.empty:
            continue
        if name:
            entries[name], keys[name] = cell.node(), head.place
        elif head.empty:
            findings.error(
                "unnamed-column", cell.place, "this cell stands in a column without a name", "name it in the first line"
            )
    extra = [cell for cell in line[len(columns) :] if not cell.empty]
    if extra:
        message = f"the row has {len(line)} cells, the first line names {len(columns)} columns"
        findings.error("ragged-row", extra[0].place, message, "put a cell that holds a comma in double quotes")
    elif len(line) < len(columns):
        message = f"the row has {len(line)} cells, the first line names {len(columns)} columns"
        findings.error("ragged-row", place, message, "write a comma for each cell that is empty")
    return MappingNode(entries, keys, place, len(line) >= len(columns))
