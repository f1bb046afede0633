"""`==`, `<>`, `<` ... and `in`: what is checked when they are built, and how they run."""

from __future__ import annotations

import re
from typing import Any

from flowkit.rules.language.literals import constant_of
from flowkit.rules.language.operators import ORDERINGS, Where, contains, equal, order
from flowkit.rules.language.pieces import Piece, Run, Workshop, constant
from flowkit.rules.language.tree import Contains, Equality, ListOf, Node, Ordering
from flowkit.rules.language.types import BOOLEAN, ORDERED, Type
from flowkit.suggest import did_you_mean

_MOMENT_KINDS = {
    "date": "a date such as '2027-02-06'",
    "time": "a time such as '09:00'",
    "datetime": "a moment such as '2027-02-06T09:00+08:00'",
    "duration": "a duration such as 2h",
}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def equality(shop: Workshop, node: Equality, left: Piece, right: Piece) -> Piece:
    left, right = together(shop, left, right)
    _check_equal(shop, left, right.type, right)
    where = shop.where(node)
    run = _equal_run(left.run, right, where) if right.constant else _equal_run(right.run, left, where)
    if not (left.constant or right.constant):
        first, second = left.run, right.run

        def run(names: Any) -> bool:
            return equal(first(names), second(names), where)

    if not node.negated:
        return shop.made(node, run, BOOLEAN, (left, right), settled=True)
    plain = run
    return shop.made(node, lambda names: not plain(names), BOOLEAN, (left, right), settled=True)


def _equal_run(side: Run, known: Piece, where: Where) -> Run:
    """Equality with a constant: one look at the class, then Python's own comparison."""
    value, cls = known.value, known.value.__class__
    if value is None:
        return lambda names: side(names) is None
    if cls in (str, bool, int):

        def fast(names: Any) -> bool:
            found = side(names)
            return bool(found == value) if found.__class__ is cls else equal(found, value, where)

        return fast
    return lambda names: equal(side(names), value, where)


def ordering(shop: Workshop, node: Ordering, left: Piece, right: Piece) -> Piece:
    left, right = together(shop, left, right)
    for piece, other in ((left, right), (right, left)):
        kind = piece.type.kind
        if kind == "any" or (piece.constant and piece.value is None):
            continue
        if kind not in ORDERED:
            shop.mistake(piece.node, f"{piece.type.words} cannot be ordered", _order_help(kind, _own(shop, piece)))
            break
        if piece.type.options:
            shop.mistake(piece.node, "a choice has no order", f"write {_own(shop, piece)} in ['...', '...']")
            break
        if other.type.kind in ORDERED and kind != other.type.kind:
            words = f"{left.type.words} and {right.type.words} cannot be ordered"
            shop.mistake(node, words, _bridge(shop, left, right.type, right))
            break
    compare, where, first = ORDERINGS[node.operator], shop.where(node), left.run
    if right.constant and right.value.__class__ is int:
        limit = right.value

        def run(names: Any) -> bool | None:
            value = first(names)
            return compare(value, limit) if value.__class__ is int else order(compare, value, limit, where)

        return shop.made(node, run, BOOLEAN, (left, right), settled=True)
    second = right.run

    def general(names: Any) -> bool | None:
        a, b = first(names), second(names)
        return compare(a, b) if a.__class__ is int and b.__class__ is int else order(compare, a, b, where)

    return shop.made(node, general, BOOLEAN, (left, right), settled=True)


def containing(shop: Workshop, node: Contains, member: Piece, container: Piece, items: tuple[Piece, ...]) -> Piece:
    """`member in container`; `items` are the parts of a list written out."""
    where, side = shop.where(node), member.run
    if isinstance(node.container, ListOf):
        items = tuple(together(shop, member, item)[1] for item in items)
        for item in items:
            _check_equal(shop, member, item.type, item)
        texts = frozenset(i.value for i in items if isinstance(i.value, str))
        if items and all(i.constant for i in items):
            values = [i.value for i in items]
            run = _in_texts(side, texts, values, where)
            return shop.made(node, run, BOOLEAN, (member, container), settled=True)
    else:
        _check_container(shop, node.container, member, container.type)
    inner = container.run
    return shop.made(
        node, lambda names: contains(side(names), inner(names), where), BOOLEAN, (member, container), settled=True
    )


