"""From a tree to functions: every node is checked against what is known of its parts and becomes one Python closure.

Nothing is ever turned into Python text. All mistakes of an expression are collected, not only the first.
"""

from __future__ import annotations

from typing import Any

from flowkit.rules.language import tree
from flowkit.rules.language.calling import build_call
from flowkit.rules.language.comparing import check_option, comparable, containing, equality, ordering
from flowkit.rules.language.lists import LIST_FORMS
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.operators import arithmetic, attribute, describe, kind_of, negative, record_attribute
from flowkit.rules.language.pieces import Piece, Workshop, attribute_reader, constant, name_reader, unified
from flowkit.rules.language.types import ANY, BOOLEAN, DURATION, LIST, NUMBER, TEXT, Type
from flowkit.suggest import did_you_mean
from flowkit.values.durations import BusinessDuration

MAX_TREE_DEPTH = 60


class Builder:
    """Builds one tree in one workshop."""

    def __init__(self, shop: Workshop) -> None:
        self.shop = shop
        self.depth = 0

    def build(self, node: tree.Node) -> Piece:
        """The piece for a node; what it reads is noted."""
        piece = self._visit(node)
        if piece.path is not None:
            self.shop.reads.add(piece.path)
        return piece

    def _visit(self, node: tree.Node) -> Piece:
        self.depth += 1
        if self.depth > MAX_TREE_DEPTH:
            raise ExpressionError(
                f"nested deeper than {MAX_TREE_DEPTH}", node.at, "divide the expression", end=node.end
            )
        try:
            return self._dispatch(node)
        finally:
            self.depth -= 1

    def _dispatch(self, node: tree.Node) -> Piece:
        match node:
            case tree.Constant():
                return self._constant(node)
            case tree.ListOf():
                return self._list_of(node, tuple(self.build(i) for i in node.items))
            case tree.Name():
                return self._name(node)
            case tree.Attribute():
                return self._attribute(node)
            case tree.Call():
                return build_call(self.shop, node, self.build)
            case tree.Negative():
                return self._negative(node)
            case tree.Not():
                return self._not(node)
            case tree.Logic():
                return self._logic(node)
            case tree.Equality():
                return equality(self.shop, node, *self._compared(node.left, node.right))
            case tree.Ordering():
                return ordering(self.shop, node, self.build(node.left), self.build(node.right))
            case tree.Contains():
                return self._contains(node)
            case tree.Arithmetic():
                return self._arithmetic(node)
            case tree.Ternary():
                return self._ternary(node)
            case tree.Coalesce():
                return self._coalesce(node)
        raise TypeError(type(node).__name__)

    def _constant(self, node: tree.Constant) -> Piece:
        kind = kind_of(node.value) if node.value is not None else "any"
        self.shop.business |= isinstance(node.value, BusinessDuration)
        return constant(node, node.value, Type(kind, optional=node.value is None), settled=kind == "boolean")  # type: ignore[arg-type]

    def _list_of(self, node: tree.ListOf, items: tuple[Piece, ...]) -> Piece:
        if not items:
            return constant(node, [], LIST)
        item = items[0].type
        for other in items[1:]:
            item = unified(item, other.type)
        runs = tuple(i.run for i in items)
        return self.shop.made(node, lambda names: [r(names) for r in runs], Type("list", item=item), items)

    def _name(self, node: tree.Name) -> Piece:
        scope = self.shop.scope
        found = scope.lookup(node.name)
        if found is None:
            if not scope.open:
                self._unknown_name(node)
                return self.shop.unknown(node)
            found = ANY
        return Piece(node, name_reader(node.name, self.shop.where(node)), found, path=(node.name,))

    def _compared(self, left: tree.Node, right: tree.Node) -> tuple[Piece, Piece]:
        """Both sides; a name that there is not may be an option of the other side that lacks its quotation marks."""
        if isinstance(left, tree.Name) and self.shop.scope.lookup(left.name) is None:
            second = self.build(right)
            return self._option(left, second.type) or self.build(left), second
        first = self.build(left)
        return first, self._option(right, first.type) or self.build(right)

    def _option(self, node: tree.Node, asked: Type) -> Piece | None:
        if not isinstance(node, tree.Name) or node.name not in asked.options:
            return None
        if self.shop.scope.open or self.shop.scope.lookup(node.name) is not None:
            return None
        hint = f"write '{node.name}'"
        self.shop.mistake(node, f'unknown name "{node.name}"', hint, code="unknown-name")
        return self.shop.unknown(node)

    def _unknown_name(self, node: tree.Name) -> None:
        scope, name = self.shop.scope, node.name
        if name in scope.functions or name in LIST_FORMS:
            signature = scope.functions[name].signature if name in scope.functions else LIST_FORMS[name]
            hint = f"{name} is a function: {signature}"
        else:
            hint = did_you_mean(name, scope.known())
        if name in ("True", "False", "None", "nil", "none"):
            hint = f"write {'null' if name[0] in 'Nn' else name.lower()}"
        self.shop.mistake(node, f'unknown name "{name}"', hint, code="unknown-name")

    def _attribute(self, node: tree.Attribute) -> Piece:
        target = self._visit(node.target)
        path = target.path
        members = target.type.attributes()
        counts = node.name == "count" and (target.type.kind in ("list", "text", "any") or target.type.item is not None)
        if members is not None and node.name in members:
            of, counts = members[node.name], False
        elif counts:
            of = NUMBER
        elif members is not None:
            self._unknown_attribute(node, target, list(members))
            return self.shop.unknown(node)
        else:
            of = ANY
        fetch = attribute if counts else record_attribute
        run = attribute_reader(target.run, node.name, fetch, self.shop.where(node))
        if path is not None and not counts:
            path = (*path, node.name)
        return Piece(node, run, of, path)

    def _unknown_attribute(self, node: tree.Attribute, target: Piece, members: list[str]) -> None:
        what = target.type.title or (".".join(target.path) if target.path else target.type.words)
        counted = ["count"] if target.type.kind in ("list", "text") else []
        hint = did_you_mean(node.name, [*members, *counted])
        if target.type.kind == "list":
            hint = "a list is read with sum(list, row.x), find(list, condition) or .count"
        if target.path is not None:
            self.shop.reads.add(target.path)
        self.shop.mistake(node, f'{what} has no "{node.name}"', hint, code="unknown-name", at=node.name_at)

    def _negative(self, node: tree.Negative) -> Piece:
        piece = self.build(node.operand)
        if piece.type.kind not in ("number", "duration", "any"):
            self.shop.mistake(piece.node, f"{piece.type.words} has no negative")
        run, where = piece.run, self.shop.where(node)
        return self.shop.made(node, lambda names: negative(run(names), where), piece.type, (piece,))

    def _not(self, node: tree.Not) -> Piece:
        piece = self.build(node.operand)
        run = self.shop.condition(piece)

        def turned(names: Any) -> bool | None:
            value: bool | None = run(names)
            return None if value is None else not value

        return self.shop.made(node, turned, BOOLEAN, (piece,), settled=True)

    def _logic(self, node: tree.Logic) -> Piece:
        pieces = tuple(self.build(i) for i in node.items)
        runs = tuple(self.shop.condition(p) for p in pieces)
        decisive = node.operator == "or"

        def run(names: Any) -> bool | None:
            unknown = False
            for condition in runs:
                value: bool | None = condition(names)
                if value is decisive:
                    return decisive
                if value is None:
                    unknown = True
            return None if unknown else not decisive

        return self.shop.made(node, run, BOOLEAN, pieces, settled=True)

    def _contains(self, node: tree.Contains) -> Piece:
        member = self.build(node.member)
        if not isinstance(node.container, tree.ListOf):
            return containing(self.shop, node, member, self.build(node.container), ())
        items = tuple(self.build(i) for i in node.container.items)
        return containing(self.shop, node, member, self._list_of(node.container, items), items)

    def _arithmetic(self, node: tree.Arithmetic) -> Piece:
        left, right = self.build(node.left), self.build(node.right)
        of = result_of(node.operator, left.type, right.type)
        if any(piece.constant and isinstance(piece.value, BusinessDuration) for piece in (left, right)):
            hint = "business time stands alone: after: 2 business days, in a node that is entered at that moment"
            self.shop.mistake(node, f"business time has no fixed length to reckon {node.operator} with", hint)
            return self.shop.unknown(node)
        if of is None:
            hint = "write concat(a, b)" if "text" in (left.type.kind, right.type.kind) else ""
            words = f"{left.type.words} {node.operator} {right.type.words} cannot be worked out"
            self.shop.mistake(node, words, hint)
            return self.shop.unknown(node)
        sign, where, first, second = node.operator, self.shop.where(node), left.run, right.run
        run = lambda names: arithmetic(sign, first(names), second(names), where)  # noqa: E731
        return self.shop.made(node, run, of, (left, right))

    def _ternary(self, node: tree.Ternary) -> Piece:
        condition, yes, no = self.build(node.condition), self.build(node.yes), self.build(node.no)
        test, first, second = self.shop.condition(condition), yes.run, no.run
        of = self._either(yes, no)
        return self.shop.made(
            node, lambda names: first(names) if test(names) else second(names), of, (condition, yes, no)
        )

    def _coalesce(self, node: tree.Coalesce) -> Piece:
        left, right = self.build(node.left), self.build(node.right)
        if not comparable(left.type, right.type):
            compares = isinstance(node.right, (tree.Ordering, tree.Equality, tree.Contains))
            hint = "?? binds looser than a comparison: write (a ?? b) > c" if compares else ""
            self.shop.mistake(node, f"{left.type.words} ?? {right.type.words}: both should be of one sort", hint)
        first, second = left.run, right.run

        def run(names: Any) -> Any:
            value = first(names)
            return second(names) if value is None else value

        return self.shop.made(node, run, self._either(left, right), (left, right))

    def _either(self, first: Piece, second: Piece) -> Type:
        for piece, other in ((first, second), (second, first)):
            if piece.constant and piece.value is None:
                return other.type
        return unified(first.type, second.type)


