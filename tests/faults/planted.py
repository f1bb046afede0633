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
from flowkit.store.connection import Connection


def forget_to_commit() -> None:
    """Acknowledge what was never committed, now and then."""
    commit = Connection.commit

    def sometimes(self: Connection) -> None:
        self.turn = getattr(self, "turn", 0) + 1
        if self.turn % 20:
            commit(self)
        else:
            self.rollback()

    Connection.commit = sometimes


def forget_keys() -> None:
    """Do not write down under which key a command happened."""
    _rows_without("keys")


def forget_ended_timers() -> None:
    """Leave the timers of a case that has ended where they are."""
    _rows_without("drop_timers")


def commit_half_way() -> None:
    """Let a step reach the disk in two pieces."""
    write = writer.write

    def torn(connection: Connection, statements: Any, rows: Any, reach: Callable[[str], None]) -> None:
        def halfway(name: str) -> None:
            if name == "write-tasks":
                connection.commit()
                connection.begin()
            reach(name)

        write(connection, statements, rows, halfway)

    writer.write = torn


def send_under_a_new_key() -> None:
    """Send each try of a message under a key of its own."""
    made = Delivery._message

    def message(self: Delivery, claimed: outbox.Claimed) -> Any:
        whole, problem = made(self, claimed)
        return replace(whole, key=f"{whole.key}/{claimed.attempts}"), problem

    Delivery._message = message


def send_after_marking() -> None:
    """Note a message as sent before it is sent."""
    send = outbox.Outbox._try

    def early(self: outbox.Outbox, claimed: outbox.Claimed) -> None:
        self._settle(claimed, outbox.Settled("done", ""))
        send(self, claimed)

    outbox.Outbox._try = early


def fire_early() -> None:
    """Think it a minute later than it is when timers are looked for, and do not ask again when they are judged."""
    micros, timeout = due.micros, decide._KINDS["timeout"]

    def hasty(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
        deadlines = tuple(replace(d, due=draft.now) for d in draft.case.deadlines)
        draft.case = replace(draft.case, deadlines=deadlines)
        timeout(draft, data, case_id)

    due.micros = lambda moment: micros(moment + timedelta(minutes=1))
    decide._KINDS = {**decide._KINDS, "timeout": hasty}


def _rows_without(table: str) -> None:
    build = judging.build

    class Nothing(list):  # type: ignore[type-arg]
        def append(self, row: Any) -> None:
            pass

    def forgetful(*given: Any) -> Any:
        step = build(*given)
        setattr(step.rows, table, Nothing())
        return step

    judging.build = forgetful


BUGS: Mapping[str, tuple[Callable[[], None], str]] = {
    "forget to commit": (forget_to_commit, "lost: |later"),
    "forget keys": (forget_keys, "doubled: |later"),
    "forget ended timers": (forget_ended_timers, "timers"),
    "commit half way": (commit_half_way, "tasks|timers|lost: |doubled: |later"),
    "send under a new key": (send_under_a_new_key, "nothing asks for it"),
    "send after marking": (send_after_marking, "never taken"),
    "fire early": (fire_early, "before it was due"),
}
"What each does, and a pattern of what the harness must say then."
