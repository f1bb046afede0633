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
"""Newest first, oldest first, most urgent first with those that have no deadline last. `-due` is for what has ended: the newest first."""

_C = schema.CASES.c
_NOTHING: ColumnElement[Any] = literal_column("''")
DUE = schema.DUE_AT
_OPEN = case((_C.ended.is_(None), literal_column("'True'")), else_=literal_column("'False'"))
_MARKED: ColumnElement[int] = literal_column("1")

BY_UNIT, BY_ID = ("node",), ("workflow", "node", "unit")
"""Columns by which nothing is looked up where several units, or ids, lead there sooner."""

FEW = 2000
"""Up to how many cases that hold a value are looked up by it; where there are more, each case is asked."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which cases are asked for; None asks for all.

    owner       an actor or pool whose task it is
    text        part of the number or of what the index holds, but for the fields `unsearched`
    where       fields and what they hold: a text, a number, or None for nothing
    often       those of these fields of which more than FEW cases hold that
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
    often: frozenset[str] = frozenset()
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
            yield schema.CASES, self.filters(sought, BY_ID if sought.rarely is not None else ()), _C.id
            return
        for source, seen, id_, compared in self._seen(sight, sought):
            yield source, and_(seen, self.filters(sought, compared)), id_

    def _seen(
        self, sight: Sight, sought: Sought
    ) -> Iterator[tuple[FromClause, ColumnElement[bool], ColumnElement[str], tuple[str, ...]]]:
        """The parts of what he sees, and by which columns each is not to be looked up, because it is found sooner otherwise."""
        own, tie = sight.own, schema.CASE_INDEX.alias("tie")
        tied, still = tie.join(schema.CASES, _C.id == tie.c.case_id), self._marked(tie.c.open, sought)
        near = sought.open is True and sought.workflow is not None and own.units is not None
        several = BY_UNIT if own.units is not None and len(own.units) != 1 and sought.unit is None else ()
        by_name, *by_pool = self._waiting(own, tie.c.name, schema.TIED, apart=sight.whole)
        if sought.mine is not None and sought.open is True:
            yield schema.CASES, _C.id.in_(self._members(sought.mine)), _C.id, BY_ID
        else:
            yield tied, and_(by_name, tie.c.text == _NOTHING, still), tie.c.case_id, BY_ID
        for named in by_pool:
            if near:
                # The open cases of his units are few; what waits for the pool waits for it in all units.
                i = schema.CASE_INDEX.alias("pool").c
                pools = self._one_of(i.name, [f"{schema.TIED}{pool}" for pool in own.pools])
                waits = exists().where(i.case_id == _C.id, pools, i.text == _NOTHING)
                if not sight.whole:
                    yield schema.CASES, and_(self._served(own), waits), _C.id, several
                yield schema.CASES, and_(_C.unit.is_(None), waits), _C.id, ()
            else:
                yield tied, and_(named, tie.c.text == _NOTHING, still), tie.c.case_id, BY_ID
        for each in sight.stand_ins:
            task = schema.TASKS.alias("task")
            meant = true() if each.workflows is None else _C.workflow.in_(self._members(each.workflows))
            for named in self._waiting(each.hands, task.c.holder):
                yield task.join(schema.CASES, _C.id == task.c.case_id), and_(named, meant), task.c.case_id, BY_ID
        if sight.whole:
            yield schema.CASES, self._served(own), _C.id, several
        for condition in sight.conditions:
            yield schema.CASES, self.holds(condition), _C.id, ()

    def _marked(self, column: ColumnElement[Any], sought: Sought) -> ColumnElement[bool]:
        """That a row of the index is of an open case, or of one that has ended, where that is asked."""
        if sought.open is None:
            return true()
        return column == _MARKED if sought.open else column.is_(None)

    def _waiting(
        self, hands: Hands, holder: ColumnElement[str], mark: str = "", *, apart: bool = False
    ) -> Iterator[ColumnElement[bool]]:
        """That a case waits for somebody by his name; and, of cases in units he is there for, by one of his pools.

        `apart`: those in his units are found otherwise.
        """
        yield holder == self._give(f"{mark}{hands.actor}")
        if hands.pools:
            named = self._one_of(holder, [f"{mark}{pool}" for pool in hands.pools])
            yield and_(named, _C.unit.is_(None) if apart else or_(_C.unit.is_(None), self._served(hands)))

    def _served(self, hands: Hands) -> ColumnElement[bool]:
        return true() if hands.units is None else self._one_of(_C.unit, sorted(hands.units))

    def _one_of(self, column: ColumnElement[Any], texts: Sequence[str]) -> ColumnElement[bool]:
        return column == self._give(texts[0]) if len(texts) == 1 else column.in_(self._members(texts))

    def holds(self, condition: RowCondition, *, rarely: Sought | None = None) -> ColumnElement[bool]:
        """The condition; true or false for every case, never unknown. `rarely`: it holds for few of these, which are looked up."""
        match condition:
            case Among():
                return self._among(condition, rarely=rarely)
            case Negated(part):
                return negation(self.holds(part))
            case Every(parts):
                return and_(true(), *(self.holds(part, rarely=rarely) for part in parts))
        no = literal_column("0") == literal_column("1")
        return or_(no, *(self.holds(part, rarely=rarely) for part in condition.parts))

    def _among(self, among: Among, *, rarely: Sought | None) -> ColumnElement[bool]:
        texts = self._members([text for text in among.texts if text])
        if among.name == "open":
            return _OPEN.in_(texts)
        column = COLUMNS.get(among.name)
        if column is not None:
            empty = func.coalesce(column, _NOTHING) == _NOTHING
            held = and_(negation(empty), column.in_(texts))
            return or_(held, empty) if among.empty else held
        if rarely is not None and not among.empty:
            return _C.id.in_(self.held(rarely, among))
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
        found += [self._holding(sought, name, value) for name, value in sought.where]
        found += [self.holds(condition) for condition in sought.conditions]
        if sought.rarely is not None:
            found.append(self.holds(sought.rarely, rarely=sought))
        if sought.text is not None:
            found.append(self._holding_text(sought.text, sought.unsearched))
        return and_(*found)

    def holding(self, sought: Sought, name: str, value: str | float) -> Select[Any]:
        """The ids of cases that hold that value, of open ones alone where these are sought."""
        if isinstance(value, str):
            return self.held(sought, Among(name, (value,)))
        i = schema.CASE_INDEX.alias("held").c
        return select(i.case_id).where(i.name == self._give(name), i.number == self._give(value))

    def held(self, sought: Sought, among: Among) -> Select[Any]:
        """The ids of cases of which a field holds one of these texts, of open ones alone where these are sought."""
        i = schema.CASE_INDEX.alias("held").c
        # Of what fields hold, the mark tells all that is open, but it may outlive the end of a case.
        still = i.open == _MARKED if sought.open else true()
        return select(i.case_id).where(i.name == self._give(among.name), self._one_of(i.text, among.texts), still)

    def _holding(self, sought: Sought, name: str, value: str | float | None) -> ColumnElement[bool]:
        if value is None:
            held = self._indexed(self._give(name), lambda i: func.coalesce(i.text, i.number).is_not(None))
            return negation(held)
        if name not in sought.often:
            return _C.id.in_(self.holding(sought, name, value))
        wanted = self._give(value)
        return self._indexed(self._give(name), lambda i: (i.text if isinstance(value, str) else i.number) == wanted)

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
        last = self._give(after[-1])
        if order == "due":
            due = self._give(after[0])
            return or_(due < DUE, and_(due == DUE, id_ > last))
        return id_ > last if order == "created" else id_ < last

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


def ordering(order: Order, id_: ColumnElement[str], due: ColumnElement[int] = DUE) -> tuple[ColumnElement[Any], ...]:
    """Ids sort as cases were begun."""
    return (due, id_) if order == "due" else (id_.asc() if order == "created" else id_.desc(),)


def shape(sight: Sight) -> tuple[Any, ...]:
    if sight.everything:
        return ("everything",)
    stand_ins = tuple((_hands(each.hands), each.workflows is None) for each in sight.stand_ins)
    return (_hands(sight.own), stand_ins, sight.whole, tuple(_form(c) for c in sight.conditions))


def _hands(hands: Hands) -> tuple[Any, ...]:
    return (min(len(hands.pools), 2), None if hands.units is None else len(hands.units) == 1)


def _form(condition: RowCondition) -> tuple[Any, ...]:
    match condition:
        case Among(name, texts, empty):
            return ("among", name if name in COLUMNS or name == "open" else "", empty, len(texts) == 1)
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
    where = tuple((type(value), name in sought.often) for name, value in sought.where)
    conditions = tuple(_form(condition) for condition in sought.conditions)
    rarely = None if sought.rarely is None else _form(sought.rarely)
    return (*plain, sought.open, where, sought.text is not None, len(sought.workflows), conditions, rarely)
