"""What building an expression yields piece by piece, and what all builders share: mistakes, reads, the scope at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flowkit.errors import EvaluationError
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.operators import Where, exact, truth
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.tree import Node
from flowkit.rules.language.types import ANY, Type

Run = Callable[[Any], Any]
Path = tuple[str, ...]

_INEXACT = frozenset({float, Decimal})


@dataclass(frozen=True, slots=True)
class Piece:
    """A built part: `run(names)` gives its value.

    `path` is the dotted name it reads, if it is nothing but that; `constant` says that `value` is already known;
    `settled` that a boolean can only be true, false or empty, so that nobody need look.
    """

    node: Node
    run: Run
    type: Type
    path: Path | None = None
    constant: bool = False
    value: Any = None
    settled: bool = False


class Workshop:
    """One expression under construction."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text, self.scope = text, scope
        self.errors: list[ExpressionError] = []
        self.reads: set[Path] = set()
        self.forms = 0  # how deep in list forms
        self.business = False  # whether it counts by a calendar

    def where(self, node: Node) -> Where:
        return Where(self.text, node.at)

    def mistake(
        self, node: Node, message: str, help: str = "", code: str = "type-mismatch", at: int | None = None
    ) -> None:
        start = node.at if at is None else at
        self.errors.append(ExpressionError(message, start, help, end=node.end, code=code))

    def unknown(self, node: Node) -> Piece:
        """What stands in for a part that was answered with a mistake, so that the rest can be checked too."""
        return Piece(node, lambda names: None, ANY)

    @contextmanager
    def inside(self, names: Mapping[str, Type]) -> Iterator[None]:
        """The scope of a row: `names` first, everything else behind them."""
        outer, self.scope = self.scope, self.scope.child(names)
        self.forms += 1
        try:
            yield
        finally:
            self.scope, self.forms = outer, self.forms - 1

    def made(self, node: Node, run: Run, type: Type, parts: tuple[Piece, ...], settled: bool = False) -> Piece:
        """A piece that is worked out now if all its parts are constants."""
        if not parts or not all(p.constant for p in parts):
            return Piece(node, run, type, settled=settled)
        try:
            value = run({})
        except EvaluationError as error:
            if not any(e.offset == node.at for e in self.errors):  # the types have said it already
                self.mistake(node, error.message)
            return self.unknown(node)
        return constant(node, value, type, settled)

    def condition(self, piece: Piece) -> Run:
        """The piece as a condition: true, false, or empty for what cannot be told.

        A switch that nobody has set is off; an ordering with an empty side stays unknown, under `not` too.
        """
        if piece.type.kind not in ("boolean", "any"):
            hint = "compare it with something" if piece.type.kind in ("number", "duration") else "write not empty(...)"
            self.mistake(piece.node, f"expected a condition, found {piece.type.words}", hint)
            return piece.run
        if piece.settled:
            return piece.run
        run, where = piece.run, self.where(piece.node)
        if piece.path is None:
            return lambda names: truth(run(names), where)

        def switch(names: Any) -> bool:
            value = run(names)
            return value if value is True or value is False else bool(truth(value, where))

        return switch


def constant(node: Node, value: Any, type: Type, settled: bool = False) -> Piece:
    return Piece(node, lambda names: value, type, constant=True, value=value, settled=settled)


def name_reader(name: str, where: Where) -> Run:
    """Looks a name up; a name that is not there is empty. Floats become exact, NaN does not get in."""

    def run(names: Any) -> Any:
        try:
            value = names[name]
        except KeyError:
            return None
        return exact(value, where) if value.__class__ in _INEXACT else value

    return run


def attribute_reader(target: Run, name: str, fetch: Callable[[Any, str, Where], Any], where: Where) -> Run:
    """Reads an attribute of what `target` gives; `fetch` is the general way, plain mappings go a shorter one."""

    def run(names: Any) -> Any:
        record = target(names)
        value = record.get(name) if record.__class__ is dict else fetch(record, name, where)
        return exact(value, where) if value.__class__ in _INEXACT else value

    return run


def unified(first: Type, second: Type) -> Type:
    """The type of what may be one or the other."""
    if first.kind != second.kind:
        return ANY
    return first if first == second else Type(first.kind, item=first.item if first.item == second.item else None)
