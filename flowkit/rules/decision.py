"""A decision table: columns that are asked, rows that answer; the first row that fits gives the result.

Knows columns, rows and result values; a single cell is the business of `cells`. Reading a file of rows comes in as a
function, and what is done with the result is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from flowkit.diagnostics import Findings, Place, Related
from flowkit.rules.cells import WANTED, Cell, CellReader, can_be_compared
from flowkit.rules.evidence import Names, plain
from flowkit.rules.language.expression import Expression, compile_expression, compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Kind, Type
from flowkit.source.keys import Key, names_of, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.source.rows import ReadFile, read_rows
from flowkit.suggest import did_you_mean
from flowkit.values.types import VALUE_TYPES, Settings, ValueProblem
from flowkit.version import VERSION

HITS = ("first",)
"""The ways of choosing among rows that this version knows, and below those that it will."""
LATER_HITS = ("unique", "any", "priority", "collect", "sum", "min", "max", "count")

KEYS = (
    Key("title", "words", "what people see instead of the name", example="响应规则"),
    Key("hit", "name", "which of the rows that fit counts: first, also when left out", example="first"),
    Key(
        "columns",
        "mapping",
        "what is asked: each column with its expression",
        required=True,
        example="{region: elevator.region, score: urgency.total}",
    ),
    Key(
        "result",
        "mapping",
        "what is answered: each column with its type",
        required=True,
        example="{crew: text, within: duration}",
    ),
    Key("rows", "any", "the rows, or the name of a .csv file", required=True, example="response.csv"),
)
RESULT_KEYS = (
    Key("type", "name", "one of the types of fields", required=True, example="choice"),
    Key("title", "words", "what people see instead of the name", example="班组"),
    Key("options", "names", "the texts that may stand there", example="[应急一组, 应急二组]"),
)


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    expression: ScalarNode
    place: Place


@dataclass(frozen=True, slots=True)
class Result:
    """One column of the answer; `type` is a name in VALUE_TYPES."""

    name: str
    type: str
    title: str
    options: tuple[str, ...]
    place: Place

    @property
    def seen_as(self) -> Type:
        return Type(cast(Kind, VALUE_TYPES[self.type].kind), options=self.options, title=self.title)


@dataclass(frozen=True, slots=True)
class DecisionDefinition:
    """A table as written; `rows` still in the author's spelling."""

    name: str
    title: str
    columns: tuple[Column, ...]
    results: tuple[Result, ...]
    rows: Node | None
    place: Place

    @property
    def result_type(self) -> Type:
        """How expressions see what the table gave: one attribute for each column of the result."""
        members = {r.name: r.seen_as for r in self.results}
        return Type("record", members=lambda: members, title=self.title)


@dataclass(frozen=True, slots=True)
class DecisionWhy:
    """The values of the columns that were asked, and the cells of the row that fitted as they are written."""

    columns: Mapping[str, Any]
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """`values` by result column and `row` counted from 1; both None when no row fits."""

    values: Mapping[str, Any] | None
    row: int | None
    why: DecisionWhy


@dataclass(frozen=True, slots=True)
class Row:
    """`cells` in the order of the columns; `values` by result column."""

    number: int
    cells: tuple[Cell, ...]
    values: Mapping[str, Expression | Any]
    place: Place