_RESULTS: dict[tuple[str, str, str], Type] = {
    ("text", "+", "text"): TEXT,
    ("list", "+", "list"): LIST,
    ("date", "+", "duration"): Type("date"),
    ("date", "-", "duration"): Type("date"),
    ("duration", "+", "date"): Type("date"),
    ("date", "-", "date"): DURATION,
    ("datetime", "+", "duration"): Type("datetime"),
    ("datetime", "-", "duration"): Type("datetime"),
    ("duration", "+", "datetime"): Type("datetime"),
    ("datetime", "-", "datetime"): DURATION,
    ("duration", "+", "duration"): DURATION,
    ("duration", "-", "duration"): DURATION,
    ("duration", "*", "number"): DURATION,
    ("number", "*", "duration"): DURATION,
    ("duration", "/", "number"): DURATION,
    ("duration", "/", "duration"): NUMBER,
}


def result_of(sign: str, left: Type, right: Type) -> Type | None:
    """The type of `left sign right`; None if it cannot be worked out."""
    if left.kind == right.kind == "number":
        return NUMBER
    if left.kind == right.kind == "list" and sign == "+":
        return unified(left, right)
    found = _RESULTS.get((left.kind, sign, right.kind))
    if found is not None:
        return found
    if left.is_any or right.is_any:
        fits = any(s == sign and left.kind in (a, "any") and right.kind in (b, "any") for a, s, b in _RESULTS)
        return ANY if fits or {left.kind, right.kind} <= {"any", "number"} else None
    return None


def check_result(shop: Workshop, piece: Piece, expects: Type) -> None:
    """Whether the whole expression gives what the place it stands in wants."""
    check_option(shop, piece, expects)
    kinds = (piece.type.kind, expects.kind)
    if "any" in kinds or kinds[0] == kinds[1] or kinds in (("text", "record"), ("record", "location")):
        return
    if expects.kind == "boolean":
        return  # Workshop.condition says it better
    found = describe(piece.value) if piece.constant else piece.type.words
    shop.mistake(piece.node, f"expected {expects.words}, found {found}")
