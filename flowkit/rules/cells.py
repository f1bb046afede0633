"""The cells of a decision table: what may stand in one, and when it holds.

- Absent, empty, `-` and `any` hold for everything.
- A list is one of: `[滨江, 萧山]` in YAML; `滨江|萧山` anywhere, in a `.csv` file too.
- A text that begins with an operator (`>= 7`, `<> 困人`) is a condition; `>= 7 and < 10` are two at once. What stands behind
  the operator is a value of the column's type; in a column that is not text, an expression may stand there as well.
- All else is a value of the column's type, and holds for just that value.
- In a column of text, quotes take from a text its special meaning: `'-'`, `'any'`, `'a|b'`.

Knows one cell and the type of its column; rows and tables are the decision's.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flowkit.diagnostics import Findings
from flowkit.errors import EvaluationError
from flowkit.rules.evidence import Names
from flowkit.rules.language.expression import Expression, compile_expression
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.nodes import Node, ScalarNode, SequenceNode
from flowkit.suggest import did_you_mean
from flowkit.values.contract import folded
from flowkit.values.types import VALUE_TYPES, Settings, ValueProblem

WILD = ("", "-", "any")
WANTED = {
    "number": "a number such as 3 or 2.5",
    "boolean": "true or false",
    "date": "a date such as 2026-03-02",
    "time": "a time of day such as 09:30",
    "datetime": "a moment such as 2026-03-02 09:30",
    "duration": "a duration such as 2h or 30m",
}
"""What can be compared, besides text, with words for it."""

_READERS = {"boolean": "switch"} | {kind: kind for kind in WANTED if kind != "boolean"}
_OPERATOR = re.compile(r"[<>=!＜＞＝！≤≥≠]+")
_AND = re.compile(r"\s+(?:and|AND)\s+(?=[<>=!＜＞＝！≤≥≠])")
_NARROW = str.maketrans("＜＞＝！", "<>=!") | {
    ord(wide): two for wide, two in zip("≤≥≠", ("<=", ">=", "<>"), strict=True)
}
_QUOTED = re.compile(r"""(['"]).*?\1""", re.DOTALL)

_ORDER: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One operator with what stands behind it: a constant, or an expression where there is one."""

    operator: str
    constant: Any
    expression: Expression | None = None

    def holds(self, value: Any, names: Names) -> bool:
        other = self.constant if self.expression is None else self.expression.evaluate(names)
        if self.operator in _ORDER:
            return _ordered(self.operator, value, other)
        return _equal(value, other) is (self.operator == "==")

    @property
    def signature(self) -> Hashable:
        """Equal for comparisons that hold for the same values."""
        constant = self.constant if self.expression is None else self.expression.text
        return (self.operator, self.expression is None, type(constant).__name__ == "bool", constant)


@dataclass(frozen=True, slots=True)
class Cell:
    """One of `alternatives` must hold, each with all its comparisons. None: the cell holds for everything."""

    text: str
    alternatives: tuple[tuple[Comparison, ...], ...] | None

    def holds(self, value: Any, names: Names) -> bool:
        """Whether the cell holds for a column's value. Raises EvaluationError where the two cannot be compared."""
        if self.alternatives is None:
            return True
        return any(all(c.holds(value, names) for c in every) for every in self.alternatives)

    @property
    def signature(self) -> Hashable:
        """Equal for cells that hold for the same values; None for one that holds for all."""
        if self.alternatives is None:
            return None
        return frozenset(frozenset(c.signature for c in every) for every in self.alternatives)


ANYTHING = Cell("", None)


@dataclass(frozen=True, slots=True)
class CellReader:
    """Reads the cells of one column: its name and type, the names that a condition may use, the app's settings."""

    column: str
    type: Type
    scope: Scope
    settings: Settings
    findings: Findings

    def read(self, node: Node | None) -> Cell:
        """The cell as written; mistakes are reported at their own characters, and then the cell holds for everything."""
        if node is None:
            return ANYTHING
        parts = list(self._parts(node))
        if len(parts) > 1:
            # `滨江|` is 滨江, not everything: what is empty beside others says nothing.
            parts = [p for p in parts if p.typed] or parts[:1]
        text = "|".join(p.typed for p in parts)
        if any(_is_wild(p) for p in parts):
            return Cell(text, None)
        if not parts:
            message = f'a list of nothing in column "{self.column}" never holds'
            self.findings.error("empty-list", node.place, message, "leave the cell out to hold for everything")
            return ANYTHING
        alternatives = [self._alternative(part) for part in parts]
        known = tuple(a for a in alternatives if a is not None)
        return Cell(text, known) if len(known) == len(alternatives) else ANYTHING

    def _parts(self, node: Node) -> Iterator[ScalarNode]:
        if isinstance(node, SequenceNode):
            for item in node:
                yield from self._parts(item)
        elif isinstance(node, ScalarNode):
            yield from (_slice(node, start, end) for start, end in _alternatives(node.typed))
        else:
            message = f'expected a value, a list or a condition in column "{self.column}"'
            self.findings.error("type-mismatch", node.place, message)

    def _alternative(self, node: ScalarNode) -> tuple[Comparison, ...] | None:
        if not _OPERATOR.match(node.typed):
            constant = self._constant(node)
            return None if constant is _MISFIT else (Comparison("==", constant),)
        found = [self._comparison(_slice(node, start, end)) for start, end in _conjuncts(node.typed)]
        known = tuple(c for c in found if c is not None)
        return known if len(known) == len(found) else None

    def _comparison(self, node: ScalarNode) -> Comparison | None:
        match = _OPERATOR.match(node.typed)
        sign = match[0].translate(_NARROW) if match is not None else ""
        sign = "<>" if sign == "!=" else sign
        if match is None or sign not in {*_ORDER, "==", "<>"}:
            place = node.inner(0, match.end() if match else 1)
            message = f'expected one of < <= > >= == <>, found "{match[0] if match else node.typed}"'
            self.findings.error("bad-condition", place, message, "write == to compare" if sign == "=" else "")
            return None
        operand = _slice(node, match.end(), len(node.typed))
        if not operand.typed:
            message = f'expected a value behind "{match[0]}"'
            self.findings.error("bad-condition", node.place, message, f"such as {match[0]} 7")
            return None
        if self.type.kind in {"text", "record"} or self._is_constant(operand):
            constant = self._constant(operand)
            return None if constant is _MISFIT else Comparison(sign, constant)
        expression = compile_expression(operand, self.scope, self.findings, None if self._is_open else self.type)
        return None if expression is None else Comparison(sign, None, expression)

    @property
    def _is_open(self) -> bool:
        return self.type.kind not in WANTED and self.type.kind not in {"text", "record"}

    def _is_constant(self, node: ScalarNode) -> bool:
        return self._value(node.typed) is not _MISFIT

    def _value(self, text: str) -> Any:
        """The text as a value of the column's type; by its look where nobody knows the type."""
        if self.type.kind in {"text", "record"}:
            return _unquoted(text)
        if self.type.kind in _READERS:
            return self._read(_READERS[self.type.kind], text)
        if folded(text) in {"true", "false"}:
            return folded(text) == "true"
        guesses = (self._read(kind, text) for kind in ("number", "duration"))
        return next((g for g in guesses if g is not _MISFIT), _unquoted(text))

    def _read(self, name: str, text: str) -> Any:
        try:
            return VALUE_TYPES[name].read(text, self.settings)
        except ValueProblem:
            return _MISFIT

    def _constant(self, node: ScalarNode) -> Any:
        value = self._value(node.typed)
        if value is _MISFIT:
            message = f'expected {WANTED[self.type.kind]} in column "{self.column}", found "{node.typed}"'
            self.findings.error("type-mismatch", node.place, message)
        elif self.type.options and value not in self.type.options:
            message = f'unknown option "{value}" in column "{self.column}"'
            self.findings.error("unknown-option", node.place, message, did_you_mean(str(value), self.type.options))
            return _MISFIT
        return value


_MISFIT = object()


def can_be_compared(type: Type) -> bool:
    """Whether a column of this type can be compared with what stands in a cell."""
    return type.kind in WANTED or type.kind in {"text", "record", "any"}


def _is_wild(node: ScalarNode) -> bool:
    return node.value is None or folded(node.typed).lower() in WILD


def _alternatives(text: str) -> Iterator[tuple[int, int]]:
    """The stretches between `|` of either width; one within quotes is part of the text."""
    shielded = {i for match in _QUOTED.finditer(text) for i in range(match.start(), match.end())}
    start = 0
    for i, character in enumerate(text):
        if character in "|｜" and i not in shielded:
            yield start, i
            start = i + 1
    yield start, len(text)


def _conjuncts(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _AND.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _slice(node: ScalarNode, start: int, end: int) -> ScalarNode:
    """The stretch of a scalar without the blanks around it, as a scalar with its own place."""
    while start < end and node.typed[start].isspace():
        start += 1
    while end > start and node.typed[end - 1].isspace():
        end -= 1
    if (start, end) == (0, len(node.typed)):
        return node
    text = node.typed[start:end]
    return ScalarNode(text, text, node.inner(start, end), node.quoted)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _plain(value: Any, other: Any) -> Any:
    """A record is compared by its key where a text stands on the other side."""
    if isinstance(other, str) and not isinstance(value, str):
        key = getattr(value, "key", None)
        return key if isinstance(key, str) else value
    return value


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(_plain(left, right) == _plain(right, left))


def _ordered(sign: str, left: Any, right: Any) -> bool:
    """Ordering against empty does not hold, as everywhere in the language."""
    if left is None or right is None:
        return False
    numbers = [isinstance(v, (int, Decimal)) and not isinstance(v, bool) for v in (left, right)]
    if all(numbers) or (type(left) is type(right) and not isinstance(left, bool)):
        try:
            return bool(_ORDER[sign](left, right))
        except TypeError:
            pass
    raise EvaluationError(f"无法比较“{left}”和“{right}”", f"{sign} {right}")
