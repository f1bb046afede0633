"""A mapping: which field fills which. It only maps; it triggers nothing.

One mapping serves two uses. Under `with:` it fills the fields of a case or call from what is at hand. For rows of a file
of tickets (`flowkit try`) it also says when a row happened (`at`), when it was over (`closed`), who began it (`by`), by
what it is told from others (`key`), and which records come along with it (`records`).

There, expressions see `row`: each column of the file by its name, `row.故障类型`, its cell as the text that stands there,
empty where nothing does. In a name that is not one word, every other character counts as `_`, and a leading digit gets
one: `Out of Service` is `row.Out_of_Service`, `2nd call` is `row._2nd_call`. Of two columns that become one name, the
first counts.

Knows no form and no workflow: what a row fills is judged where it is submitted, by the same rules as on every way in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from flowkit.diagnostics import Findings, Place
from flowkit.errors import EvaluationError, Problem
from flowkit.rules.evidence import Names
from flowkit.rules.language.expression import Expression, compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.keys import Key, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.values.types import VALUE_TYPES, Settings, ValueProblem

KEYS = (
    Key("title", "words", "what people see instead of the name", example="工单转维修单"),
    Key(
        "fields",
        "mapping",
        "each field with a constant or an expression",
        required=True,
        example="{fault_type: =row.故障类型, impact: 单梯}",
    ),
    Key("back", "mapping", "what fills the case again when the child has ended", example="{parts_cost: =parts_cost}"),
    Key("workflow", "name", "the workflow that each row of a file begins", example="repair_order"),
    Key("at", "setting", "when the row happened", example="=row.reported_at"),
    Key("closed", "setting", "when it was over", example="=row.finished_at"),
    Key("by", "setting", "who began it, as ENTITY:KEY", example="customer:gov"),
    Key("key", "setting", "what tells one row from another; an equal one is a duplicate", example="=row.ticket_no"),
    Key(
        "records",
        "mapping",
        "records that come along: for each entity its key and fields",
        example="{elevator: {key: =row.elevator, building: =row.building}}",
    ),
)

ROW_SCOPE = Scope({"row": Type("record", optional=False)})
"""What the expressions of a mapping of rows see: `row`, with whatever columns there may be."""

_MEANT = re.compile(r"(?:(?P<before>[^='\s]+)=\s*)?(?P<rest>row\.[^\W\d]\w*)")
"""`row.x` without a `=` in front, or with one in the middle of a text."""
_NOT_A_WORD = re.compile(r"\W")


@dataclass(frozen=True, slots=True)
class RecordDefinition:
    entity: str
    key: Node | None
    fields: Mapping[str, Node]
    place: Place


@dataclass(frozen=True, slots=True)
class MappingDefinition:
    """A mapping as written. `workflow` and the entities of `records` for the caller to resolve; `back` for its scope."""

    name: str
    title: str
    fields: Mapping[str, Node]
    places: Mapping[str, Place]
    back: MappingNode | None
    workflow: ScalarNode | None
    at: Node | None
    closed: Node | None
    by: Node | None
    key: Node | None
    records: tuple[RecordDefinition, ...]
    place: Place

    @property
    def of_rows(self) -> bool:
        """Whether it says something that only rows of a file have."""
        return bool(self.records) or any((self.workflow, self.at, self.closed, self.by, self.key))


@dataclass(frozen=True, slots=True)
class MappedRecord:
    """A record that a row brings along; `fields` as typed, for its entity to read."""

    entity: str
    key: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MappedRow:
    """What a row says. `fields` as typed, without the empty ones; `problems` tells what could not be made of it."""

    fields: Mapping[str, Any]
    at: datetime | None
    closed: datetime | None
    by: str | None
    key: str | None
    records: tuple[MappedRecord, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class LinkedRecord:
    entity: str
    key: Expression
    fields: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class LinkedMapping:
    """A mapping ready to fill. Pure."""

    definition: MappingDefinition
    fields: Mapping[str, Expression] = field(repr=False)
    at: Expression | None = field(repr=False)
    closed: Expression | None = field(repr=False)
    by: Expression | None = field(repr=False)
    key: Expression | None = field(repr=False)
    records: tuple[LinkedRecord, ...] = field(repr=False)

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """Every path that its fields read."""
        return frozenset().union(*(e.reads for e in self.fields.values()))

    @property
    def columns(self) -> frozenset[str]:
        """The names of columns, as expressions reach them, that a row must have for this mapping to say what it says."""
        single = (self.at, self.closed, self.by, self.key)
        records = [e for record in self.records for e in (record.key, *record.fields.values())]
        every = [*self.fields.values(), *(e for e in single if e is not None), *records]
        return frozenset(path[1] for e in every for path in e.reads if path[0] == "row" and len(path) > 1)

    def fill(self, names: Names) -> dict[str, Any]:
        """The fields by what is at hand. Raises EvaluationError; whatever else `names` raises passes."""
        return {name: setting.evaluate(names) for name, setting in self.fields.items()}

    def evaluate(self, line: Mapping[str, Any], settings: Settings) -> MappedRow:
        """What one line of a file says, by its columns. Raises nothing for what stands in the line."""
        reading = _Reading({"row": row_of(line)}, settings)
        return MappedRow(
            fields=reading.fields(self.fields),
            at=reading.value("at", self.at, "datetime"),
            closed=reading.value("closed", self.closed, "datetime"),
            by=reading.value("by", self.by, "person"),
            key=reading.value("key", self.key, "reference"),
            records=tuple(r for record in self.records if (r := reading.record(record)) is not None),
            problems=tuple(reading.problems),
        )


def row_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a file as expressions see it under `row`: see the module's own words on names of columns."""
    row: dict[str, Any] = {}
    for column, cell in line.items():
        row.setdefault(column_name(column), None if isinstance(cell, str) and not cell.strip() else cell)
    return row


