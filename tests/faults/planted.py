"""Bugs on purpose, so that the harness can be seen to find them. A worker is given one by name and has it all its life."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flowkit.engine import decide
from flowkit.engine.draft import Draft
from flowkit.runtime import due, judging, outbox, writer
from flowkit.runtime.delivery import Delivery
from flowkit.store import schema
from flowkit.store.connection import Connection
from flowkit.store.dialect import SQLite

CONNECTION: Any = Connection
DELIVERY: Any = Delivery
DUE: Any = due
JUDGING: Any = judging
OUTBOX: Any = outbox.Outbox
SQLITE: Any = SQLite
WRITER: Any = writer
"What is patched, out of sight of whoever checks types."


def forget_to_commit() -> None:
    """Acknowledge what was never committed, now and then."""
    commit = CONNECTION.commit

    def sometimes(self: Any) -> None:
        self.turn = getattr(self, "turn", 0) + 1
        if self.turn % 20:
            commit(self)
        else:
            self.rollback()

    CONNECTION.commit = sometimes


def forget_keys() -> None:
    """Do not write down under which key a command happened."""
    _rows_without("keys")


def forget_ended_timers() -> None:
    """Leave the timers of a case that has ended where they are."""
    _rows_without("drop_timers")


def commit_half_way() -> None:
    """Let a step reach the disk in two pieces."""
    write = WRITER.write

    def torn(connection: Connection, statements: Any, rows: Any, reach: Callable[[str], None]) -> None:
        def halfway(name: str) -> None:
            if name == "write-tasks":
                connection.commit()
                connection.begin()
            reach(name)

        write(connection, statements, rows, halfway)

    WRITER.write = torn


def begin_apart_from_the_plan() -> None:
    """Let the case that a schedule begins and the plan that says so reach the disk one after the other."""
    write = WRITER.write

    def torn(connection: Connection, statements: Any, rows: Any, reach: Callable[[str], None]) -> None:
        def before(name: str) -> None:
            # What people sent in the same batch would show it by their keys already.
            if name == "write-plans" and not rows.keys:
                connection.commit()
                connection.begin()
            reach(name)

        write(connection, statements, rows, before)

    WRITER.write = torn


def plan_apart_from_the_case() -> None:
    """Let a plan go on before the case that it begins has reached the disk."""
    write = WRITER.write

    def torn(connection: Connection, statements: Any, rows: Any, reach: Callable[[str], None]) -> None:
        if rows.plans:
            connection.write(statements.upsert(schema.PLANS), rows.plans)
            connection.commit()
            connection.begin()
        write(connection, statements, rows, reach)

    WRITER.write = torn


def forget_finished_plans() -> None:
    """Do not plan anew when the work that a schedule has begun is done."""
    _rows_without("finish_plans")


def keep_the_journal_in_memory() -> None:
    """Write into the database itself, and keep what stood there before where no kill spares it."""

    def careless(self: SQLite, driver: Any) -> None:
        for pragma in ("busy_timeout=10000", "journal_mode=MEMORY", "synchronous=FULL", "temp_store=MEMORY"):
            driver.execute(f"PRAGMA {pragma}")

    SQLITE.prepare = careless


def send_under_a_new_key() -> None:
    """Send each try of a message under a key of its own."""
    made = DELIVERY._message

    def message(self: Delivery, claimed: outbox.Claimed) -> Any:
        whole, problem = made(self, claimed)
        return replace(whole, key=f"{whole.key}/{claimed.attempts}"), problem

    DELIVERY._message = message


def send_after_marking() -> None:
    """Note a message as sent before it is sent."""
    send = OUTBOX._try

    def early(self: outbox.Outbox, claimed: outbox.Claimed) -> None:
        self._settle(claimed, outbox.Settled("done", ""))
        send(self, claimed)

    OUTBOX._try = early


def fire_early() -> None:
    """Think it a minute later than it is when timers are looked for, and do not ask again when they are judged."""
    micros, timeout = DUE.micros, decide._KINDS["timeout"]

    def hasty(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
        deadlines = tuple(replace(d, due=draft.now) for d in draft.case.deadlines)
        draft.case = replace(draft.case, deadlines=deadlines)
        timeout(draft, data, case_id)

    DUE.micros = lambda moment: micros(moment + timedelta(minutes=1))
    decide._KINDS = {**decide._KINDS, "timeout": hasty}


def _rows_without(table: str) -> None:
    build = JUDGING.build

    class Nothing(list):  # type: ignore[type-arg]
        def append(self, row: Any) -> None:
            pass

    def forgetful(*given: Any) -> Any:
        step = build(*given)
        setattr(step.rows, table, Nothing())
        return step

    JUDGING.build = forgetful


BUGS: Mapping[str, tuple[Callable[[], None], str, str]] = {
    "forget to commit": (forget_to_commit, "lost: |later", ""),
    "forget keys": (forget_keys, "doubled: |later|taken again", "before-ack"),
    "forget ended timers": (forget_ended_timers, "timers", ""),
    "commit half way": (commit_half_way, "tasks|timers|lost: |doubled: |later", "write-tasks"),
    "begin apart from the plan": (begin_apart_from_the_plan, "begun twice|forgotten", "write-plans"),
    "plan apart from the case": (plan_apart_from_the_case, "forgotten", "write-plans"),
    "forget finished plans": (forget_finished_plans, "stands still", ""),
    "keep the journal in memory": (
        keep_the_journal_in_memory,
        "malformed|damaged|is not|chain|gap|without",
        "pwrite64",
    ),
    "send under a new key": (send_under_a_new_key, "nothing asks for it", "after-send"),
    "send after marking": (send_after_marking, "never taken", "before-send"),
    "fire early": (fire_early, "before it was due", ""),
}
"What each does, a pattern of what the harness must say then, and where to kill so that it soon shows."
