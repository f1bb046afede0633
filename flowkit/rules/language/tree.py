"""The shape of an expression after reading and before it means anything: nodes with the stretch of text they came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

OrderOperator = Literal["<", "<=", ">", ">="]
ArithmeticOperator = Literal["+", "-", "*", "/", "//", "%"]


@dataclass(frozen=True, slots=True)
class Node:
    """`at` is the offset of the first character, `end` the one just past the last."""

    at: int
    end: int


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """None, a truth value, an int or Decimal, a text, a date, a moment or a duration."""

    value: Any


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    target: Node
    name: str
    name_at: int


@dataclass(frozen=True, slots=True)
class Call(Node):
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negative(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    operator: Literal["and", "or"]
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Equality(Node):
    """`==`, or `<>` when `negated`."""

    left: Node
    right: Node
    negated: bool


@dataclass(frozen=True, slots=True)
class Ordering(Node):
    operator: OrderOperator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Contains(Node):
    member: Node
    container: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    operator: ArithmeticOperator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Ternary(Node):
    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Coalesce(Node):
    left: Node
    right: Node


def logic(operator: Literal["and", "or"], left: Node, right: Node) -> Logic:
    """`a and b and c` as one node of three, so that a long chain is not a deep tree."""
    items: tuple[Node, ...] = ()
    for side in (left, right):
        items += side.items if isinstance(side, Logic) and side.operator == operator else (side,)
    return Logic(left.at, right.end, operator, items)
