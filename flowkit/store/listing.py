"""Cases in pages, counted and found: one statement each, and only what one person sees.

Each branch of what he sees has a LIMIT of its own, and the filters stand in each, so that nothing is read only to be thrown
away. A statement is compiled once for each shape of question; what is asked for are its parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy import union as union_of

from flowkit.engine.row_condition import COLUMNS as ROW
from flowkit.engine.row_condition import Among
from flowkit.engine.sight import Sight
from flowkit.store import schema
from flowkit.store.connection import Connection, Row, Statement, compiled
from flowkit.store.dialect import Dialect
from flowkit.store.schema import DUE_AT as DUE
from flowkit.store.schema import IS_LATE, LATE, LATEST
from flowkit.store.sought import COLUMNS, FEW, ORDERS, Asked, Order, Sought, asked_for, ordering, shape

__all__ = ["IS_LATE", "LATE", "LATEST", "ORDERS", "Listing", "Order", "Sought"]

MOST_COUNTED = 1000
"Up to how many the cases of a lane are counted."

MOST_LOOKED_AT = 2000
"Of how many cases, the first in order, it is found out which lanes there are."

MOST_SHAPES = 1000
"How many compiled statements are kept."

_C = schema.CASES.c


class Listing:
    """The statements of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[Any, Statement] = {}

    def page(
        self, connection: Connection, sight: Sight, sought: Sought, order: Order, after: tuple[Any, ...], most: int
    ) -> list[Row]:
        """At most so many (id, body) in that order, behind the one whose key is `after`: (id,), or (due, id)."""
        return connection.read(*self._page(sight, sought, order, after, most))

    def _page(self, sight: Sight, sought: Sought, order: Order, after: tuple[Any, ...], most: int) -> tuple[Any, ...]:
        asked, form = Asked(self._dialect), ("page", order, bool(after), most, shape(sight), asked_for(sought))
        found = self._found(asked, sight, sought, order, after, most).subquery()
        whole = select(_C.id, _C.body).where(_C.id.in_(select(found.c.id)))
        return self._prepared(_limited(whole.order_by(*ordering(order, _C.id)), most), asked, form)

    def weighed(self, connection: Connection, sought: Sought) -> Sought:
        """The same, told how to look for it: `often` is known, `rarely` holds for few. One statement for each value."""
        often, first = set[str](), sought.rarely
        for name, value in sought.where:
            asked = Asked(self._dialect)
            if value is not None and self._are_many(
                connection, asked, asked.holding(sought, name, value), (type(value), sought.open)
            ):
                often.add(name)
        if isinstance(first, Among) and not first.empty and first.name not in ROW:
            asked, form = Asked(self._dialect), ("among", len(first.texts) == 1, sought.open)
            if self._are_many(connection, asked, asked.held(sought, first), form):
                sought = replace(sought, rarely=None, conditions=(*sought.conditions, first))
        return replace(sought, often=frozenset(often))

    def _are_many(self, connection: Connection, asked: Asked, ids: Select[Any], form: tuple[Any, ...]) -> bool:
        counted = select(func.count()).select_from(_limited(ids, FEW + 1).subquery())
        return int(connection.read(*self._prepared(counted, asked, ("many", FEW, *form)))[0][0]) > FEW

    def lane(
        self, connection: Connection, sight: Sight, sought: Sought, order: Order, after: tuple[Any, ...], most: int
    ) -> tuple[list[Row], int]:
        """The same as `page`, and how many there are in all, counted up to one more than MOST_COUNTED."""
        rows = connection.read(*self._lane(sight, sought, order, after, most))
        return [(id_, body) for id_, body, _ in rows], min(int(rows[0][2]), MOST_COUNTED + 1) if rows else 0

    def _lane(self, sight: Sight, sought: Sought, order: Order, after: tuple[Any, ...], most: int) -> tuple[Any, ...]:
        asked, form = Asked(self._dialect), ("lane", order, bool(after), most, shape(sight), asked_for(sought))
        if after:
            page = self._found(asked, sight, sought, order, after, most).subquery()
            counted = _together(
                [_limited(part, MOST_COUNTED + 1) for part in self._parts(asked, sight, sought)]
            ).subquery()
            ids = select(page.c.id)
        else:
            # Those that are counted, in their order: the page are the first of them, so they are looked for once.
            counted = self._found(asked, sight, sought, order, (), MOST_COUNTED + 1).cte("found")
            ids = _limited(select(counted.c.id).order_by(*ordering(order, counted.c.id, counted.c.due)), most)
        number = select(func.count()).select_from(counted).scalar_subquery()
        whole = select(_C.id, _C.body, number).where(_C.id.in_(ids))
        return self._prepared(_limited(whole.order_by(*ordering(order, _C.id)), most), asked, form)

    def _found(
        self, asked: Asked, sight: Sight, sought: Sought, order: Order, after: tuple[Any, ...], most: int
    ) -> Any:
        """`id` and `due` of the first in that order, behind `after`: of each branch at most so many."""
        parts = []
        for part, id_ in self._branches(asked, sight, sought):
            found = part.add_columns(DUE.label("due"))
            # What has ended is due no more. Said outright, it leads through the indexes that begin with what is due.
            found = found.where(literal_column(str(LATEST)) == DUE) if order == "-due" else found
            behind = found.where(asked.behind(order, after, id_)) if after else found
            parts.append(_limited(behind.order_by(*ordering(order, id_)), most))
        return _together(parts)

    def held(self, connection: Connection, sight: Sight, sought: Sought, by: str, order: Order) -> list[str | None]:
        """What the first so many cases hold by which they are told apart: a column, `owner` or a field; None: nothing."""
        asked = Asked(self._dialect)
        found = self._found(asked, sight, sought, order, (), MOST_LOOKED_AT).subquery()
        key, source = asked.told_apart(by, found)
        statement = select(key).select_from(source).distinct().order_by(key)
        form = ("held", by in COLUMNS or by == "owner", by, order, shape(sight), asked_for(sought))
        return [row[0] for row in connection.read(*self._prepared(statement, asked, form))]

    def count(self, connection: Connection, sight: Sight, sought: Sought, most: int | None = None) -> int:
        """How many there are; with `most` no more than that are counted."""
        asked = Asked(self._dialect)
        parts = [part if most is None else _limited(part, most) for part in self._parts(asked, sight, sought)]
        found = _together(parts) if most is None else _limited(select(_together(parts).subquery()), most)
        statement = select(func.count()).select_from(found.subquery())
        form = ("count", most, shape(sight), asked_for(sought))
        return int(connection.read(*self._prepared(statement, asked, form))[0][0])

    def ids(self, connection: Connection, sight: Sight, sought: Sought) -> list[str]:
        """The ids of those there are, sorted."""
        asked = Asked(self._dialect)
        found = _together(self._parts(asked, sight, sought)).subquery()
        form = ("ids", shape(sight), asked_for(sought))
        return [row[0] for row in connection.read(*self._prepared(select(found).order_by(found.c.id), asked, form))]

    def standing(self, connection: Connection, sight: Sight, sought: Sought) -> list[Row]:
        """The (id, node, unit) of those there are."""
        asked = Asked(self._dialect)
        parts = [part.add_columns(_C.node, _C.unit) for part in self._parts(asked, sight, sought)]
        form = ("standing", shape(sight), asked_for(sought))
        return connection.read(*self._prepared(select(_together(parts).subquery()), asked, form))

    def named(self, connection: Connection, sight: Sight, named: str) -> list[Row]:
        """The one (id, body) with that id, else at most two with that number."""
        by_id = self.page(connection, sight, Sought(id=named), "created", (), 1)
        return by_id or self.page(connection, sight, Sought(number=named), "created", (), 2)

    def _parts(self, asked: Asked, sight: Sight, sought: Sought) -> list[Select[Any]]:
        return [part for part, _ in self._branches(asked, sight, sought)]

    def _branches(self, asked: Asked, sight: Sight, sought: Sought) -> Iterator[tuple[Select[Any], ColumnElement[str]]]:
        """Where the cases are looked for, part by part, and the column with their id."""
        for one in sought.each:
            for source, condition, id_ in asked.branches(sight, one):
                yield select(id_.label("id")).select_from(source).where(condition), id_

    def _prepared(self, statement: Select[Any], asked: Asked, shape: Any) -> tuple[Any, ...]:
        """The compiled statement and what is given with it."""
        known = self._known.get(shape)
        if known is None:
            if len(self._known) >= MOST_SHAPES:
                self._known.clear()
            known = self._known[shape] = compiled(statement, self._dialect)
        return (known, *(asked.given[name] for name in known.names))


def _limited(statement: Select[Any], most: int) -> Select[Any]:
    # Without an offset written out SQLAlchemy would bind one.
    return statement.limit(literal_column(str(int(most)))).offset(literal_column("0"))


def _together(parts: Sequence[Select[Any]]) -> Any:
    """The union of the branches, each with the limit of its own."""
    if len(parts) == 1:
        return parts[0]
    return union_of(*(select(part.subquery()) for part in parts))
