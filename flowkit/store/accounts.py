"""Statements about accounts and sessions."""

from __future__ import annotations

from sqlalchemy import BindParameter, bindparam, case, delete, literal_column, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from flowkit.store import schema
from flowkit.store.connection import compiled
from flowkit.store.dialect import Dialect


class AccountStatements:
    """One attribute a statement; parameters in the order of their names."""

    def __init__(self, dialect: Dialect) -> None:
        a, s = schema.ACCOUNTS.c, schema.SESSIONS.c
        named = a.name == bindparam("name_")
        one: ColumnElement[int] = literal_column("1")
        zero: ColumnElement[int] = literal_column("0")

        self.keep = compiled(dialect.upsert(schema.ACCOUNTS, ("created",)), dialect)
        self.account = compiled(select(a.actor, a.password, a.locked_until).where(named), dialect)
        self.all = compiled(select(a.name, a.actor, a.locked_until, a.created).order_by(a.name), dialect)
        self.remove = compiled(delete(schema.ACCOUNTS).where(named), dialect)
        # Each wrong try beyond the first few doubles the time until the next; counted in the database, so that two at once
        # are two.
        most: BindParameter[int] = bindparam("most")
        now: BindParameter[int] = bindparam("now")
        step: BindParameter[int] = bindparam("step")
        tries = a.refused + one
        self.refuse = compiled(
            update(schema.ACCOUNTS)
            .values(
                refused=tries,
                locked_until=case((tries >= most, now + step * (tries - most + one)), else_=a.locked_until),
            )
            .where(named),
            dialect,
        )
        self.accept = compiled(update(schema.ACCOUNTS).values(refused=zero, locked_until=zero).where(named), dialect)

        digest = s.digest == bindparam("digest_")
        self.begin = compiled(dialect.upsert(schema.SESSIONS), dialect)
        self.session = compiled(select(s.actor, s.begun, s.seen).where(digest), dialect)
        self.touch = compiled(update(schema.SESSIONS).values(seen=bindparam("seen_")).where(digest), dialect)
        self.end = compiled(delete(schema.SESSIONS).where(digest), dialect)
        self.end_of = compiled(delete(schema.SESSIONS).where(s.actor == bindparam("actor_")), dialect)
        old = or_(s.seen < bindparam("idle"), s.begun < bindparam("old"))
        self.sweep = compiled(delete(schema.SESSIONS).where(old), dialect)
