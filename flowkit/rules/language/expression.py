"""Expressions, ready to be evaluated: compiled once with all mistakes reported at their places, then only run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flowkit.diagnostics import Findings, shown
from flowkit.errors import EvaluationError
from flowkit.rules.language.building import Builder, check_result
from flowkit.rules.language.literals import constant_of
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.pieces import Path, Piece, Run, Workshop
from flowkit.rules.language.reading import parse
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import ANY, Type
from flowkit.source.keys import found
from flowkit.source.nodes import Node as SourceNode
from flowkit.source.nodes import ScalarNode, SequenceNode
from flowkit.suggest import did_you_mean
from flowkit.values.durations import BusinessDuration


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    `text` is as written, `type` what it gives, `reads` every dotted name it may read (`("elevator", "region")`; of a
    list form the columns too: `("lines", "amount")`), `constant` whether it reads nothing at all, `business` whether it
    counts by a calendar. `run` is `evaluate` for callers that turn a RecursionError into their own.
    """

    text: str
    type: Type
    reads: frozenset[Path]
    constant: bool
    run: Run = field(repr=False, compare=False)
    business: bool = False

    def evaluate(self, names: Any) -> Any:
        """The value, None for empty. `names[name]` gives each name's value; KeyError means empty.

        Raises EvaluationError if a value does not fit. Whatever else `names` or an object's `attribute()` raises
        passes.
        """
        try:
            return self.run(names)
        except RecursionError:
            raise EvaluationError("nested too deeply", self.text, 0) from None


def compile_text(text: str, scope: Scope, expects: Type | None = None) -> Expression:
    """An expression from bare text. Raises ExpressionError (the first mistake by place)."""
    found = compile_all(text, scope, expects)
    if isinstance(found, Expression):
        return found
    raise found[0]


def compile_all(text: str, scope: Scope, expects: Type | None = None) -> Expression | list[ExpressionError]:
    """The expression, or all its mistakes in the order of their places."""
    shop = Workshop(text, scope)
    try:
        piece = Builder(shop).build(parse(text))
        run = _finished(shop, piece, expects)
    except ExpressionError as error:
        return [error]
    except RecursionError:
        return [ExpressionError("nested too deeply", 0, "divide the expression", end=len(text))]
    if shop.errors:
        return sorted(shop.errors, key=lambda e: (e.offset, e.end))
    return Expression(text, piece.type, frozenset(shop.reads), piece.constant, run, shop.business)


def _finished(shop: Workshop, piece: Piece, expects: Type | None) -> Run:
    if expects is None:
        return piece.run
    check_result(shop, piece, expects)
    return shop.condition(piece) if expects.kind == "boolean" else piece.run


def compile_expression(
    node: SourceNode, scope: Scope, findings: Findings, expects: Type | None = None
) -> Expression | None:
    """An expression that stands where a key *is* one. Mistakes go to `findings` with their exact place."""
    if not isinstance(node, ScalarNode):
        hint = "put it in quotes if it holds , [ ] { } : or #"
        findings.error("bad-expression", node.place, "expected an expression", hint)
        return None
    if node.typed.startswith("=") and not node.typed.startswith("==") and not node.refused:
        hint = f"no = here, the key is an expression: write {shown(node.typed[1:].strip(), 60, quotes=False)}"
        findings.error("bad-expression", node.inner(0, 1), 'unexpected "="', hint)
        return None
    return _compiled(node, node.typed, 0, scope, findings, expects)


def compile_setting(
    node: SourceNode, scope: Scope, findings: Findings, expects: Type | None = None
) -> Expression | None:
    """A constant, or an expression after a leading `=`; of a list or mapping each part by itself.

    A constant is read by the kind of `expects` (number, boolean, duration, date, time, moment); otherwise it stays
    the text as typed, for the field's own type to read.
    """
    if isinstance(node, ScalarNode):
        if isinstance(node.value, str) and node.typed.startswith("="):
            return _compiled(node, node.typed[1:], 1, scope, findings, expects)
        return _constant(node, findings, expects)
    if expects is not None and expects.kind in _EXPECTED:
        findings.error("type-mismatch", node.place, f"expected {_EXPECTED[expects.kind]}, found {found(node)}")
        return None
    item = expects.item if expects is not None else None
    if isinstance(node, SequenceNode):
        return _together([(None, compile_setting(n, scope, findings, item)) for n in node], LIST_OF)
    return _together([(key, compile_setting(n, scope, findings)) for key, _, n in node.items()], RECORD_OF)


