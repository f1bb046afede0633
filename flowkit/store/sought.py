"""What is asked of the cases, as conditions: what one person sees, and what he seeks. Equal shapes of questions give equal text.

What he sees is a union of branches, each with an index of its own: his ties, his pools, his units, then conditions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, literal_column, or_, select, true
from sqlalchemy import not_ as negation
from sqlalchemy.sql.selectable import FromClause

from flowkit.engine.row_condition import Among, Every, Negated, RowCondition
from flowkit.engine.sight import Hands, Sight
from flowkit.store import schema
from flowkit.store.dialect import Dialect

Order = Literal["-created", "created", "due", "-due"]
ORDERS: tuple[Order, ...] = ("-created", "created", "due")
"""Newest first, oldest first, most urgent first with those that have no deadline last. `-due` is that turned round: of ended ones the newest."""

_C = schema.CASES.c
_NOTHING: ColumnElement[Any] = literal_column("''")
DUE = schema.DUE_AT
_OPEN = case((_C.ended.is_(None), literal_column("'True'")), else_=literal_column("'False'"))


BY_UNIT, BY_ID = ("node",), ("workflow", "node", "unit")
"""Columns by which nothing is looked up where units, or ids, lead there sooner."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which cases are asked for; None asks for all.

    owner       an actor or pool whose task it is
    text        part of the number or of what the index holds, but for the fields `unsearched`
    where       fields and what they hold: a text, a number, or None for nothing
    named, ids  an id or number; some ids
    tied        an actor who has to do with it
    mine        the open cases that have to do with who looks, by his name, where they are known
    workflows   any of these, each looked for by itself; in place of `workflow`
    conditions  all of these hold
    rarely      holds too, and of few: so these are looked up, not each case asked
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
    tied: str | None = None
    mine: tuple[str, ...] | None = None
    workflows: tuple[str, ...] = ()
    conditions: tuple[RowCondition, ...] = ()
    rarely: RowCondition | None = None

    @property
    def each(self) -> tuple[Sought, ...]:
        """The same, workflow by workflow."""
        return tuple(replace(self, workflow=one, workflows=()) for one in self.workflows) or (self,)


