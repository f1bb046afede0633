"""Every other statement of the store, built from the tables and compiled once for a dialect."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Executable,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    not_,
    null,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from flowkit.store import schema
from flowkit.store.connection import Statement, compiled
from flowkit.store.dialect import Dialect
from flowkit.store.gathering import gathering
from flowkit.store.listing import Listing

OPEN = schema.OUTBOX.c.state == literal_column("'pending'")
"Written out, not bound: only so is the partial index of open messages used."

MOST_FOUND = 100
"How many records one value leads to."

KEPT = {"cases": ("series", "serial", "created"), "records": ("source", "given", "imported", "gone")}
"What is written with a row's first step only."


class Statements:
    """`gather(kinds)`, `listing` and one attribute a statement; parameters in the order of their names.

    `outbox_due(full)` and `calls_due(full)` leave out what goes to that many targets.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.listing = Listing(dialect)
        self.gather = cache(self._gather)
        self.upsert = cache(self._upsert)
        self.given_records = self._compiled(dialect.upsert(schema.RECORDS, ("imported",)))
        self.imported_records = self._compiled(dialect.upsert(schema.RECORDS, ("source", "given")))
        self.insert = cache(self._insert)
        self.insert_new = cache(self._insert_new)
        self._schema()
        self._cases()
        self._tasks()
        self._queues()
        self._outbox()
        self._index()
        self._files()
        self._records()
        self._refusals()
        self._plans()
        self._uploads()

    def _compiled(self, statement: Executable) -> Statement:
        return compiled(statement, self._dialect)

    def _some(self, statement: Select[Any], most: int) -> Statement:
        """At most so many rows. The number stands in the text: SQLAlchemy would bind an OFFSET beside it."""
        made = self._compiled(statement)
        return Statement(f"{made.text} LIMIT {most:d}", made.names, made.order)

    def _gather(self, kinds: tuple[str, ...]) -> Statement:
        return gathering(self._dialect, kinds)

    def _upsert(self, table: Table) -> Statement:
        return self._compiled(self._dialect.upsert(table, KEPT.get(table.name, ())))

    def _insert(self, table: Table) -> Statement:
        return self._compiled(insert(table).values({c.name: bindparam(c.name) for c in _given(table)}))

    def _insert_new(self, table: Table) -> Statement:
        statement = self._dialect.insert_new(table)
        return self._compiled(statement.values({c.name: bindparam(c.name) for c in _given(table)}))

    def _schema(self) -> None:
        self.has_version = Statement(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'", ()
        )
        self.version = self._compiled(text("SELECT version_num FROM alembic_version"))

    def _cases(self) -> None:
        c, h, d = schema.CASES.c, schema.HISTORY.c, schema.DEFINITIONS.c
        case: BindParameter[Any] = bindparam("case")
        whole = select(c.id, c.sequence, c.head, c.body)
        self.case = self._compiled(whole.where(c.id == case))
        self.cases_after = self._some(whole.where(c.id > case).order_by(c.id), 500)
        self.history = self._compiled(select(h.sequence, h.body, h.hash).where(h.case_id == case).order_by(h.sequence))
        self.orphans = self._compiled(
            select(h.case_id).distinct().where(~exists().where(c.id == h.case_id)).order_by(h.case_id)
        )
        versions = select(c.workflow, c.version, func.count()).where(c.ended.is_(None)).group_by(c.workflow, c.version)
        self.versions_in_use = self._compiled(versions)
        still_open = (c.workflow == bindparam("workflow"), c.ended.is_(None))
        self.open_cases = self._compiled(select(c.id, c.number, c.version).where(*still_open).order_by(c.id))
        self.definitions = self._compiled(select(d.hash))
        self.closure = self._compiled(select(d.closure).where(d.hash == bindparam("hash")))

    def _tasks(self) -> None:
        c, t = schema.CASES.c, schema.TASKS.c
        case: BindParameter[Any] = bindparam("case")
        holders = self._dialect.each(bindparam("holders"))
        held = select(t.holder, t.kind, t.visit, c.id, c.unit, c.number, c.workflow, c.node, c.body).join_from(
            schema.TASKS, schema.CASES, t.case_id == c.id
        )
        # Of pools only what is for these units ("null": for all), so that others' do not crowd out one's own.
        units: BindParameter[Any] = bindparam("units", type_=Text())
        mine = or_(
            t.holder.not_like(literal_column("'role:%'")),
            units == literal_column("'null'"),
            c.unit.is_(None),
            c.unit.in_(select(self._dialect.each(units).c.value)),
        )
        held_by_them = and_(t.holder.in_(select(holders.c.value)), mine)
        counted = select(t.holder, t.kind, c.id, c.unit).join_from(schema.TASKS, schema.CASES, t.case_id == c.id)
        by_due = (c.due.is_(None), c.due, c.id)
        self.tasks_held = self._some(held.where(held_by_them).order_by(*by_due), 1000)
        self.tasks_counted = self._some(counted.where(held_by_them), 1000)
        # What is late is few: it is looked up first, and whose task it is then. So no index of holders is to be taken.
        i = schema.CASE_INDEX.c
        nothing: ColumnElement[str] = literal_column("''")
        name: ColumnElement[str] = literal_column(f"'{schema.LATE}'")
        is_late: ColumnElement[str] = literal_column(f"'{schema.IS_LATE}'")
        late = select(i.case_id).where(i.name == name, i.text == is_late)
        theirs = and_(t.case_id.in_(late), t.holder.concat(nothing).in_(select(holders.c.value)), mine)
        self.late_tasks_held = self._some(held.where(theirs).order_by(*by_due), 1000)
        self.late_tasks_counted = self._some(counted.where(theirs), 1000)
        self.tasks_of = self._compiled(
            select(t.slot, t.visit, t.kind, t.holder).where(t.case_id == case, t.holder.is_not(None)).order_by(t.slot)
        )
        self.cases_of = self._compiled(
            select(t.case_id).distinct().where(t.holder == bindparam("holder")).order_by(t.case_id)
        )
        self.holders = self._compiled(select(t.holder).distinct().where(t.holder.is_not(None)))
        self.cases_held = self._compiled(
            select(c.id, c.unit)
            .join_from(schema.TASKS, schema.CASES, t.case_id == c.id)
            .where(t.holder == bindparam("holder"))
            .order_by(c.id)
        )
        self.drop_tasks = self._compiled(delete(schema.TASKS).where(t.case_id == case))

    def _queues(self) -> None:
        t, i = schema.TIMERS.c, schema.INBOX.c
        case: BindParameter[Any] = bindparam("case")
        now: BindParameter[Any] = bindparam("now")
        timer = select(t.case_id, t.slot, t.visit, t.name, t.n, t.due, t.attempts)
        self.timers_due = self._some(timer.where(t.due <= now).order_by(t.due), 100)
        self.timers_of = self._compiled(timer.where(t.case_id == case, t.name.is_not(None)).order_by(t.slot))
        self.timers_given_up = self._compiled(timer.where(t.due.is_(None), t.name.is_not(None)).order_by(t.case_id))
        self.next_timer = self._compiled(select(func.min(t.due)))
        self.drop_timers = self._compiled(delete(schema.TIMERS).where(t.case_id == case))
        self.put_off_timer = self._compiled(
            update(schema.TIMERS)
            .values(due=bindparam("later"), attempts=t.attempts + literal_column("1"))
            .where(
                t.case_id == case,
                t.visit == bindparam("in_visit"),
                t.name == bindparam("called"),
                t.n == bindparam("repetition"),
            )
        )
        row = select(i.key, i.case_id, i.kind, i.body, i.attempts)
        c = schema.CASES.c
        counted = c.body.like(literal_column("'%\"counted\"%'"))
        columns = [literal_column("'recount/'") + c.id, c.id, literal_column("'recount'"), bindparam("body"), now]
        again = select(*columns, literal_column("0"), literal_column("''")).where(c.ended.is_(None), counted)
        into = ["key", "case_id", "kind", "body", "due", "attempts", "error"]
        self.recount = self._compiled(self._dialect.insert_new(schema.INBOX).from_select(into, again))
        self.inbox_due = self._some(row.where(i.due <= now).order_by(i.due, i.key), 100)
        listed = select(i.key, i.case_id, i.kind, i.body, i.attempts, i.error).where(i.due.is_(None)).order_by(i.key)
        self.inbox_given_up = self._compiled(listed)
        self.next_inbox = self._compiled(select(func.min(i.due)))
        self.drop_inbox = self._compiled(delete(schema.INBOX).where(i.key == bindparam("gone")))
        self.put_off_inbox = self._compiled(
            update(schema.INBOX)
            .values(due=bindparam("later"), attempts=i.attempts + literal_column("1"), error=bindparam("why"))
            .where(i.key == bindparam("at"))
        )

    def _outbox(self) -> None:
        o, c = schema.OUTBOX.c, schema.CASES.c
        now: BindParameter[Any] = bindparam("now")
        before = schema.OUTBOX.alias("before")
        # A lane runs in order: only its oldest open message may be taken. One whose visit is over holds up nobody.
        first = ~exists().where(
            before.c.lane == o.lane,
            before.c.id < o.id,
            before.c.state == literal_column("'pending'"),
            or_(before.c.visit.is_(None), and_(before.c.visit == c.visit, c.ended.is_(None))),
        )
        due = (
            select(o.id, o.key, o.case_id, o.visit, o.kind, o.body, o.attempts, o.lease, o.token, c.visit, c.ended)
            .join_from(schema.OUTBOX, schema.CASES, c.id == o.case_id, isouter=True)
            .where(OPEN, o.due <= now, o.lease <= now, first)
        )
        call = o.kind == literal_column("'call'")
        self.outbox_due = cache(lambda full: self._due(due, full))
        self.calls_due = cache(lambda full: self._due(due.where(call), full))
        calls = select(func.min(o.due)).join_from(schema.OUTBOX, schema.CASES, c.id == o.case_id, isouter=True)
        self.next_call = self._compiled(calls.where(OPEN, call, first))
        mine = and_(o.id == bindparam("message"), o.token == bindparam("held"), OPEN)
        self.claim = self._compiled(
            update(schema.OUTBOX)
            .values(
                lease=bindparam("until"),
                token=o.token + literal_column("1"),
                attempts=o.attempts + literal_column("1"),
            )
            .where(mine)
        )
        self.settle = self._compiled(
            update(schema.OUTBOX)
            .values(
                state=bindparam("now_is"),
                attempts=o.attempts - bindparam("untried"),
                due=bindparam("later"),
                lease=bindparam("left"),
                error=bindparam("why"),
            )
            .where(mine)
        )
        again = (
            update(schema.OUTBOX)
            .values(
                state=literal_column("'pending'"),
                due=bindparam("from_now"),
                attempts=literal_column("0"),
                token=o.token + literal_column("1"),
            )
            .where(o.state == literal_column("'dead'"))
        )
        self.resend_all = self._compiled(again)
        self.resend = self._compiled(again.where(o.key == bindparam("one")))
        over = or_(c.visit.is_(None), c.visit != o.visit, c.ended.is_not(None))
        # What stands on the other side as long as a visit, and whose visit is over.
        self.to_finish = self._some(
            select(o.id, o.key, o.case_id, o.lane, o.kind, o.body, o.error)
            .join_from(schema.OUTBOX, schema.CASES, c.id == o.case_id, isouter=True)
            .where(o.state == literal_column("'standing'"), over)
            .order_by(o.id),
            100,
        )
        self.finished = self._compiled(
            update(schema.OUTBOX)
            .values(state=literal_column("'done'"))
            .where(o.id == bindparam("message"), o.state == literal_column("'standing'"))
        )
        listed = select(o.key, o.case_id, o.lane, o.kind, o.body, o.state, o.attempts, o.error)
        self.outbox_of = self._some(
            select(o.key, o.kind, o.body, o.state, o.attempts, o.error)
            .where(o.case_id == bindparam("case"))
            .order_by(o.id.desc()),
            200,
        )
        self.outbox_in = self._compiled(listed.where(o.state == bindparam("state")).order_by(o.id))

    def _index(self) -> None:
        c, i = schema.CASES.c, schema.CASE_INDEX.c
        self.cases_with = self._some(
            select(i.case_id)
            .join_from(schema.CASE_INDEX, schema.CASES, c.id == i.case_id)
            .where(
                i.name == bindparam("name"),
                i.text == bindparam("text"),
                i.open == literal_column("1"),
                c.ended.is_(None),
            ),
            2,
        )
        caught = select(c.id, i.text, c.body).join_from(schema.CASE_INDEX, schema.CASES, c.id == i.case_id)
        named: BindParameter[Any] = bindparam("name")
        self.cases_named = self._some(
            caught.where(i.name == named, i.text.is_not(None), c.ended.is_(None)).order_by(c.created, c.id), 1000
        )

    def _files(self) -> None:
        f = schema.FILES.c
        self.files_of = self._compiled(
            select(f.id, f.name, f.title, f.kind, f.sha256, f.size, f.created)
            .where(f.case_id == bindparam("case"))
            .order_by(f.created, f.id)
        )
        self.file = self._compiled(select(f.case_id, f.personal).where(f.id == bindparam("file")))

    def _due(self, due: Select[Any], full: int) -> Statement:
        """The oldest of these but for what goes to any of `full` targets: for each its kind, and how its lanes end."""
        o = schema.OUTBOX.c
        for number in range(full):
            kind: BindParameter[Any] = bindparam(f"full{number}")
            end: BindParameter[Any] = bindparam(f"end{number}", type_=Text())
            tail = func.substr(o.lane, func.length(o.lane) - func.length(end) + literal_column("1"))
            due = due.where(not_(and_(o.kind == kind, tail == end)))
        return self._some(due.order_by(o.due, o.id), 100)

    def _records(self) -> None:
        r, m, k = schema.RECORDS.c, schema.META.c, schema.COUNTERS.c
        of_entity = r.entity == bindparam("entity")
        i = schema.RECORD_INDEX.c
        self.clear_record_index = self._compiled(delete(schema.RECORD_INDEX))
        sought = (i.entity == bindparam("entity"), i.name == bindparam("name"), i.text == bindparam("text"))
        found = select(r.key, r.body).join_from(
            schema.RECORD_INDEX, schema.RECORDS, and_(r.entity == i.entity, r.key == i.key)
        )
        found = found.where(*sought, r.gone == literal_column("0")).order_by(r.key)
        self.records_found = self._some(found, MOST_FOUND)
        self.records_of = self._compiled(select(r.key, r.body).where(of_entity).order_by(r.key))
        in_use = (of_entity, r.gone == literal_column("0"))
        self.records_in_use = self._some(select(r.key, r.body).where(*in_use).order_by(r.key), 20_000)
        self.sources_of = self._compiled(select(r.key, r.source, r.given).where(of_entity))
        self.gone_of = self._compiled(select(r.key).where(of_entity, r.gone != literal_column("0")))
        self.leave_records = self._compiled(
            update(schema.RECORDS)
            .values(
                source=literal_column("''"),
                given=literal_column("''"),
                gone=literal_column("1") - r.imported,
                revision=bindparam("now_at"),
            )
            .where(r.entity == bindparam("of"), r.key == bindparam("left"))
        )
        s, since = schema.SUBSTITUTIONS.c, bindparam("since", type_=BigInteger())
        each = self._dialect.each(bindparam("entities"))
        held = select(r.entity, r.key, r.body, r.gone).where(r.entity.in_(select(each.c.value)), r.revision > since)
        standing_in = select(literal_column("''"), s.id, s.body, literal_column("0")).where(s.revision > since)
        self.people_since = self._compiled(union_all(held, standing_in))
        self.substitution = self._compiled(select(s.body).where(s.id == bindparam("id")))
        self.meta = self._compiled(select(m.value).where(m.name == bindparam("name")))
        self.counter = self._compiled(select(k.value).where(k.name == bindparam("name")))

    def _plans(self) -> None:
        p, r = schema.PLANS.c, schema.RECORDS.c
        of_schedule = p.schedule == bindparam("schedule")
        row = select(p.schedule, p.record, p.n, p.last, p.due, p.begin, p.case_id, p.attempts)
        c = schema.CASES.c
        # A database may hold plans of schedules that do not run here, or that the app no longer has.
        each = self._dialect.each(bindparam("running"))
        running = p.schedule.in_(select(each.c.value))
        self.plans_due = self._some(row.where(p.begin <= bindparam("now"), running).order_by(p.begin), 100)
        earliest = select(func.min(p.begin)).where(p.schedule == each.c.value).scalar_subquery()
        self.next_plan = self._compiled(select(func.min(earliest)).select_from(each))
        self.plans_coming = self._compiled(
            select(p.record, p.last, p.due, p.begin, p.was, c.id, c.number)
            .join_from(schema.PLANS, schema.CASES, and_(c.id == p.case_id, c.ended.is_(None)), isouter=True)
            .where(of_schedule, p.due <= bindparam("until"))
            .order_by(p.due, p.record)
        )
        given_up = select(p.schedule, p.record, p.case_id, p.attempts, p.error)
        self.plans_given_up = self._compiled(given_up.where(p.error != literal_column("''")))
        planned = exists().where(of_schedule, p.record == r.key)
        in_use = and_(r.entity == bindparam("entity"), r.gone == literal_column("0"))
        self.records_unplanned = self._some(select(r.key).where(in_use, ~planned).order_by(r.key), 500)
        # With the case begun last, while there is one. Those too whose case ended while the app did not have the schedule.
        left = and_(p.begin.is_(None), or_(c.id.is_(None), c.ended.is_not(None)))
        begun = row.add_columns(c.id, c.ended).join_from(schema.PLANS, schema.CASES, c.id == p.case_id, isouter=True)
        changed = begun.where(of_schedule, or_(p.basis != bindparam("basis"), left))
        self.plans_changed = self._some(changed.order_by(p.record), 500)
        waiting = row.add_columns(p.was).where(of_schedule, p.record >= bindparam("after"), p.begin.is_not(None))
        self.plans_after = self._some(waiting.order_by(p.record), 500)
        self.forget_plans = self._compiled(
            delete(schema.PLANS).where(
                of_schedule,
                p.n == literal_column("0"),
                p.record.in_(select(self._dialect.each(bindparam("records")).c.value)),
            )
        )
        self.finish_plan = self._compiled(
            update(schema.PLANS)
            .values(
                n=p.n + literal_column("1"),
                last=bindparam("ended"),
                due=bindparam("due_at"),
                begin=bindparam("begin_at"),
                was=null(),
            )
            .where(of_schedule, p.record == bindparam("of"), p.case_id == bindparam("case"), p.begin.is_(None))
        )
        self.put_off_plan = self._compiled(
            update(schema.PLANS)
            .values(begin=bindparam("later"), attempts=p.attempts + literal_column("1"), error=bindparam("why"))
            .where(of_schedule, p.record == bindparam("of"), p.n == bindparam("at"))
        )

    def _uploads(self) -> None:
        u, p, k = schema.UPLOADS.c, schema.UPLOAD_PARTS.c, schema.PERSONAL.c
        one: BindParameter[Any] = bindparam("id")
        both = schema.UPLOADS.join(schema.PERSONAL, k.ref == u.id)
        # Written out, as `OPEN`: only so is the partial index used.
        unused = k.case_id == literal_column("''")
        counted = select(func.count(), func.coalesce(func.sum(u.size), literal_column("0"))).select_from(both)
        self.unused_of = self._compiled(counted.where(unused, u.uploader == bindparam("uploader")))
        self.unused_like = self._compiled(counted.where(unused, u.uploader.like(bindparam("like"))))
        self.unused_since = self._some(
            select(u.id).select_from(both).where(unused, u.created <= bindparam("before")), 100
        )
        self.upload = self._compiled(select(u.uploader, k.case_id, u.body).select_from(both).where(u.id == one))
        self.upload_part = self._compiled(select(p.sealed).where(p.id == one, p.part == bindparam("part")))
        self.drop_upload = self._compiled(delete(schema.UPLOADS).where(u.id == one))
        self.drop_upload_parts = self._compiled(delete(schema.UPLOAD_PARTS).where(p.id == one))
        self.drop_personal = self._compiled(delete(schema.PERSONAL).where(k.ref == one))
        self.drop_person = self._compiled(
            delete(schema.PERSON_KEYS).where(schema.PERSON_KEYS.c.subject == bindparam("subject"))
        )

    def _refusals(self) -> None:
        r, c = schema.REFUSALS.c, schema.CASES.c
        day: BindParameter[Any] = bindparam("day")
        actor: BindParameter[Any] = bindparam("actor")
        named: BindParameter[Any] = bindparam("case")
        meant = select(c.id).where(or_(c.id == named, c.number == named)).limit(literal_column("1"))
        noted = select(func.count()).where(r.day == day, r.actor == actor).scalar_subquery()
        row = select(bindparam("at"), day, actor, bindparam("tried"), bindparam("code"), _first(meant))
        self.note_refusal = self._compiled(
            insert(schema.REFUSALS).from_select(
                ["at", "day", "actor", "tried", "code", "case_id"], row.where(noted < bindparam("most"))
            )
        )
        listed = select(r.at, r.actor, r.tried, r.code, r.case_id).order_by(r.id.desc())
        self.refusals = self._some(listed, 1000)


def _first(found: Select[Any]) -> ColumnElement[Any]:
    return found.offset(literal_column("0")).scalar_subquery()


def _given(table: Table) -> list[ColumnElement[object]]:
    """The columns whose values are given: all but a number that the database gives itself."""
    counted = table.autoincrement_column if table.name in {"outbox", "record_lines"} else None
    return [column for column in table.columns if column is not counted]
