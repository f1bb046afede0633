"""One read for everything that a round of judging wants, whatever and however much it is.

Each kind of want is one branch of a UNION ALL and one JSON list among the parameters, so that a round is one statement.
Every branch answers in the same columns: (kind, a, b, c, d, n).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Select, bindparam, func, literal_column, or_, select, tuple_, union_all
from sqlalchemy.sql.elements import ColumnElement

from flowkit.store import schema
from flowkit.store.connection import Connection, Row, Statement, compiled
from flowkit.store.dialect import Dialect

Wants = Mapping[str, Iterable[Any]]
"""What to fetch, by kind, and what comes back:

case       ids                    -> (id, head, body, -, sequence)
key        [actor, key]           -> (actor, key, digest, result, -)
record     [entity, key]          -> (entity, key, body, -, 1 when it has gone from the files of the app)
line       [entity, key, field]   -> (entity, key, field, body, id), to be sorted by id
load       holders                -> (holder, -, -, -, count of tasks he owns)
personal   refs                   -> (ref, subject, ciphertext, key of the subject, -); absent when erased
person     subjects               -> (subject, key, -, -, -)
applicant  ids of cases           -> as `person`, kind `person`, for the applicants of these cases
pointed    [id of a case, entity] -> as `record`, kind `record`, those of that entity that the case's index points to
counter    names                  -> (name, -, -, -, value)
serial     series                 -> (series, -, -, -, the last number taken from it, 0 before the first)
inbox      keys                   -> (key, -, -, -, -) of those still there
named      texts                  -> (text, id, -, -, -), one for each case of that number or id
plan       [schedule, record]     -> (schedule, record, -, -, how often it has changed)
hits       [watch, key]           -> (watch, key, case, at, -), one for each case that has counted
"""

_encode = json.JSONEncoder(ensure_ascii=False).encode
_NOTHING: ColumnElement[Any] = literal_column("''")
_ZERO: ColumnElement[Any] = literal_column("0")


def gather(connection: Connection, statement: Callable[[tuple[str, ...]], Statement], wants: Wants) -> list[Row]:
    """All that is wanted, in one statement."""
    kinds = tuple(kind for kind in BRANCHES if wants.get(kind))
    lists = [_encode(list(wants[kind])) for kind in kinds]
    return connection.read(statement(kinds), *lists)


def gathering(dialect: Dialect, kinds: tuple[str, ...]) -> Statement:
    """The statement for these kinds of wants; its parameters are their JSON lists in the same order."""
    return compiled(union_all(*(BRANCHES[kind](dialect, kind) for kind in kinds)), dialect)


def _answer(kind: str, *columns: ColumnElement[Any] | None) -> Select[Any]:
    blank = (_NOTHING, _NOTHING, _NOTHING, _NOTHING, _ZERO)
    given = (*columns, *(None,) * (len(blank) - len(columns)))
    filled = [instead if column is None else column for column, instead in zip(given, blank, strict=True)]
    names = zip(filled, "abcdn", strict=True)
    return select(literal_column(f"'{kind}'").label("kind"), *(column.label(name) for column, name in names))


def _listed(dialect: Dialect, kind: str) -> Select[Any]:
    """The members of the list as a set to look in."""
    each = dialect.each(bindparam(kind))
    return select(each.c.value)


def _listed_tuples(dialect: Dialect, kind: str, width: int) -> Select[Any]:
    each = dialect.each(bindparam(kind))
    return select(*(dialect.member(each, i) for i in range(width)))


def _case(dialect: Dialect, kind: str) -> Select[Any]:
    t = schema.CASES.c
    return _answer("case", t.id, t.head, t.body, None, t.sequence).where(t.id.in_(_listed(dialect, kind)))


def _key(dialect: Dialect, kind: str) -> Select[Any]:
    t = schema.KEYS.c
    found = _answer("key", t.actor, t.key, t.digest, t.result)
    return found.where(tuple_(t.actor, t.key).in_(_listed_tuples(dialect, kind, 2)))


def _record(dialect: Dialect, kind: str) -> Select[Any]:
    t = schema.RECORDS.c
    found = _answer("record", t.entity, t.key, t.body, None, t.gone)
    return found.where(tuple_(t.entity, t.key).in_(_listed_tuples(dialect, kind, 2)))


def _line(dialect: Dialect, kind: str) -> Select[Any]:
    t = schema.RECORD_LINES.c
    found = _answer("line", t.entity, t.key, t.field, t.body, t.id)
    return found.where(tuple_(t.entity, t.key, t.field).in_(_listed_tuples(dialect, kind, 3)))


def _load(dialect: Dialect, kind: str) -> Select[Any]:
    # A count for each holder; grouping inside a UNION made SQLite ten times slower.
    each = dialect.each(bindparam(kind))
    t = schema.TASKS.c
    count = select(func.count()).where(t.holder == each.c.value, t.kind == literal_column("'owner'"))
    return _answer("load", each.c.value, None, None, None, count.scalar_subquery())


def _personal(dialect: Dialect, kind: str) -> Select[Any]:
    t, k = schema.PERSONAL.c, schema.PERSON_KEYS.c
    found = _answer("personal", t.ref, t.subject, t.ciphertext, k.key)
    joined = found.select_from(schema.PERSONAL.join(schema.PERSON_KEYS, t.subject == k.subject))
    return joined.where(t.ref.in_(_listed(dialect, kind)))


def _person(dialect: Dialect, kind: str) -> Select[Any]:
    t = schema.PERSON_KEYS.c
    return _answer("person", t.subject, t.key).where(t.subject.in_(_listed(dialect, kind)))


def _applicant(dialect: Dialect, kind: str) -> Select[Any]:
    t, c = schema.PERSON_KEYS.c, schema.CASES.c
    applicants = select(c.applicant).where(c.id.in_(_listed(dialect, kind)))
    return _answer("person", t.subject, t.key).where(t.subject.in_(applicants))


def _pointed(dialect: Dialect, kind: str) -> Select[Any]:
    each = dialect.each(bindparam(kind))
    case, entity = dialect.member(each, 0), dialect.member(each, 1)
    i, t = schema.CASE_INDEX.c, schema.RECORDS.c
    found = _answer("record", t.entity, t.key, t.body, None, t.gone)
    return found.select_from(each).where(i.case_id == case, t.entity == entity, t.key == i.text)


def _counter(dialect: Dialect, kind: str) -> Select[Any]:
    t = schema.COUNTERS.c
    return _answer("counter", t.name, None, None, None, t.value).where(t.name.in_(_listed(dialect, kind)))


def _serial(dialect: Dialect, kind: str) -> Select[Any]:
    each = dialect.each(bindparam(kind))
    t = schema.CASES.c
    last = select(func.max(t.serial)).where(t.series == each.c.value).scalar_subquery()
    return _answer("serial", each.c.value, None, None, None, func.coalesce(last, _ZERO))


def _inbox(dialect: Dialect, kind: str) -> Select[Any]:
    t = schema.INBOX.c
    return _answer("inbox", t.key).where(t.key.in_(_listed(dialect, kind)))


def _hits(dialect: Dialect, kind: str) -> Select[Any]:
    t = schema.WATCH_HITS.c
    found = _answer("hits", t.watch, t.key, t.case_id, t.at)
    return found.where(tuple_(t.watch, t.key).in_(_listed_tuples(dialect, kind, 2)))


def _plan(dialect: Dialect, kind: str) -> Select[Any]:
    t = schema.PLANS.c
    found = _answer("plan", t.schedule, t.record, None, None, t.n)
    return found.where(tuple_(t.schedule, t.record).in_(_listed_tuples(dialect, kind, 2)))


def _upload(dialect: Dialect, kind: str) -> Select[Any]:
    t, p = schema.UPLOADS.c, schema.PERSONAL.c
    found = _answer("upload", t.id, t.uploader, p.case_id, t.body)
    joined = found.select_from(schema.UPLOADS.join(schema.PERSONAL, p.ref == t.id))
    return joined.where(t.id.in_(_listed(dialect, kind)))


def _named(dialect: Dialect, kind: str) -> Select[Any]:
    each = dialect.each(bindparam(kind))
    t = schema.CASES.c
    called = or_(t.id == each.c.value, t.number == each.c.value)
    return _answer("named", each.c.value, t.id).select_from(each.join(schema.CASES, called))


BRANCHES: Mapping[str, Callable[[Dialect, str], Select[Any]]] = {
    "case": _case,
    "key": _key,
    "record": _record,
    "line": _line,
    "load": _load,
    "personal": _personal,
    "person": _person,
    "applicant": _applicant,
    "pointed": _pointed,
    "counter": _counter,
    "serial": _serial,
    "inbox": _inbox,
    "plan": _plan,
    "hits": _hits,
    "named": _named,
    "upload": _upload,
}
