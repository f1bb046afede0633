"""What waits for the writer: commands with their way back to the caller, and chores that need a transaction."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flowkit.engine.case import Case
from flowkit.engine.command import Command
from flowkit.engine.scheduling import Plan
from flowkit.store.connection import Connection

MOST_FOLLOW_UPS = 100
"How much of what a command brings about in other cases its caller waits for; the rest goes on in the background."

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command came to. `fresh`: it happened now; else it had happened before, or came too late to do anything.

    `case` is the case after it, or None when it had happened before under the same key: then `sequence` tells how far to
    fold its history.
    """

    case_id: str
    sequence: int
    case: Case | None
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A timer that was found due: how often it was tried in vain, when it was due."""

    attempts: int
    due: datetime


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A signal that was found due: its key and how often it was tried in vain."""

    key: str
    attempts: int


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What a schedule has due for a record, found in time to begin."""

    schedule: str
    record: str
    plan: Plan
    attempts: int

    @property
    def key(self) -> tuple[str, str]:
        return self.schedule, self.record


@dataclass(slots=True, eq=False)
class Work:
    """A command on its way. `key` makes it happen once: the same actor, key and digest give the first result again.

    `source` is the row it came from, if it came from one: that row goes away, or is put off, with the command.
    """

    command: Command
    key: str | None = None
    digest: str = ""
    source: TimerRow | InboxRow | PlanRow | None = None
    done: Future[Outcome] = field(default_factory=Future)
    follow_ups: list[Work] = field(default_factory=list)
    "What it put into the inbox as due now: known once it is done."


@dataclass(slots=True, eq=False)
class Chore:
    """Something else that must write: run alone, in a transaction of its own, by the writer's thread."""

    run: Callable[[Connection], Any]
    done: Future[Any] = field(default_factory=Future)


def new_case_id(now: datetime) -> str:
    """Text, never digits only; later cases sort behind earlier ones. 50 bits of milliseconds, 50 of chance."""
    number = int(now.timestamp() * 1000) << 50 | secrets.randbits(50)
    return "c" + "".join(ALPHABET[number >> shift & 31] for shift in range(95, -1, -5))


def signal_work(key: str, case: str, kind: str, body: str, attempts: int) -> Work:
    """The command that a row of the inbox asks for."""
    stored: dict[str, Any] = json.loads(body)
    by = stored.pop("by")
    return Work(Command(kind, case, by, {**stored, "key": key}, secrets.token_hex(16)), source=InboxRow(key, attempts))  # type: ignore[arg-type]


def await_follow_ups(work: Work) -> int:
    """Wait until what a command put into the inbox as due now has been tried, and what that put there; says how many.

    Their failures are their own affair: they leave incidents where they happened.
    """
    line, tried = list(work.follow_ups), 0
    while line and tried < MOST_FOLLOW_UPS:
        follow = line.pop(0)
        follow.done.exception()
        line += follow.follow_ups
        tried += 1
    return tried
