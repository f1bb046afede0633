"""Cases in pages, counted and found: one statement each, and only what one person sees.

What he sees is a union of branches, each with an index of its own and its own LIMIT: his ties, his pools, his units, then
conditions. The filters stand in each branch, so that nothing is read only to be thrown away. A statement is compiled once
for each shape of question; what is asked for are its parameters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, literal_column, or_, select, true
from sqlalchemy import not_ as negation
from sqlalchemy import union as union_of
from sqlalchemy.sql.selectable import FromClause

from flowkit.engine.row_condition import Among, Every, Negated, RowCondition
from flowkit.engine.sight import Hands, Sight
from flowkit.store import schema
from flowkit.store.connection import Connection, Row, Statement, compiled
from flowkit.store.dialect import Dialect

Order = Literal["-created", "created", "due"]
ORDERS: tuple[Order, ...] = ("-created", "created", "due")
"""Newest first, oldest first, most urgent first with those that have no deadline last."""

LATEST = 2**62
"A due moment later than all: where there is no deadline."

MOST_SHAPES = 1000
"How many compiled statements are kept."

_C = schema.CASES.c
_NOTHING: ColumnElement[Any] = literal_column("''")
_DUE = func.coalesce(_C.due, literal_column(str(LATEST)))
_OPEN = case((_C.ended.is_(None), literal_column("'True'")), else_=literal_column("'False'"))


@dataclass(frozen=True, slots=True)
class Sought:
    """Which cases are asked for; None asks for all.

    owner       an actor or pool whose task it is
    text        part of the number or of what the index holds, but for the fields `unsearched`
    where       fields and what they hold: a text, a number, or None for nothing
    named, ids  an id or number; some ids
    """

    workflow: str | None = None
    node: str | None = None
    unit: str | None = None
    open: bool | None = None
    owner: str | None = None
    text: str | None = None
    unsearched: tuple[str, ...] = ()
    where: tuple[tuple[str, str | float | None], ...] = ()
    id: str | None = None
    number: str | None = None
    ids: tuple[str, ...] | None = None


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

    def plan(self, connection: Connection, sight: Sight, sought: Sought, order: Order, most: int) -> list[str]:
        """The steps by which the database finds a page."""
        statement, *given = self._page(sight, sought, order, (), most)
        asked = Statement(f"EXPLAIN QUERY PLAN {statement.text}", statement.names, statement.order)
        return [str(row[-1]) for row in connection.read(asked, *given)]

    def _page(self, sight: Sight, sought: Sought, order: Order, after: tuple[Any, ...], most: int) -> tuple[Any, ...]:
        asked, parts = _Asked(self._dialect), []
        for source, seen, id_ in asked.branches(sight):
            part = select(id_.label("id")).select_from(source).where(seen, asked.filters(sought))
            if after:
                part = part.where(asked.behind(order, after, id_))
            parts.append(_limited(part.order_by(*_ordering(order, id_)), most))
        whole = select(_C.id, _C.body).where(_C.id.in_(_together(parts)))
        shape = ("page", order, bool(after), most, _shape(sight), _asked_for(sought))
        return self._prepared(_limited(whole.order_by(*_ordering(order, _C.id)), most), asked, shape)

    def count(self, connection: Connection, sight: Sight, sought: Sought) -> int:
        """How many there are."""
        asked = _Asked(self._dialect)
        statement = select(func.count()).select_from(_together(self._parts(asked, sight, sought)).subquery())
        shape = ("count", _shape(sight), _asked_for(sought))
        return int(connection.read(*self._prepared(statement, asked, shape))[0][0])

    def ids(self, connection: Connection, sight: Sight, sought: Sought) -> list[str]:
        """The ids of those there are, sorted."""
        asked = _Asked(self._dialect)
        found = _together(self._parts(asked, sight, sought)).subquery()
        shape = ("ids", _shape(sight), _asked_for(sought))
        return [row[0] for row in connection.read(*self._prepared(select(found).order_by(found.c.id), asked, shape))]

    def named(self, connection: Connection, sight: Sight, named: str) -> list[Row]:
        """The one (id, body) with that id, else at most two with that number."""
        by_id = self.page(connection, sight, Sought(id=named), "created", (), 1)
        return by_id or self.page(connection, sight, Sought(number=named), "created", (), 2)

    def _parts(self, asked: _Asked, sight: Sight, sought: Sought) -> list[Select[Any]]:
        return [
            select(id_.label("id")).select_from(source).where(seen, asked.filters(sought))
            for source, seen, id_ in asked.branches(sight)
        ]

    def _prepared(self, statement: Select[Any], asked: _Asked, shape: Any) -> tuple[Any, ...]:
        """The compiled statement and what is given with it."""
        known = self._known.get(shape)
        if known is None:
            if len(self._known) >= MOST_SHAPES:
                self._known.clear()
            known = self._known[shape] = compiled(statement, self._dialect)
        return (known, *(asked.given[name] for name in known.names))


class _Asked:
    """One question as conditions, with its parameters in `given`. Equal shapes give equal text."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.given: dict[str, Any] = {}

    def branches(self, sight: Sight) -> Iterator[tuple[FromClause, ColumnElement[bool], ColumnElement[str]]]:
        """What he sees, part by part: where it is read, on what condition, and the column that holds the case's id."""
        if sight.everything:
            yield schema.CASES, true(), _C.id
            return
        tie = schema.CASE_INDEX.alias("tie")
        tied = tie.join(schema.CASES, _C.id == tie.c.case_id)
        for named in self._waiting(sight.own, tie.c.name, schema.TIED):
            yield tied, and_(named, tie.c.text == _NOTHING), tie.c.case_id
        for each in sight.stand_ins:
            task = schema.TASKS.alias("task")
            meant = true() if each.workflows is None else _C.workflow.in_(self._members(each.workflows))
            for named in self._waiting(each.hands, task.c.holder):
                yield task.join(schema.CASES, _C.id == task.c.case_id), and_(named, meant), task.c.case_id
        if sight.whole:
            yield schema.CASES, self._served(sight.own), _C.id
        for condition in sight.conditions:
            yield schema.CASES, self.holds(condition), _C.id

    def _waiting(self, hands: Hands, holder: ColumnElement[str], mark: str = "") -> Iterator[ColumnElement[bool]]:
        """That a case waits for somebody by his name; and, of cases in units he is there for, by one of his pools."""
        yield holder == self._give(f"{mark}{hands.actor}")
        if hands.pools:
            pools = [f"{mark}{pool}" for pool in hands.pools]
            named = holder == self._give(pools[0]) if len(pools) == 1 else holder.in_(self._members(pools))
            yield and_(named, or_(_C.unit.is_(None), self._served(hands)))

    def _served(self, hands: Hands) -> ColumnElement[bool]:
        if hands.units is None:
            return true()
        units = sorted(hands.units)
        return _C.unit == self._give(units[0]) if len(units) == 1 else _C.unit.in_(self._members(units))

    def holds(self, condition: RowCondition) -> ColumnElement[bool]:
        """The condition; true or false for every case, never unknown."""
        match condition:
            case Among():
                return self._among(condition)
            case Negated(part):
                return negation(self.holds(part))
            case Every(parts):
                return and_(true(), *(self.holds(part) for part in parts))
        return or_(literal_column("0") == literal_column("1"), *(self.holds(part) for part in condition.parts))

    def _among(self, among: Among) -> ColumnElement[bool]:
        texts = self._members([text for text in among.texts if text])
        if among.name == "open":
            return _OPEN.in_(texts)
        column = _COLUMNS.get(among.name)
        if column is not None:
            empty = func.coalesce(column, _NOTHING) == _NOTHING
            held = and_(negation(empty), column.in_(texts))
            return or_(held, empty) if among.empty else held
        name = self._give(among.name)
        held = self._indexed(name, lambda index: index.text.in_(self._members(among.texts)))
        return or_(held, negation(self._indexed(name, lambda i: i.text.is_not(None)))) if among.empty else held

    def filters(self, sought: Sought) -> ColumnElement[bool]:
        equal = {n: getattr(sought, n) for n in ("id", "workflow", "node", "unit", "number")}
        found: list[ColumnElement[bool]] = [true()]
        found += [_C[name] == self._give(wanted) for name, wanted in equal.items() if wanted is not None]
        if sought.open is not None:
            found.append(_C.ended.is_(None) if sought.open else _C.ended.is_not(None))
        if sought.ids is not None:
            found.append(_C.id.in_(self._members(sought.ids)))
        if sought.owner is not None:
            t = schema.TASKS.alias("owned").c
            owned = select(t.case_id).where(t.holder == self._give(sought.owner), t.kind == literal_column("'owner'"))
            found.append(_C.id.in_(owned))
        found += [self._holding(name, value) for name, value in sought.where]
        if sought.text is not None:
            found.append(self._holding_text(sought.text, sought.unsearched))
        return and_(*found)

    def _holding(self, name: str, value: str | float | None) -> ColumnElement[bool]:
        i = schema.CASE_INDEX.alias("held").c
        called = i.name == self._give(name)
        if value is None:
            return _C.id.not_in(select(i.case_id).where(called, func.coalesce(i.text, i.number).is_not(None)))
        column = i.text if isinstance(value, str) else i.number
        return _C.id.in_(select(i.case_id).where(called, column == self._give(value)))

    def _holding_text(self, text: str, unsearched: Sequence[str]) -> ColumnElement[bool]:
        pattern = self._give("%" + "".join(f"/{c}" if c in "/%_" else c for c in text.lower()) + "%")
        i = schema.CASE_INDEX.alias("searched").c
        field = and_(
            func.substr(i.name, literal_column("1"), literal_column("1")) != literal_column(f"'{schema.TIED}'"),
            i.name.not_in(self._members(unsearched)),
        )
        inside = exists().where(i.case_id == _C.id, field, func.lower(i.text).like(pattern, escape="/"))
        return or_(func.lower(_C.number).like(pattern, escape="/"), inside)

    def behind(self, order: Order, after: tuple[Any, ...], id_: ColumnElement[str]) -> ColumnElement[bool]:
        if order == "due":
            due, last = self._give(after[0]), self._give(after[1])
            return or_(due < _DUE, and_(due == _DUE, id_ > last))
        last = self._give(after[0])
        return id_ < last if order == "-created" else id_ > last

    def _indexed(self, name: ColumnElement[Any], holds: Any) -> ColumnElement[bool]:
        i = schema.CASE_INDEX.alias("field").c
        return exists().where(i.case_id == _C.id, i.name == name, holds(i))

    def _give(self, value: Any) -> ColumnElement[Any]:
        name = f"p{len(self.given)}"
        self.given[name] = value
        return bindparam(name)

    def _members(self, values: Sequence[str]) -> Select[Any]:
        each = self._dialect.each(self._give(json.dumps(list(values), ensure_ascii=False)))
        return select(each.c.value)


