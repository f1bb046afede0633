"""A list of cases as a table for a spreadsheet. A cell that a spreadsheet would take for a formula is made a text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from flowkit.fields.definition import Field
from flowkit.insight.words import Words
from flowkit.runtime.lists import CaseRow

HEADINGS = ("工单", "流程", "环节", "单位", "负责人", "申请人", "开始", "期限", "结束", "结果")
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"What tells Excel that the file is UTF-8."

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def table(pages: Iterable[Sequence[CaseRow]], fields: Mapping[str, Field], words: Words) -> Iterator[bytes]:
    """CSV in UTF-8, a part for the headings and for each page: what every case has, then these fields by their titles."""
    yield MARK.encode() + _lines([[*HEADINGS, *(field.title for field in fields.values())]])
    for page in pages:
        yield _lines([_line(row, fields, words) for row in page])


def _line(row: CaseRow, fields: Mapping[str, Field], words: Words) -> list[str]:
    def clock(moment: datetime | None) -> str:
        return words.clock(moment) if moment is not None else ""

    values = (row.values.get(name) for name in fields)
    told = ["" if v in (None, "", [], {}) else words.value(v, f) for v, f in zip(values, fields.values(), strict=True)]
    people = ("、".join(row.owner), row.applicant)
    moments = (clock(row.created), clock(row.due), clock(row.ended))
    return [row.number, row.title, row.node_title, row.unit or "", *people, *moments, row.outcome, *told]


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def harmless(cell: str) -> str:
    """The cell as a text, whatever it begins with; a number stays one. NUL, which no CSV holds, is shown as a blank."""
    cell = cell.replace("\0", " ")
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell
