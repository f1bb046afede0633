"""What must happen outside was written down with a step and is carried out afterwards: at least once, never lost.

Each is claimed in a transaction under a lease with a token that grows with every claim; a result that comes after somebody
else has claimed it is refused. Effects of one lane go in order; one target that hangs does not hold up the others.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from flowkit.clock import Clock
from flowkit.runtime.failpoints import reach
from flowkit.runtime.rowtext import micros
from flowkit.runtime.steps import CALL, PAGE
from flowkit.runtime.views import Advanced, EffectView, MessageView
from flowkit.runtime.work import signal_work
from flowkit.runtime.writer import Writer
from flowkit.store import schema
from flowkit.store.connection import Connection, Row, Statement
from flowkit.store.database import Database

LEASE, SLACK = timedelta(minutes=2), timedelta(seconds=30)
"How long a claimed effect is left to whoever claimed it: longer than any try may take, and by how much at least."

AT_ONCE_A_TARGET = 4
"How many effects are under way to one target at once in this process. Each has these for itself: one that hangs takes no other's."

_MOST_TARGETS = 100
"How many targets may be found full at one look."

Due = Callable[[int], Statement]
"What reads the oldest effects that are due, but for those to so many targets."


@dataclass(frozen=True, slots=True)
class Claimed:
    """An effect that is ours to carry out until the lease ends. `kind` is `call`, `page`, or the name of a channel.

    in_doubt  nobody knows what became of an earlier try: who made it was killed, or got no answer
    left      the case has gone on from where it was asked for
    passing   it is about where the case is, and pointless once that is left
    """

    id: int
    key: str
    case: str
    kind: str
    body: Mapping[str, Any]
    attempts: int
    token: int
    in_doubt: bool = False
    left: bool = False
    passing: bool = False

    @property
    def target(self) -> str:
        """Whom it needs: what hangs there holds up no other."""
        return f"call:{self.body['connector']}" if self.kind == CALL else self.kind


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a try: `done`, `pending` (again after `wait`), `dead` or `dropped`, with the reason and a line for people.
    Or `standing`: done, and to be finished under the reference in `why` once the case has left the visit.

    `reply` goes back to the case as a signal of kind `reply_kind`, and `also` is written, with the commit that settles it. A reply
    is due after `wait`. `in_doubt`: nobody knows whether it was carried out. `tried` false: it does not count as a try.
    """

    state: str
    line: str
    why: str = ""
    wait: timedelta = timedelta(0)
    reply: Mapping[str, Any] | None = None
    reply_kind: str = "replied"
    also: Callable[[Connection], None] | None = None
    in_doubt: bool = False
    tried: bool = True


class Performer(Protocol):
    def perform(self, claimed: Claimed) -> Settled:
        """Try it once. What it raises counts as a failed try."""


class Outbox:
    """Carries out what is due, at most `at_once` at a time. Several threads and processes may do so at once.

    `freed` is called after each try; `longest_try` is how long a call may take; `finishing` are the channels on whose other side
    a message stands until its visit is over.
    """

    def __init__(
        self,
        database: Database,
        writer: Writer,
        clock: Clock,
        messages: Performer,
        calls: Performer,
        pages: Performer,
        at_once: int,
        freed: Callable[[], None] = lambda: None,
        longest_try: timedelta = timedelta(0),
        finishing: Collection[str] = (),
    ) -> None:
        self._lease = max(LEASE, longest_try + SLACK)
        self._database, self._writer, self._clock, self._freed = database, writer, clock, freed
        self._messages, self._calls, self._pages = messages, calls, pages
        self._at_once, self._finishing = at_once, finishing
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="flowkit-outbox")
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._told: deque[str] = deque()

    def perform(self, *, wait_for: bool = True, only_calls: bool = False) -> Advanced:
        """Begin what is due now and has room. Unless it is waited for, the lines of what ends later come later."""
        now, statements = self._clock.now(), self._database.statements
        due = statements.calls_due if only_calls else statements.outbox_due
        if self._finishing and not only_calls:
            self._finish(now)
        # Looked at without the right to write: most of the time there is nothing.
        if self._has_room() and self._read(self._database.connection(), now, due):
            claimed, dropped = self._claimed(now, due)
            self._told.extend(dropped)
            tries: list[Future[None]] = [self._pool.submit(self._try, each) for each in claimed]
            if wait_for:
                wait(tries)
        lines = [self._told.popleft() for _ in range(len(self._told))]
        return Advanced(messages=len(lines), lines=tuple(lines))

    @property
    def under_way(self) -> bool:
        """Whether something was begun and has not ended yet."""
        with self._lock:
            return any(self._under_way.values())

    def listed(self, state: str) -> list[EffectView]:
        """Everything in that state, oldest first."""
        rows = self._database.connection().read(self._database.statements.outbox_in, state)
        return [_view(*row) for row in rows]

    def messages(self, case: str) -> list[MessageView]:
        """The newest 200 messages of a case, newest first, with what became of them."""
        rows = self._database.connection().read(self._database.statements.outbox_of, case)
        found = ((key, kind, json.loads(body), *rest) for key, kind, body, *rest in rows)
        return [
            MessageView(
                key=key,
                channel=kind,
                to=body["to"],
                title=body["title"] or body["notification"],
                text="".join(part if isinstance(part, str) else "***" for part in body["text"]),
                at=datetime.fromisoformat(body["at"]),
                state=state,
                attempts=attempts,
                note=error,
            )
            for key, kind, body, state, attempts, error in found
            if "to" in body
        ]

    def resend(self, key: str | None) -> int:
        """Try what was given up again, from the beginning: one, or all; says how many."""
        statements, now = self._database.statements, micros(self._clock.now())
        statement, values = (statements.resend, (now, key)) if key else (statements.resend_all, (now,))
        return self._writer.perform(lambda inside: inside.write(statement, [values]))

    def close(self) -> None:
        """Let what is under way end."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _finish(self, now: datetime) -> None:
        """What stands on the other side and whose visit is over becomes an effect of its own: to finish it there."""
        statements, found = self._database.statements, self._database.statements.to_finish
        if not self._database.connection().read(found):
            return

        def begin(inside: Connection) -> None:
            rows = inside.read(found)
            if not rows:
                return
            inside.write(statements.finished, [(row[0],) for row in rows])
            inside.write(statements.insert_new(schema.OUTBOX), [_finishing(row, now) for row in rows])

        self._writer.perform(begin)

    def _claimed(self, now: datetime, due: Due) -> tuple[list[Claimed], list[str]]:
        """What was taken, once that is written down."""
        found: list[Claimed] = []

        def claim(inside: Connection) -> list[str]:
            found[:], lines = self._claim(inside, now, due)
            return lines

        try:
            return found, self._writer.perform(claim)
        except BaseException:
            # It was not committed, so it is nobody's, and its place at its target is free again.
            self._free(found)
            raise

    def _claim(self, connection: Connection, now: datetime, due: Due) -> tuple[list[Claimed], list[str]]:
        """Take what is due and whose target is free; drop what has become pointless."""
        found: list[Claimed] = []
        lines: list[str] = []
        try:
            # So many may wait for one target that they alone are seen at first. Once it is full the others are.
            for _ in range(_MOST_TARGETS):
                before = self._full()
                self._claim_some(connection, now, self._read(connection, now, due), found, lines)
                if self._full() == before or not self._has_room():
                    break
        except BaseException:
            self._free(found)
            raise
        return found, lines

    def _read(self, connection: Connection, now: datetime, due: Due) -> list[Row]:
        """The oldest effects that are due and whose target is not full."""
        full = self._full()
        return connection.read(due(len(full)), micros(now), *(part for target in full for part in _lanes(target)))

    def _full(self) -> list[str]:
        with self._lock:
            return sorted(target for target, many in self._under_way.items() if many >= AT_ONCE_A_TARGET)

    def _claim_some(
        self, connection: Connection, now: datetime, rows: list[Row], found: list[Claimed], lines: list[str]
    ) -> None:
        statements = self._database.statements
        claims: list[Row] = []
        dropped: list[Row] = []
        for id_, key, case, while_visit, kind, body, attempts, lease, token, visit, ended in rows:
            left = while_visit is not None and (visit != while_visit or ended is not None)
            # What may have reached the other side and stands there is not forgotten: what became of it must be found out.
            if left and not (lease and (kind == CALL or kind in self._finishing)):
                dropped.append(("dropped", 0, micros(now), 0, "该步骤已结束", id_, token))
                lines.append(f"不再发送 {key}: 该步骤已结束")
                continue
            claimed = Claimed(
                id_,
                key,
                case,
                kind,
                json.loads(body),
                attempts + 1,
                token + 1,
                bool(lease),
                left,
                while_visit is not None,
            )
            if self._takes(claimed.target):
                claims.append((micros(now + self._lease), id_, token))
                found.append(claimed)
        if claims:
            connection.write(statements.claim, claims)
        if dropped:
            connection.write(statements.settle, dropped)

    def _has_room(self) -> bool:
        with self._lock:
            return self._under_way.total() < self._at_once

    def _takes(self, target: str) -> bool:
        """Claimed is only what begins at once: while it stood in line its lease would run out."""
        with self._lock:
            if self._under_way[target] >= AT_ONCE_A_TARGET or self._under_way.total() >= self._at_once:
                return False
            self._under_way[target] += 1
            return True

    def _free(self, ended: Sequence[Claimed]) -> None:
        with self._lock:
            self._under_way.subtract(each.target for each in ended)

    def _try(self, claimed: Claimed) -> None:
        performer = {CALL: self._calls, PAGE: self._pages}.get(claimed.kind, self._messages)
        try:
            try:
                settled = performer.perform(claimed)
            except Exception as error:  # noqa: BLE001 - a try that broke is a failed try, and is told as one
                settled = Settled(
                    "dead", f"{claimed.key}: {type(error).__name__}: {error}", f"{type(error).__name__}: {error}"
                )
            self._told.append(self._settle(claimed, settled))
        finally:
            self._free([claimed])
            # What waited for this target or lane can go now.
            self._freed()

    def _settle(self, claimed: Claimed, settled: Settled) -> str:
        """Write down what became of it, unless somebody else has claimed it since; an answer goes to its case."""
        statements, now = self._database.statements, self._clock.now()
        due = micros(now + settled.wait)
        doubt, untried = schema.IN_DOUBT * settled.in_doubt, int(not settled.tried)
        row = (settled.state, untried, due, doubt, settled.why, claimed.id, claimed.token)
        key = f"reply/{claimed.key}"
        body = json.dumps(settled.reply, ensure_ascii=False, sort_keys=True) if settled.reply is not None else ""

        def write(inside: Connection) -> int:
            settled_rows = inside.write(statements.settle, [row])
            if settled_rows and settled.also is not None:
                settled.also(inside)
            if settled_rows and body:
                reply = (key, claimed.case, settled.reply_kind, body, due, 0, "")
                inside.write(statements.insert_new(schema.INBOX), [reply])
            return settled_rows

        written = self._writer.perform(write)
        reach("after-mark-sent")
        if written and body and not settled.wait:
            self._writer.put([signal_work(key, claimed.case, settled.reply_kind, body, 0)], first=True)
        return settled.line if written else f"{settled.line}(已由别处处理)"


def _finishing(row: Row, now: datetime) -> Row:
    """The effect that finishes what stands: under a key of its own, in the same lane, whatever has become of the case."""
    _, key, case, lane, kind, body, reference = row
    told = json.dumps({**json.loads(body), "finish": reference}, ensure_ascii=False, sort_keys=True)
    return (f"{key}/finish", case, None, lane, kind, told, "pending", 0, micros(now), 0, 0, "")


def _lanes(target: str) -> tuple[str, str]:
    """The kind of a target's effects, and how their lanes end."""
    kind, _, connector = target.partition(":")
    return (kind, f"/{CALL}/{connector}") if connector else (kind, "")


def _view(key: str, case: str, lane: str, kind: str, body: str, state: str, attempts: int, error: str) -> EffectView:
    stored = json.loads(body)
    if kind == CALL:
        return EffectView(key, case, CALL, f"{stored['connector']}.{stored['operation']}", state, attempts, error)
    if kind == PAGE:
        return EffectView(key, case, PAGE, stored["name"], state, attempts, error)
    return EffectView(key, case, "message", f"{stored['to']} [{kind}]", state, attempts, error)