_COLUMNS: dict[str, ColumnElement[Any]] = {
    name: _C[name] for name in ("workflow", "node", "unit", "applicant", "number", "outcome")
}


def _ordering(order: Order, id_: ColumnElement[str]) -> tuple[ColumnElement[Any], ...]:
    """Ids sort as cases were begun."""
    return (_DUE, id_) if order == "due" else (id_.desc() if order == "-created" else id_.asc(),)


def _limited(statement: Select[Any], most: int) -> Select[Any]:
    # Without an offset written out SQLAlchemy would bind one.
    return statement.limit(literal_column(str(int(most)))).offset(literal_column("0"))


def _together(parts: Sequence[Select[Any]]) -> Any:
    """The union of the branches, each with the limit of its own."""
    if len(parts) == 1:
        return parts[0]
    return union_of(*(select(part.subquery()) for part in parts))


def _shape(sight: Sight) -> tuple[Any, ...]:
    if sight.everything:
        return ("everything",)
    stand_ins = tuple((_hands(each.hands), each.workflows is None) for each in sight.stand_ins)
    return (_hands(sight.own), stand_ins, sight.whole, tuple(_form(c) for c in sight.conditions))


def _hands(hands: Hands) -> tuple[Any, ...]:
    return (min(len(hands.pools), 2), None if hands.units is None else len(hands.units) == 1)


def _form(condition: RowCondition) -> tuple[Any, ...]:
    match condition:
        case Among(name, _, empty):
            return ("among", name if name in _COLUMNS or name == "open" else "", empty)
        case Negated(part):
            return ("not", _form(part))
        case Every(parts):
            return ("and", *map(_form, parts))
    return ("or", *map(_form, condition.parts))


def _asked_for(sought: Sought) -> tuple[Any, ...]:
    plain = tuple(getattr(sought, n) is not None for n in ("id", "workflow", "node", "unit", "number", "ids", "owner"))
    return (*plain, sought.open, tuple(type(value) for _, value in sought.where), sought.text is not None)