def _in_texts(side: Run, texts: frozenset[str], values: list[Any], where: Where) -> Run:
    def run(names: Any) -> bool:
        value = side(names)
        return value in texts if value.__class__ is str else contains(value, values, where)

    return run


def _check_container(shop: Workshop, node: Node, member: Piece, type: Type) -> None:
    if type.kind == "text":
        shop.mistake(node, "in wants a list, found a text", "a text is searched with contains(text, part)")
    elif type.kind == "list" or type.item is not None:
        if type.item is not None:
            _check_equal(shop, member, type.item, None)
    elif type.kind != "any":
        shop.mistake(node, f"in wants a list, found {type.words}")


def together(shop: Workshop, left: Piece, right: Piece) -> tuple[Piece, Piece]:
    """A text constant beside a date, time, moment or duration is read as one."""
    for piece, other, first in ((right, left, False), (left, right, True)):
        if other.constant and not piece.constant:
            continue
        expected = _MOMENT_KINDS.get(other.type.kind)
        if expected and piece.constant and isinstance(piece.value, str):
            meant = constant_of(piece.value, other.type.kind)
            if meant is None:
                shop.mistake(piece.node, f'expected {expected}, found "{piece.value[:40]}"')
                return left, left if not first else right
            read = constant(piece.node, meant, other.type)
            return (read, right) if first else (left, read)
    return left, right


def _check_equal(shop: Workshop, left: Piece, type: Type, right: Piece | None) -> None:
    """Two types that can never be equal, and options that do not exist."""
    a, b = left.type, type
    if (left.constant and left.value is None) or (right is not None and right.constant and right.value is None):
        return
    if not comparable(a, b):
        hint = "write x in list" if "list" in (a.kind, b.kind) else _bridge(shop, left, b, right)
        at = right.node if right is not None and right.constant else left.node
        shop.mistake(at, f"{a.words} is never equal to {b.words}", hint)
    if right is not None:
        check_option(shop, right, a)
    check_option(shop, left, b)


def comparable(a: Type, b: Type) -> bool:
    """Whether values of the two types may be equal: the same kind, or a record and the text that is its key."""
    if a.is_any or b.is_any or a.kind == b.kind:
        return True
    return {a.kind, b.kind} in ({"record", "text"}, {"record", "location"})


def check_option(shop: Workshop, piece: Piece, type: Type) -> None:
    """A text constant where only certain texts can be."""
    if type.options and piece.constant and isinstance(piece.value, str) and piece.value not in type.options:
        what = f"{type.title} has" if type.title else "there is"
        message = f'{what} no option "{piece.value[:40]}"'
        shop.mistake(piece.node, message, did_you_mean(piece.value, type.options), code="unknown-option")


def _order_help(kind: str, own: str) -> str:
    helps = {"list": f"write {own}.count", "location": f"write distance({own}, b)", "boolean": "write == true"}
    return helps.get(kind, "")


def _own(shop: Workshop, piece: Piece) -> str:
    """A part as its author wrote it."""
    return shop.text[piece.node.at : piece.node.end].strip()


def _bridge(shop: Workshop, left: Piece, type: Type, right: Piece | None) -> str:
    """How the two could be compared; `right` is None where only the type of that side is known."""
    kinds = {left.type.kind, type.kind}
    if kinds == {"date", "datetime"}:
        return "write date(moment), or compare with now"
    side = left if left.type.kind == "text" else right
    if kinds != {"text", "number"} or side is None:
        return ""
    if not side.constant:
        return f"write number({_own(shop, side)})"
    return f"write {side.value} without quotes" if _NUMBER.fullmatch(str(side.value)) else ""
