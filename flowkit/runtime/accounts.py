"""Who may come by the pages: accounts with a password, and sessions of those who have signed in.

Knows no password: whoever checks them says what is kept and what was right.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flowkit.clock import Clock
from flowkit.errors import RefusedError
from flowkit.runtime.rowtext import micros, moment
from flowkit.runtime.writer import Writer
from flowkit.store.accounts import AccountStatements
from flowkit.store.connection import Connection, Row, Statement
from flowkit.store.database import Database

IDLE, LONGEST = timedelta(hours=12), timedelta(days=14)
"A session ends when nobody used it for so long, and after so long in any case."

SEEN_EVERY = timedelta(minutes=5)
"How exactly it is known when a session was used: not each look is worth a write."

MOST_TRIES, LOCKED = 5, timedelta(minutes=1)
"After so many wrong passwords in a row an account is locked, a minute more each time."


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account: the name typed at signing in, and as whom that is. `locked_until` None while it is open."""

    name: str
    actor: str
    created: datetime
    locked_until: datetime | None


class Accounts:
    def __init__(self, database: Database, writer: Writer, clock: Clock) -> None:
        self._database, self._writer, self._clock = database, writer, clock
        self._statements = AccountStatements(database.dialect)

    # --- accounts -----------------------------------------------------------------------------------------------------

    def keep(self, name: str, actor: str, password: str) -> None:
        """Make an account, or change one: then whoever is signed in as that person must do so again."""
        if not 0 < len(name) <= 100 or not name.isprintable() or name != name.strip():
            raise RefusedError("invalid", f"登录名为 1 到 100 个可见字符: {name[:40]!r}")
        row = (name, actor, password, 0, 0, self._now())
        self._write((self._statements.keep, row), (self._statements.end_of, (actor,)))

    def remove(self, name: str) -> None:
        """RefusedError `unknown-account`."""
        found = self._read(self._statements.account, name)
        if not found:
            raise RefusedError("unknown-account", f"没有账号“{name[:40]}”")
        self._write((self._statements.remove, (name,)), (self._statements.end_of, (found[0][0],)))

    def listed(self) -> list[AccountView]:
        now = self._now()
        return [
            AccountView(name, actor, moment(created), moment(locked) if locked > now else None)
            for name, actor, locked, created in self._read(self._statements.all)
        ]

    def attempt(self, name: str) -> tuple[str, str] | None:
        """Actor and kept password of an account; None where there is none. RefusedError `locked`.

        It counts as a wrong try until `accept` says that it was right: whoever guesses many times at once has no more guesses
        than one after another.
        """
        now, statement = self._now(), self._statements.refuse
        given = {"most": MOST_TRIES, "now": now, "step": LOCKED // timedelta(microseconds=1), "name_": name}

        def run(inside: Connection) -> list[Row]:
            found = list(inside.read(self._statements.account, name))
            if not found or found[0][2] <= now:
                inside.write(statement, [tuple(given[n] for n in statement.names)])
            return found

        found = self._writer.perform(run)
        if not found:
            return None
        actor, password, locked = found[0]
        if locked > now:
            left = max(1, -(-(locked - now) // 60_000_000))
            raise RefusedError("locked", f"密码连续输错,账号已锁定,请 {left} 分钟后再试")
        return actor, password

    def accept(self, name: str) -> None:
        """The password of the last attempt was the right one."""
        self._write((self._statements.accept, (name,)))

    # --- sessions -----------------------------------------------------------------------------------------------------

    def begin_session(self, actor: str) -> str:
        """What the browser keeps: nobody else ever learns it, and we keep only its digest."""
        token, now = secrets.token_urlsafe(32), self._now()
        idle, old = (now - span // timedelta(microseconds=1) for span in (IDLE, LONGEST))
        statement = self._statements.sweep
        gone = tuple({"idle": idle, "old": old}[n] for n in statement.names)
        self._write((statement, gone), (self._statements.begin, (_digest(token), actor, now, now)))
        return token

    def session(self, token: str) -> str | None:
        """Who is signed in with that; None when nobody is any more."""
        found = self._read(self._statements.session, _digest(token))
        if not found:
            return None
        actor, begun, seen = found[0]
        now = self._now()
        if now - seen > IDLE // timedelta(microseconds=1) or now - begun > LONGEST // timedelta(microseconds=1):
            return None
        if now - seen > SEEN_EVERY // timedelta(microseconds=1):
            statement = self._statements.touch
            given = {"seen_": now, "digest_": _digest(token)}
            self._write((statement, tuple(given[n] for n in statement.names)))
        return str(actor)

    def end_session(self, token: str) -> None:
        self._write((self._statements.end, (_digest(token),)))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _now(self) -> int:
        return micros(self._clock.now())

    def _read(self, statement: Statement, *given: object) -> list[Row]:
        return list(self._database.connection().read(statement, *given))

    def _write(self, *steps: tuple[Statement, Row]) -> None:
        def run(inside: Connection) -> None:
            for statement, row in steps:
                inside.write(statement, [row])

        self._writer.perform(run)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