@dataclass(frozen=True, slots=True)
class Decision:
    """A table ready to answer. Pure: the same names give the same result."""

    definition: DecisionDefinition
    columns: tuple[tuple[str, Expression], ...] = field(repr=False)
    rows: tuple[Row, ...] = field(repr=False)

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def title(self) -> str:
        return self.definition.title

    def evaluate(self, names: Names) -> DecisionResult:
        """Answer by `names`; a column is asked only when a row needs it. Raises EvaluationError; what `names` raises passes."""
        asked: dict[int, Any] = {}
        row = next((r for r in self.rows if self._fits(r, names, asked)), None)
        columns = {self.columns[i][0]: plain(value) for i, value in sorted(asked.items())}
        if row is None:
            return DecisionResult(None, None, DecisionWhy(columns, {}))
        values = {n: v.evaluate(names) if isinstance(v, Expression) else v for n, v in row.values.items()}
        named = zip(self.columns, row.cells, strict=True)
        cells = {name: cell.text for (name, _), cell in named if cell.alternatives is not None}
        return DecisionResult(values, row.number, DecisionWhy(columns, cells))

    def _fits(self, row: Row, names: Names, asked: dict[int, Any]) -> bool:
        for i, cell in enumerate(row.cells):
            if cell.alternatives is None:
                continue
            if i not in asked:
                asked[i] = self.columns[i][1].evaluate(names)
            if not cell.holds(asked[i], names):
                return False
        return True


def parse(node: Node, findings: Findings, name: str = "") -> DecisionDefinition | None:
    """A decision table as written, its rows not yet read. None when it has no keys that can be read."""
    read = read_keys(node, "decision", KEYS, findings)
    if read is None:
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    _check_hit(read.get("hit"), findings)
    columns = tuple(c for entry in _entries(read.get("columns")) if (c := _column(*entry, findings)) is not None)
    results = tuple(r for entry in _entries(read.get("result")) if (r := _result(*entry, findings)) is not None)
    asked = {c.name: c.place for c in columns}
    for result in results:
        if result.name in asked:
            related = [Related(asked[result.name], "the column that is asked")]
            message = f'"{result.name}" is both asked and answered'
            findings.error("duplicate-name", result.place, message, "give one of them another name", related)
    return DecisionDefinition(name, title or name, columns, results, read.get("rows"), node.place)


def link(
    definition: DecisionDefinition, scope: Scope, findings: Findings, settings: Settings, read_file: ReadFile
) -> Decision:
    """Compile the columns in `scope`, read the rows and each cell by its column's type."""
    columns: list[tuple[str, Expression]] = []
    readers = []
    for column in definition.columns:
        expression = compile_expression(column.expression, scope, findings)
        if expression is not None and _can_be_asked(column, expression, findings):
            columns.append((column.name, expression))
            readers.append(CellReader(column.name, expression.type, scope, settings, findings))
    rows = read_rows(definition.rows, read_file, findings) if definition.rows is not None else ()
    known = [*(c.name for c in definition.columns), *(r.name for r in definition.results)]
    linked, sound = [], []
    told: set[str] = set()
    for number, row in enumerate(rows, 1):
        before = len(findings)
        _refuse_unknown(row, known, told, findings)
        cells = tuple(reader.read(row.get(reader.column)) for reader in readers)
        values = {r.name: _value(r, row.get(r.name), scope, settings, findings) for r in definition.results}
        linked.append(Row(number, cells, values, row.place))
        if len(findings) == before:
            sound.append(linked[-1])
    if len(columns) == len(definition.columns):
        # A cell with a mistake was read as one that holds for everything: what it hides says nothing.
        _warn_of_unreachable(sound, findings)
    return Decision(definition, tuple(columns), tuple(linked))


def _entries(node: Node | None) -> list[tuple[str, Place, Node]]:
    return list(node.items()) if isinstance(node, MappingNode) else []


def _check_hit(node: Node | None, findings: Findings) -> None:
    if not isinstance(node, ScalarNode) or node.typed in HITS:
        return
    if node.typed in LATER_HITS:
        message = f"flowkit {VERSION} does not know hit: {node.typed} yet"
        findings.error("unknown-hit", node.place, message, "known here: " + ", ".join(HITS))
    else:
        advice = did_you_mean(node.typed, HITS + LATER_HITS)
        findings.error("unknown-hit", node.place, f'unknown hit "{node.typed}"', advice)