def column_name(column: str) -> str:
    """The one word by which an expression reaches a column: `Out of Service` gives `Out_of_Service`."""
    word = _NOT_A_WORD.sub("_", column.strip("\ufeff \t\r\n"))
    return f"_{word}" if not word or word[0].isdigit() else word


def parse(node: Node, findings: Findings, name: str = "") -> MappingDefinition | None:
    """A mapping as written. None when it has no keys that can be read."""
    read = read_keys(node, "mapping", KEYS, findings)
    if read is None:
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    fields, back, workflow, records = (read.get(k) for k in ("fields", "back", "workflow", "records"))
    return MappingDefinition(
        name=name,
        title=title or name,
        fields=fields.entries if isinstance(fields, MappingNode) else {},
        places=fields.keys if isinstance(fields, MappingNode) else {},
        back=back if isinstance(back, MappingNode) else None,
        workflow=workflow if isinstance(workflow, ScalarNode) else None,
        at=read.get("at"),
        closed=read.get("closed"),
        by=read.get("by"),
        key=read.get("key"),
        records=_records(records, findings) if isinstance(records, MappingNode) else (),
        place=node.place,
    )


def link(
    definition: MappingDefinition,
    findings: Findings,
    scope: Scope = ROW_SCOPE,
    fillable: Mapping[str, Type] | None = None,
) -> LinkedMapping:
    """Compile a mapping in `scope`. `fillable` are the fields it may fill, where the caller knows them.

    Their types are not asked of a mapping of rows: a cell is text, and the field that it fills reads it.
    """
    typed = fillable if fillable is not None and scope is not ROW_SCOPE else {}
    fields = {}
    for name, node in definition.fields.items():
        message, place = f'no field "{name}" to fill', definition.places[name]
        if fillable is not None and not findings.knows(name, fillable, place, message):
            continue
        setting = _setting(node, scope, findings, typed.get(name))
        if setting is not None:
            fields[name] = setting
    single = {
        name: _setting(node, scope, findings) if node is not None else None
        for name, node in (("at", definition.at), ("closed", definition.closed), ("by", definition.by))
    }
    key = _setting(definition.key, scope, findings) if definition.key is not None else None
    records = tuple(r for d in definition.records if (r := _link_record(d, scope, findings)) is not None)
    return LinkedMapping(definition, fields, single["at"], single["closed"], single["by"], key, records)


def _setting(node: Node, scope: Scope, findings: Findings, expects: Type | None = None) -> Expression | None:
    """A constant or an expression; a text that was meant as an expression and lacks its `=` in front is no constant."""
    if scope is ROW_SCOPE and isinstance(node, ScalarNode) and not node.quoted:
        meant = _MEANT.fullmatch(node.typed.strip())
        if meant is not None:
            before, rest = meant["before"], meant["rest"]
            written = f"=concat('{before}', {rest})" if before else f"={rest}"
            findings.error("bad-expression", node.place, "this is a text, not what the row says", f"write {written}")
            return None
    return compile_setting(node, scope, findings, expects)


def _records(node: MappingNode, findings: Findings) -> tuple[RecordDefinition, ...]:
    records = []
    for entity, place, value in node.items():
        if not isinstance(value, MappingNode):
            advice = f"write {entity}: {{key: =row.…}}"
            findings.error("type-mismatch", value.place, "expected the key and fields of a record", advice)
            continue
        if "key" not in value:
            findings.error("missing-key", place, 'missing key "key"', f"it says which {entity} a row speaks of")
        fields = {name: n for name, n in value.entries.items() if name != "key"}
        records.append(RecordDefinition(entity, value.get("key"), fields, place))
    return tuple(records)


def _link_record(definition: RecordDefinition, scope: Scope, findings: Findings) -> LinkedRecord | None:
    key = _setting(definition.key, scope, findings) if definition.key is not None else None
    compiled = {name: _setting(node, scope, findings) for name, node in definition.fields.items()}
    fields = {name: setting for name, setting in compiled.items() if setting is not None}
    return LinkedRecord(definition.entity, key, fields) if key is not None else None


class _Reading:
    """One line being read: collects what goes wrong instead of stopping at it."""

    def __init__(self, names: Mapping[str, Any], settings: Settings) -> None:
        self._names, self._settings = names, settings
        self.problems: list[Problem] = []

    def fields(self, settings: Mapping[str, Expression], where: str = "") -> dict[str, Any]:
        values = {name: self._evaluate(f"{where}{name}", setting) for name, setting in settings.items()}
        return {name: value for name, value in values.items() if value is not None}

    def value(self, name: str, setting: Expression | None, type_name: str) -> Any:
        if setting is None:
            return None
        value = self._evaluate(name, setting)
        try:
            return VALUE_TYPES[type_name].read(_typed(value), self._settings)
        except ValueProblem as problem:
            self.problems.append(Problem(name, problem.code, problem.message))
            return None

    def record(self, record: LinkedRecord) -> MappedRecord | None:
        """A record that the row brings along; none where its key is empty: then the row speaks of no such record."""
        key = self.value(f"{record.entity}.key", record.key, "reference")
        if key is None:
            return None
        return MappedRecord(record.entity, key, self.fields(record.fields, f"{record.entity}."))

    def _evaluate(self, name: str, setting: Expression) -> Any:
        try:
            return setting.evaluate(self._names)
        except EvaluationError as error:
            self.problems.append(Problem(name, "expression", error.message))
            return None


def _typed(value: Any) -> Any:
    """Numbers as text, so that a key computed as a number is the key that was meant."""
    return str(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else value
