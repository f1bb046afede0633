"""The list forms: `sum count min max find any all (list, what, condition)`.

`what` and `condition` are worked out for each row with `row` as the row at hand; bare names mean what they mean
outside. With two arguments the second is *what* for sum, min and max, and the *condition* for count, find, any and
all:

    sum(lines, row.amount, row.kind == '工时')    count(lines, row.done)    find(lines, row.part == part).price

`find(list, condition)` is the first row that fits, `find(list, what, condition)` its *what*. `count(list, what,
condition)` counts the rows whose *what* is not empty. `min` and `max` of several numbers, dates or texts instead of
a list give the smallest or largest, as in Excel. Empty values are skipped; of nothing the sum is 0, min, max and
find are empty, any is false and all is true. A condition that cannot be told counts as not true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flowkit.rules.language.operators import ORDERINGS, Where, arithmetic, order, rows_of, truth
from flowkit.rules.language.pieces import Piece, Run, Workshop
from flowkit.rules.language.tree import Call, Node
from flowkit.rules.language.types import ANY, BOOLEAN, NUMBER, Type

LIST_FORMS: dict[str, str] = {
    "sum": "sum(list, what, condition)",
    "count": "count(list, condition)",
    "min": "min(list, what, condition)",
    "max": "max(list, what, condition)",
    "find": "find(list, condition)",
    "any": "any(list, condition)",
    "all": "all(list, condition)",
}
MAX_NESTING = 3
MAX_ROWS = 200_000  # rows looked at by one evaluation of an outermost form, inner forms counted in

_WHAT_SECOND = ("sum", "min", "max")
Build = Callable[[Node], Piece]


class Row:
    """The names inside a form: `row` is the row, everything else what was seen outside."""

    __slots__ = ("left", "outer", "row")

    def __init__(self, row: Any, outer: Any, left: list[int]) -> None:
        self.row, self.outer, self.left = row, outer, left

    def __getitem__(self, name: str) -> Any:
        return self.row if name == "row" else self.outer[name]


@dataclass(frozen=True, slots=True)
class Form:
    """The built parts of one form."""

    name: str
    rows: Run
    what: Run | None
    condition: Run | None
    where: Where

    def chosen(self, names: Any) -> Iterator[Row]:
        """The rows for which the condition is true."""
        left = names.left if names.__class__ is Row else [MAX_ROWS]
        condition, where = self.condition, self.where
        for row in rows_of(self.rows(names), where):
            left[0] -= 1
            if left[0] < 0:
                raise where.error(f"more than {MAX_ROWS} rows to look at")
            inner = Row(row, names, left)
            if condition is None or condition(inner) is True:
                yield inner

    def values(self, names: Any) -> Iterator[Any]:
        """What of each chosen row, empty ones skipped."""
        what = self.what
        for inner in self.chosen(names):
            value = inner.row if what is None else what(inner)
            if value is not None:
                yield value


def build_form(shop: Workshop, node: Call, build: Build) -> Piece:
    """Checks and builds a call of a list form."""
    if not 1 <= len(node.arguments) <= 3 and not (node.name in ("min", "max") and node.arguments):
        shop.mistake(node, f"expected {LIST_FORMS[node.name]}", code="bad-expression")
        return shop.unknown(node)
    if shop.forms >= MAX_NESTING:
        shop.mistake(node, f"list functions are nested deeper than {MAX_NESTING}", code="bad-expression")
        return shop.unknown(node)
    rows = build(node.arguments[0])
    scalars = node.name in ("min", "max") and len(node.arguments) > 1
    if scalars and rows.type.kind not in ("list", "any") and rows.type.item is None:
        return _extreme_of(shop, node, (rows, *(build(a) for a in node.arguments[1:])))
    if len(node.arguments) > 3:
        shop.mistake(node, f"expected {LIST_FORMS[node.name]}", code="bad-expression")
        return shop.unknown(node)
    _check_rows(shop, rows)
    parts = _row_parts(shop, node, rows, build)
    if scalars and (
        any(p.constant for p in parts) or (len(parts) > 1 and parts[1].type.kind not in ("boolean", "any"))
    ):
        return _extreme_of(shop, node, (rows, *parts))
    what, condition = _named(node.name, parts)
    form = Form(
        node.name,
        rows.run,
        what.run if what is not None else None,
        shop.condition(condition) if condition is not None else None,
        shop.where(node),
    )
    values = what.type if what is not None else (rows.type.item or ANY)
    _check_values(shop, node, values, what)
    run, of = _RUNS[node.name](form, values)
    if scalars and rows.type.is_any:
        run = _list_or_values(run, node.name, rows, tuple(parts), form.where)
    path = rows.path if node.name == "find" and what is None else None
    return Piece(node, run, of, path, settled=node.name in ("any", "all"))


def _row_parts(shop: Workshop, node: Call, rows: Piece, build: Build) -> list[Piece]:
    """The arguments after the list, built in the row's scope; what they read of `row` is read of the list."""
    outside, shop.reads = shop.reads, set()
    with shop.inside({"row": rows.type.item or ANY}):
        parts = [build(a) for a in node.arguments[1:]]
    inside, shop.reads = shop.reads, outside
    for path in inside:
        if path[0] != "row":
            shop.reads.add(path)
        elif rows.path is not None:
            shop.reads.add((*rows.path, *path[1:]))
    return parts