def _column(name: str, place: Place, node: Node, findings: Findings) -> Column | None:
    if isinstance(node, ScalarNode) and node.typed.strip():
        return Column(name, node, place)
    findings.error(
        "type-mismatch", node.place, f'expected an expression for column "{name}"', f"such as {name}: urgency.total"
    )
    return None


def _result(name: str, place: Place, node: Node, findings: Findings) -> Result | None:
    if isinstance(node, ScalarNode):
        read: Mapping[str, Node] | None = {"type": node}
    else:
        read = read_keys(node, "result", RESULT_KEYS, findings)
    type_name = read.get("type") if read is not None else None
    if read is None or not isinstance(type_name, ScalarNode):
        return None
    if type_name.typed not in VALUE_TYPES:
        advice = did_you_mean(type_name.typed, VALUE_TYPES)
        findings.error("unknown-type", type_name.place, f'unknown type "{type_name.typed}"', advice)
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    options = names_of(read["options"], findings) if "options" in read else ()
    return Result(name, type_name.typed, title or name, tuple(o.typed for o in options), place)


def _can_be_asked(column: Column, expression: Expression, findings: Findings) -> bool:
    if can_be_compared(expression.type):
        return True
    findings.error(
        "type-mismatch",
        column.expression.place,
        f'column "{column.name}" gives a {expression.type.kind}, which no cell can be compared with',
        "ask for one value, such as count(…) or `'x' in …`",
    )
    return False


def _refuse_unknown(row: MappingNode, known: Sequence[str], told: set[str], findings: Findings) -> None:
    """Report a column that the table does not have, once: in a file it stands in every row."""
    for name, place, _ in row.items():
        if name not in known and name not in told:
            told.add(name)
            findings.error("unknown-key", place, f'unknown column "{name}"', did_you_mean(name, known))


def _value(result: Result, node: Node | None, scope: Scope, settings: Settings, findings: Findings) -> Any:
    """What a row answers: a constant of the result's type, or an expression behind `=`."""
    if node is None or (isinstance(node, ScalarNode) and (node.value is None or not node.typed.strip())):
        return None
    if isinstance(node, ScalarNode) and node.typed.startswith("="):
        return compile_setting(node, scope, findings, result.seen_as)
    type_ = VALUE_TYPES[result.type]
    try:
        value = type_.read(node.as_typed(), settings)
    except ValueProblem:
        wanted = WANTED.get(type_.kind, f"a value of type {result.type}")
        found = f', found "{node.typed}"' if isinstance(node, ScalarNode) else ""
        findings.error("type-mismatch", node.place, f'expected {wanted} in column "{result.name}"{found}')
        return None
    if result.options and isinstance(value, str) and value not in result.options:
        advice = did_you_mean(value, result.options)
        findings.error("unknown-option", node.place, f'unknown option "{value}" in column "{result.name}"', advice)
    return value


def _warn_of_unreachable(rows: Sequence[Row], findings: Findings) -> None:
    """A row behind one whose every cell is equal or holds for everything can never be the first that fits.

    Earlier rows are looked up by which of their cells hold for everything and what the others say, so that a table of
    thousands of rows takes no longer than it must. A list that merely contains another is not recognised.
    """
    earlier: dict[tuple[bool, ...], dict[tuple[Any, ...], Row]] = {}
    for row in rows:
        signature = tuple(cell.signature for cell in row.cells)
        for mask, seen in earlier.items():
            hiding = seen.get(tuple(s for s, wild in zip(signature, mask, strict=True) if not wild))
            if hiding is not None:
                _unreachable(row, hiding, findings)
                break
        mask = tuple(s is None for s in signature)
        earlier.setdefault(mask, {}).setdefault(tuple(s for s in signature if s is not None), row)


def _unreachable(row: Row, hiding: Row, findings: Findings) -> None:
    findings.warning(
        "unreachable-row",
        row.place,
        f"row {row.number} is never reached: row {hiding.number} already holds wherever it would",
        "move it up, or take it out",
        [Related(hiding.place, f"row {hiding.number} stands here")],
    )
