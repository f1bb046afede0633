"""A field's settings: constants read, expressions compiled in the scope the field stands in."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flowkit.diagnostics import Findings, shown
from flowkit.fields.definition import Field, Setting
from flowkit.fields.keys import COUNTED
from flowkit.rules.language.expression import Expression, compile_expression, compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import BOOLEAN, NUMBER, Type
from flowkit.source.keys import found, spelled_boolean
from flowkit.source.nodes import Node, ScalarNode
from flowkit.suggest import did_you_mean
from flowkit.values.types import VALUE_TYPES, Settings, ValueProblem

# Only to read constants while linking: which zone and system they mean, the app says later.
_NEUTRAL = Settings(ZoneInfo("UTC"), "wgs84")
_CHECKED_RESULTS = ("number", "boolean", "date", "time", "datetime", "duration", "text")


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles the settings of fields that stand in one scope; in a row, `row.x` is the row's own field `x`."""

    scope: Scope
    findings: Findings
    in_row: bool = False

    def condition(self, node: Node | None) -> Setting | None:
        """`required`, `visible`, `readonly`: true, false or an expression."""
        if node is None or _is_expression(node):
            return self._expression(node, BOOLEAN)
        if isinstance(node, ScalarNode) and isinstance(node.value, bool):
            return Setting(node.value)
        self._misfit(node, "true or false", spelled_boolean(node))
        return None

    def limit(self, node: Node | None, field: Field) -> Setting | None:
        """`min`, `max`: of the field's own kind, or a number that counts rows, items, files."""
        counted = field.definition.type in COUNTED
        if node is None or _is_expression(node):
            return self._expression(node, NUMBER if counted else Type(field.expression_type.kind))
        raw = node.as_typed()
        reader = VALUE_TYPES["number"] if counted else field.type
        try:
            limit = reader.read(raw, _NEUTRAL)
        except ValueProblem:
            limit = None
        if limit is None:
            self._misfit(node, "a number" if counted else field.expression_type.words)
            return None
        # A moment typed without a zone means the app's, which is not known yet.
        return Setting(raw if reader.name in ("date", "time", "datetime") else limit)

    def default(self, node: Node | None, field: Field) -> Setting | None:
        if node is None or _is_expression(node):
            return self._expression(node, _result(field))
        raw = node.as_typed()
        if field.of is None and field.entity is None:
            self._refuse_misfit(node, raw, field)
        return Setting(raw)

    def value(self, node: Node | None, field: Field) -> Setting | None:
        """The key that is an expression; a leading `=` does no harm."""
        if node is None or _is_expression(node):
            return self._expression(node, _result(field))
        return self._setting(compile_expression(node, self.scope, self.findings, _result(field)))

    def selectable(self, node: Node | None, record: Type) -> Setting | None:
        """`when` of `options: {entity: …}`, where `row` is a record of that entity."""
        if node is None:
            return None
        expression = compile_expression(node, self.scope.child({"row": record}), self.findings, BOOLEAN)
        if expression is None:
            return None
        return Setting(None, expression, frozenset(path[0] for path in expression.reads) - {"row"})

    def _expression(self, node: Node | None, expects: Type | None) -> Setting | None:
        if node is None:
            return None
        return self._setting(compile_setting(node, self.scope, self.findings, expects))

    def _setting(self, expression: Expression | None) -> Setting | None:
        return None if expression is None else Setting(None, expression, roots_of(expression.reads, self.in_row))

    def _refuse_misfit(self, node: Node, raw: object, field: Field) -> None:
        """Reports a constant default that the field itself would not take."""
        try:
            value = field.type.read(raw, _NEUTRAL)
        except ValueProblem:
            self._misfit(node, f'a value of type "{field.definition.type}"')
            return
        for text in value if isinstance(value, list) else [value]:
            if field.choices is not None and isinstance(text, str) and field.choices.resolve(text) is None:
                help_ = did_you_mean(text, field.choices.options)
                self.findings.error("unknown-option", node.place, f"there is no option {shown(text)}", help_)

    def _misfit(self, node: Node, expected: str, help: str = "") -> None:
        message = f"expected {expected}, found {found(node)}"
        self.findings.error("type-mismatch", node.place, message, help or 'an expression begins with "="')


def roots_of(reads: frozenset[tuple[str, ...]], in_row: bool) -> frozenset[str]:
    """The top-level names behind dotted paths; in a row, `row.x` is the row's own field `x`."""
    return frozenset(path[1] if in_row and path[0] == "row" and len(path) > 1 else path[0] for path in reads)


def _result(field: Field) -> Type | None:
    """What an expression must give that fills the field; None where the field's type alone can tell."""
    kind = field.expression_type.kind
    return Type(kind) if kind in _CHECKED_RESULTS and field.entity is None else None


def _is_expression(node: Node) -> bool:
    return isinstance(node, ScalarNode) and isinstance(node.value, str) and node.typed.startswith("=")
