"""Several values: lists of one type, and rows of named cells. The types of items and cells come in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowkit.values.contract import Settings, ValueProblem, ValueType, absent, misfit, shown
from flowkit.values.texts import CHOICE, TEXT

MOST_ITEMS = 1_000
_SEPARATOR = re.compile(r"[,\uff0c、;\uff1b|\n]")


def items_of(raw: object) -> list[object]:
    """The items as typed: a list as it is, or a text cut at commas and semicolons of either width, at `、` and `|`."""
    if isinstance(raw, str):
        if len(raw) > 100_000:
            raise ValueProblem("too-long", "内容过长")
        items: list[object] = [part.strip() for part in _SEPARATOR.split(raw)]
    elif isinstance(raw, (list, tuple, set, frozenset)):
        items = list(raw)
    else:
        items = [raw]
    items = [item for item in items if not absent(item)]
    if len(items) > MOST_ITEMS:
        raise ValueProblem("too-many", f"最多 {MOST_ITEMS} 项,收到 {len(items)} 项")
    return items


@dataclass(frozen=True, slots=True)
class ListType:
    """A list of values of one type; with `distinct`, each at most once, in the order typed."""

    name: str
    item: ValueType
    distinct: bool = False
    kind: str = "list"

    def read(self, raw: object, settings: Settings) -> list[Any] | None:
        if absent(raw):
            return None
        if isinstance(raw, Mapping):
            raise misfit("一个列表", raw)
        values = []
        for number, item in enumerate(items_of(raw), 1):
            try:
                value = self.item.read(item, settings)
            except ValueProblem as problem:
                raise ValueProblem(problem.code, f"第 {number} 项:{problem.message}") from None
            if not (self.distinct and value in values):
                values.append(value)
        return values or None

    def store(self, value: Any) -> Any:
        return None if value is None else [self.item.store(v) for v in value]

    def load(self, stored: Any) -> Any:
        return None if stored is None else [self.item.load(v) for v in stored]


def rows_of(raw: object) -> list[Mapping[str, object]]:
    """The rows as typed: a list of mappings with text keys. Raises `ValueProblem`."""
    if isinstance(raw, Mapping):
        raw = [raw]
    if not isinstance(raw, (list, tuple)):
        raise misfit("若干行", raw)
    if len(raw) > MOST_ITEMS:
        raise ValueProblem("too-many", f"最多 {MOST_ITEMS} 行,收到 {len(raw)} 行")
    for number, row in enumerate(raw, 1):
        if not isinstance(row, Mapping) or not all(isinstance(k, str) for k in row):
            raise misfit(f"一行数据(第 {number} 行)", row)
    return list(raw)


@dataclass(frozen=True, slots=True)
class RowsType:
    """Rows of named cells. A cell whose column is not described is text; where `columns` are, no other may be given."""

    columns: Mapping[str, ValueType] = field(default_factory=dict)
    name: str = "rows"
    kind: str = "list"

    def read(self, raw: object, settings: Settings) -> list[dict[str, Any]] | None:
        if absent(raw):
            return None
        return [self._row(number, row, settings) for number, row in enumerate(rows_of(raw), 1)] or None

    def _row(self, number: int, row: Mapping[str, object], settings: Settings) -> dict[str, Any]:
        values = {}
        for name, cell in row.items():
            if self.columns and name not in self.columns:
                raise ValueProblem("unknown-field", f"第 {number} 行没有{shown(name)}这一列")
            try:
                value = self.columns.get(name, TEXT).read(cell, settings)
            except ValueProblem as problem:
                raise ValueProblem(problem.code, f"第 {number} 行 {shown(name)}:{problem.message}") from None
            if value is not None:
                values[name] = value
        return values

    def store(self, value: Any) -> Any:
        if value is None:
            return None
        return [{n: self.columns.get(n, TEXT).store(v) for n, v in row.items()} for row in value]

    def load(self, stored: Any) -> Any:
        if stored is None:
            return None
        return [{n: self.columns.get(n, TEXT).load(v) for n, v in row.items()} for row in stored]


CHOICES = ListType("choices", CHOICE, distinct=True)
LIST = ListType("list", TEXT)
ROWS = RowsType()
