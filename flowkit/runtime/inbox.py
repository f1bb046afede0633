"""What comes in from outside: written down once a key before anything else, so that it is never lost.

What it comes to is judged afterwards, as a command in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flowkit.engine.party import SYSTEM
from flowkit.errors import Problem, RefusedError
from flowkit.runtime.failpoints import reach
from flowkit.runtime.judging import Judge, unknown_case
from flowkit.runtime.rowtext import digest, dump, micros
from flowkit.runtime.staff import COUNTER, Snapshot
from flowkit.runtime.view import View
from flowkit.store import schema
from flowkit.store.connection import Connection
from flowkit.store.statements import Statements
from flowkit.values.contract import ValueProblem, misfit, typed
from flowkit.values.numbers import exact

LONGEST_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that happened outside. `key` tells one from another of the same sender; `values` as given."""

    case: str
    name: str
    values: Mapping[str, Any]
    by: str
    key: str

    @property
    def row_key(self) -> str:
        return f"{self.by}/{self.key}"

    @property
    def body(self) -> str:
        """Its text in the inbox. RefusedError for values that no JSON holds, or that hold control characters."""
        try:
            for text in (self.name, self.by, self.key):
                typed(text, "文字", LONGEST_TEXT)
            return dump({"name": self.name, "values": _plain(self.values), "by": self.by})
        except ValueProblem as problem:
            raise RefusedError("invalid", "信号的内容不能接受", [Problem("", problem.code, problem.message)]) from None


def keep(
    signal: Signal,
    judge: Judge,
    people: Snapshot,
    connection: Connection,
    statements: Statements,
    secret: bytes,
    now: datetime,
) -> bool:
    """Write a signal into the inbox, in the transaction that is open; False when it stood there under its key before.

    Raises RefusedError for an unknown case or sender, for a person who speaks for a system, and for a key that named another
    signal.
    """
    key, body, asked = signal.row_key, signal.body, digest([signal.case, signal.name, signal.values], secret)
    view = View(connection, statements)
    view.fetch(
        {
            "case": {signal.case},
            "key": {("inbox", key)},
            "record": judge.records_of(signal.by),
            "counter": {COUNTER},
        }
    )
    staff = people.at(view.counters[COUNTER], connection, now)
    judge.must_be_known(signal.by, view, staff)
    if judge.seen(signal.by, view.cases[signal.case], staff, now) is None:
        raise unknown_case(signal.case, signal.by)
    if not signal.by.startswith(SYSTEM) and _of_a_system(signal.name, judge):
        # It has to be signed: `receive` believes it then, in the name of the system.
        raise RefusedError("not-yours", f"“{signal.name}”只能由那个系统自己发来")
    before = view.keys["inbox", key]
    if before is not None:
        if before[0] != asked:
            raise RefusedError("key-reused", f"键“{key}”已用于另一个内容不同的信号", details={"key": key})
        return False
    connection.write(statements.insert(schema.KEYS), [("inbox", key, asked, dump({"case": signal.case}))])
    reach("write-inbox")
    connection.write(statements.insert_new(schema.INBOX), [(key, signal.case, "signal", body, micros(now), 0, "")])
    return True


def _of_a_system(name: str, judge: Judge) -> bool:
    """Whether it is an event of an outside system, by CONNECTOR.EVENT."""
    connector, _, event = name.rpartition(".")
    return connector in judge.app.connectors and event in judge.app.connectors[connector].events


def _plain(value: Any) -> Any:
    """A value as JSON holds it. Raises ValueProblem."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float, Decimal)):
        number = exact(value, "数字")
        return number if isinstance(number, int) else float(number)
    if isinstance(value, str):
        return typed(value, "文字", LONGEST_TEXT)
    if isinstance(value, Mapping):
        return {typed(name, "文字", LONGEST_TEXT): _plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    raise misfit("文字、数字、列表或一组数据", value)