def _named(name: str, parts: list[Piece]) -> tuple[Piece | None, Piece | None]:
    """Which argument is *what* and which the *condition*."""
    if len(parts) == 2:
        return parts[0], parts[1]
    if not parts:
        return None, None
    return (parts[0], None) if name in _WHAT_SECOND else (None, parts[0])


def _check_rows(shop: Workshop, rows: Piece) -> None:
    of = rows.type
    if of.kind in ("list", "any") or of.item is not None or (of.kind == "record" and of.members is None):
        return
    shop.mistake(rows.node, f"expected a list, found {of.words}")


def _check_values(shop: Workshop, node: Call, values: Type, what: Piece | None) -> None:
    at = what.node if what is not None else node.arguments[0]
    if node.name == "sum" and values.kind not in ("number", "duration", "any"):
        hint = {
            "record": "say what to add: sum(lines, row.amount)",
            "boolean": "a condition comes third; count(list, condition) counts",
        }.get(values.kind, "")
        shop.mistake(at, f"sum adds numbers, found {values.words}", hint)
    elif node.name in ("min", "max") and values.kind in ("record", "location", "list", "boolean"):
        shop.mistake(at, f"{node.name} wants something with an order, found {values.words}")
    elif (
        node.name in ("any", "all")
        and values.kind not in ("boolean", "any")
        and (what is not None or len(node.arguments) == 1)
    ):
        shop.mistake(at, f"{node.name} wants conditions, found {values.words}")


def _sum(form: Form, values: Type) -> tuple[Run, Type]:
    nothing: Any = timedelta(0) if values.kind == "duration" else 0

    def run(names: Any) -> Any:
        total: Any = None
        for value in form.values(names):
            if total is None:  # added to a nothing of its own sort, so that a text is a misfit
                total = timedelta(0) if isinstance(value, timedelta) else 0
            total = arithmetic("+", total, value, form.where)
        return nothing if total is None else total

    return run, Type(values.kind if values.kind == "duration" else "number", optional=False)


def _count(form: Form, values: Type) -> tuple[Run, Type]:
    return lambda names: sum(1 for _ in (form.chosen(names) if form.what is None else form.values(names))), NUMBER


def _extreme(form: Form, values: Type) -> tuple[Run, Type]:
    return lambda names: extreme(form.name, form.values(names), form.where), Type(values.kind, options=values.options)


def extreme(name: str, values: Any, where: Where) -> Any:
    """The smallest or largest of values of one sort; empty ones are skipped."""
    compare = ORDERINGS["<" if name == "min" else ">"]
    best: Any = None
    for value in values:
        if value is None:
            continue
        if best is None:
            order(compare, value, value, where)  # a value that has no order is a misfit, alone too
            best = value
        elif order(compare, value, best, where):
            best = value
    return best


def _find(form: Form, values: Type) -> tuple[Run, Type]:
    def run(names: Any) -> Any:
        for inner in form.chosen(names):
            return inner.row if form.what is None else form.what(inner)
        return None

    return run, values


def _any(form: Form, values: Type) -> tuple[Run, Type]:
    if form.what is None and form.condition is not None:
        return lambda names: any(True for _ in form.chosen(names)), BOOLEAN
    return lambda names: any(truth(v, form.where) for v in form.values(names)), BOOLEAN


def _all(form: Form, values: Type) -> tuple[Run, Type]:
    condition = form.condition
    if form.what is None and condition is not None:
        every = Form(form.name, form.rows, condition, None, form.where)
        return lambda names: all(condition(inner) is True for inner in every.chosen(names)), BOOLEAN
    return lambda names: all(truth(v, form.where) for v in form.values(names)), BOOLEAN


_RUNS: dict[str, Callable[[Form, Type], tuple[Run, Type]]] = {
    "sum": _sum,
    "count": _count,
    "min": _extreme,
    "max": _extreme,
    "find": _find,
    "any": _any,
    "all": _all,
}


def _extreme_of(shop: Workshop, node: Call, parts: tuple[Piece, ...]) -> Piece:
    """`min(a, b)` of values that are no lists."""
    kinds = {p.type.kind for p in parts if not p.type.is_any}
    if len(kinds) > 1 or kinds & {"record", "location", "boolean", "list"}:
        shop.mistake(node, f"{node.name} wants numbers, or dates, or a list", f"write {LIST_FORMS[node.name]}")
    runs, where, name = tuple(p.run for p in parts), shop.where(node), node.name
    kind = parts[0].type if len(kinds) == 1 else ANY
    return shop.made(node, lambda names: extreme(name, (r(names) for r in runs), where), Type(kind.kind), parts)


def _list_or_values(form: Run, name: str, first: Piece, rest: tuple[Piece, ...], where: Where) -> Run:
    """Where nothing is known of the first argument, its value tells which of the two was meant."""

    def run(names: Any) -> Any:
        value = first.run(names)
        if value is not None and (
            isinstance(value, (list, tuple)) or (hasattr(value, "__iter__") and not isinstance(value, str))
        ):
            return form(names)
        return extreme(name, (value, *(p.run(names) for p in rest)), where)

    return run