class Asked:
    """One question as conditions, with its parameters in `given`. Equal shapes give equal text."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.given: dict[str, Any] = {}

    def branches(
        self, sight: Sight, sought: Sought
    ) -> Iterator[tuple[FromClause, ColumnElement[bool], ColumnElement[str]]]:
        """What he sees of what is sought, part by part: where it is read, on what condition, the column with the case's id."""
        if sight.everything:
            yield schema.CASES, self.filters(sought, BY_UNIT if sought.unit is not None else ()), _C.id
            return
        for source, seen, id_, compared in self._seen(sight, sought):
            yield source, and_(seen, self.filters(sought, compared)), id_

    def _seen(
        self, sight: Sight, sought: Sought
    ) -> Iterator[tuple[FromClause, ColumnElement[bool], ColumnElement[str], tuple[str, ...]]]:
        """The parts of what he sees, and by which columns each is not to be looked up, because it is found sooner otherwise."""
        plain = BY_UNIT if sought.unit is not None else ()
        tie = schema.CASE_INDEX.alias("tie")
        tied = tie.join(schema.CASES, _C.id == tie.c.case_id)
        near = sought.open is True and sought.workflow is not None and sight.own.units is not None
        by_name, *by_pool = self._waiting(sight.own, tie.c.name, schema.TIED)
        if sought.mine is not None and sought.open is True:
            mine = _C.id.in_(self._members(sought.mine))
            yield schema.CASES, mine, _C.id, BY_ID
        else:
            yield tied, and_(by_name, tie.c.text == _NOTHING), tie.c.case_id, BY_ID
        for named in by_pool:
            if near:
                # The open cases of his units are few; what waits for the pool waits for it in all units.
                i = schema.CASE_INDEX.alias("pool").c
                pools = self._members([f"{schema.TIED}{pool}" for pool in sight.own.pools])
                waits = exists().where(i.case_id == _C.id, i.name.in_(pools), i.text == _NOTHING)
                yield schema.CASES, and_(self._served(sight.own), waits), _C.id, BY_UNIT
                yield schema.CASES, and_(_C.unit.is_(None), waits), _C.id, BY_UNIT
            else:
                yield tied, and_(named, tie.c.text == _NOTHING), tie.c.case_id, BY_ID
        for each in sight.stand_ins:
            task = schema.TASKS.alias("task")
            meant = true() if each.workflows is None else _C.workflow.in_(self._members(each.workflows))
            for named in self._waiting(each.hands, task.c.holder):
                yield task.join(schema.CASES, _C.id == task.c.case_id), and_(named, meant), task.c.case_id, BY_ID
        if sight.whole:
            yield schema.CASES, self._served(sight.own), _C.id, BY_UNIT
        for condition in sight.conditions:
            yield schema.CASES, self.holds(condition), _C.id, plain

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

    def holds(self, condition: RowCondition, *, rarely: bool = False) -> ColumnElement[bool]:
        """The condition; true or false for every case, never unknown. `rarely`: it holds for few, which are looked up."""
        match condition:
            case Among():
                return self._among(condition, rarely=rarely)
            case Negated(part):
                return negation(self.holds(part))
            case Every(parts):
                return and_(true(), *(self.holds(part, rarely=rarely) for part in parts))
        no = literal_column("0") == literal_column("1")
        return or_(no, *(self.holds(part, rarely=rarely) for part in condition.parts))

    def _among(self, among: Among, *, rarely: bool) -> ColumnElement[bool]:
        texts = self._members([text for text in among.texts if text])
        if among.name == "open":
            return _OPEN.in_(texts)
        column = COLUMNS.get(among.name)
        if column is not None:
            empty = func.coalesce(column, _NOTHING) == _NOTHING
            held = and_(negation(empty), column.in_(texts))
            return or_(held, empty) if among.empty else held
        if rarely and not among.empty:
            i = schema.CASE_INDEX.alias("held").c
            found = select(i.case_id).where(i.name == self._give(among.name), i.text.in_(self._members(among.texts)))
            return _C.id.in_(found)
        name = self._give(among.name)
        held = self._indexed(name, lambda index: index.text.in_(self._members(among.texts)))
        return or_(held, negation(self._indexed(name, lambda i: i.text.is_not(None)))) if among.empty else held

    def filters(self, sought: Sought, compared: tuple[str, ...]) -> ColumnElement[bool]:
        """What is sought. Columns that are only `compared` stand in an expression, so that no index of theirs is taken."""
        found: list[ColumnElement[bool]] = [true()]
        for name in ("id", "workflow", "node", "unit", "number"):
            if (wanted := getattr(sought, name)) is not None:
                column = _C[name].concat(_NOTHING) if name in compared and sought.workflow is not None else _C[name]
                found.append(column == self._give(wanted))
        if sought.open is not None:
            found.append(_C.ended.is_(None) if sought.open else _C.ended.is_not(None))
        if sought.ids is not None:
            found.append(_C.id.in_(self._members(sought.ids)))
        if sought.owner is not None:
            t = schema.TASKS.alias("owned").c
            owned = select(t.case_id).where(t.holder == self._give(sought.owner), t.kind == literal_column("'owner'"))
            found.append(_C.id.in_(owned))
        if sought.tied is not None:
            i = schema.CASE_INDEX.alias("ties").c
            tied = select(i.case_id).where(i.name == self._give(f"{schema.TIED}{sought.tied}"), i.text == _NOTHING)
            found.append(_C.id.in_(tied))
        found += [self._holding(name, value) for name, value in sought.where]
        found += [self.holds(condition) for condition in sought.conditions]
        if sought.rarely is not None:
            found.append(self.holds(sought.rarely, rarely=True))
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
        if order in ("due", "-due"):
            due, last = self._give(after[0]), self._give(after[1])
            if order == "-due":
                return or_(due > DUE, and_(due == DUE, id_ < last))
            return or_(due < DUE, and_(due == DUE, id_ > last))
        last = self._give(after[0])
        return id_ < last if order == "-created" else id_ > last

    def told_apart(self, by: str, found: FromClause) -> tuple[ColumnElement[Any], FromClause]:
        """What the found cases (their `id`) hold under a column, `owner` or a field, and where it is read."""
        if by in COLUMNS:
            return COLUMNS[by], found.join(schema.CASES, _C.id == found.c.id)
        if by == "owner":
            t = schema.TASKS.alias("owned")
            return t.c.holder, found.outerjoin(
                t, and_(t.c.case_id == found.c.id, t.c.kind == literal_column("'owner'"))
            )
        i = schema.CASE_INDEX.alias("held")
        return i.c.text, found.outerjoin(i, and_(i.c.case_id == found.c.id, i.c.name == self._give(by)))

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


COLUMNS: dict[str, ColumnElement[Any]] = {
    name: _C[name] for name in ("workflow", "node", "unit", "applicant", "number", "outcome")
}


def ordering(order: Order, id_: ColumnElement[str]) -> tuple[ColumnElement[Any], ...]:
    """Ids sort as cases were begun."""
    if order == "-due":
        return DUE.desc(), id_.desc()
    return (DUE, id_) if order == "due" else (id_.desc() if order == "-created" else id_.asc(),)


def shape(sight: Sight) -> tuple[Any, ...]:
    if sight.everything:
        return ("everything",)
    stand_ins = tuple((_hands(each.hands), each.workflows is None) for each in sight.stand_ins)
    return (_hands(sight.own), stand_ins, sight.whole, tuple(_form(c) for c in sight.conditions))


def _hands(hands: Hands) -> tuple[Any, ...]:
    return (min(len(hands.pools), 2), None if hands.units is None else len(hands.units) == 1)


def _form(condition: RowCondition) -> tuple[Any, ...]:
    match condition:
        case Among(name, _, empty):
            return ("among", name if name in COLUMNS or name == "open" else "", empty)
        case Negated(part):
            return ("not", _form(part))
        case Every(parts):
            return ("and", *map(_form, parts))
    return ("or", *map(_form, condition.parts))


def asked_for(sought: Sought) -> tuple[Any, ...]:
    plain = tuple(
        getattr(sought, n) is not None
        for n in ("id", "workflow", "node", "unit", "number", "ids", "owner", "tied", "mine")
    )
    where = tuple(type(value) for _, value in sought.where)
    conditions = tuple(_form(condition) for condition in sought.conditions)
    rarely = None if sought.rarely is None else _form(sought.rarely)
    return (*plain, sought.open, where, sought.text is not None, len(sought.workflows), conditions, rarely)