def _compiled(
    node: ScalarNode, text: str, shift: int, scope: Scope, findings: Findings, expects: Type | None
) -> Expression | None:
    if node.refused:
        return None
    compiled = compile_all(text, scope, expects)
    if isinstance(compiled, Expression):
        return compiled
    for error in compiled:
        findings.error(error.code, node.inner(error.offset + shift, error.end + shift), error.message, error.help)
    return None


LIST_OF = Type("list")
RECORD_OF = Type("record")


def _together(parts: Sequence[tuple[str | None, Expression | None]], type: Type) -> Expression | None:
    """The parts of a list or mapping as one expression."""
    kept = [(key, part) for key, part in parts if part is not None]
    if len(kept) < len(parts):
        return None
    runs = [(key, part.run) for key, part in kept]
    if type is LIST_OF:
        run: Run = lambda names: [r(names) for _, r in runs]  # noqa: E731
    else:
        run = lambda names: {key: r(names) for key, r in runs}  # noqa: E731
    reads = frozenset(path for _, part in kept for path in part.reads)
    business = any(part.business for _, part in kept)
    return Expression("", type, reads, all(part.constant for _, part in kept), run, business)


_EXPECTED = {
    "number": "a number",
    "boolean": "true or false",
    "duration": "a duration such as 2h or 30m",
    "date": "a date such as 2027-02-06",
    "time": "a time such as 09:00",
}


def _constant(node: ScalarNode, findings: Findings, expects: Type | None) -> Expression | None:
    value: Any = node.as_typed()
    kind = expects.kind if expects is not None else "any"
    if value is not None and kind in _EXPECTED:
        value = _read_constant(node, kind)
        if value is None:
            message = f'expected {_EXPECTED[kind]}, found "{node.typed[:40]}"'
            help = _length_help(node.typed) if kind == "duration" else 'an expression begins with "="'
            findings.error("type-mismatch", node.place, message, help)
            return None
    if expects is not None and expects.options and isinstance(value, str) and value not in expects.options:
        message = f'there is no option "{value[:40]}"'
        findings.error("unknown-option", node.place, message, did_you_mean(value, expects.options))
        return None
    business = isinstance(value, BusinessDuration)
    return Expression(node.typed, expects or ANY, frozenset(), True, lambda names: value, business)


_WORKING = re.compile(
    r"\s*(\d+(?:\.\d+)?)\s*(?:business|working|work|office)[\s_-]*(day|hour|minute)s?\s*", re.ASCII | re.IGNORECASE
)
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(min|h|d|sec|w)[a-z]*\.?\s*", re.ASCII | re.IGNORECASE)


def _length_help(typed: str) -> str:
    """How a length is written that somebody wrote as a number, or with its unit in full."""
    if re.fullmatch(r"\d+(\.\d+)?", typed, re.ASCII):
        return f"say what it counts: {typed}m for minutes, {typed}h for hours, {typed}d for days"
    if re.search(r"business|work|office", typed, re.IGNORECASE):
        return _business_help(typed)
    found = _LENGTH.fullmatch(typed)
    return f"write {found[1]}{found[2][0].lower()}" if found else 'an expression begins with "="'


def _business_help(typed: str) -> str:
    working = _WORKING.fullmatch(typed)
    if working is None:
        return "write 2 business hours or 3 business days, one of them alone"
    amount, unit = working[1], working[2].lower()
    if unit == "minute":
        return "parts of a business hour are written 1.5 business hours"
    return f"write {amount} business {unit}s" if "." not in amount else "write 4 business hours"


def _read_constant(node: ScalarNode, kind: str) -> Any:
    if kind == "boolean":
        return node.value if isinstance(node.value, bool) else None
    if kind == "number":
        if re.fullmatch(r"-?\d{1,28}(\.\d{1,28})?", node.typed, re.ASCII):
            return Decimal(node.typed) if "." in node.typed else int(node.typed)
        return None
    return constant_of(node.typed, kind)
