"""Messages that were written down with a step, carried out afterwards: at least once under one stable key, never lost.

A message is claimed in a transaction under a lease with a token that grows with every claim; a result that comes after
somebody else has claimed it is refused. Messages of one lane (case, person, channel) go in order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flowkit.app.app import App
from flowkit.clock import Clock
from flowkit.notify.channel import Channel, DeliveryError, Message
from flowkit.runtime.failpoints import reach
from flowkit.runtime.personal import filled_in, references
from flowkit.runtime.rowtext import micros
from flowkit.runtime.view import View
from flowkit.runtime.views import Advanced
from flowkit.runtime.writer import Writer
from flowkit.store.connection import Connection, Row
from flowkit.store.database import Database

LEASE = timedelta(minutes=2)
"How long a claimed message is left to whoever claimed it."

WAITS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 3600))
"How long the next try waits after each failed one; after the last the message is dead, and listed."


UNREACHED = "没有登记联系方式"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send until the lease ends."""

    id: int
    key: str
    case: str
    channel: str
    body: Mapping[str, Any]
    attempts: int
    token: int


class Outbox:
    """Performs what is due. `channels` by name; several threads and processes may do so at once."""

    def __init__(
        self, app: App, database: Database, writer: Writer, clock: Clock, channels: Mapping[str, Channel]
    ) -> None:
        self._app, self._database, self._writer, self._clock = app, database, writer, clock
        self._channels = channels

    def perform(self) -> Advanced:
        """Send what is due now, at most a hundred; says what became of each."""
        now = self._clock.now()
        connection, statements = self._database.connection(), self._database.statements
        # Looked at without the right to write: most of the time there is nothing.
        if not connection.read(statements.outbox_due, micros(now)):
            return Advanced()
        claimed, lines = self._writer.perform(lambda inside: self._claim(inside, now))
        lines += [self._send(message) for message in claimed]
        return Advanced(messages=len(lines), lines=tuple(lines))

    def _claim(self, connection: Connection, now: datetime) -> tuple[list[Claimed], list[str]]:
        """Take what is due; drop reminders whose visit is over."""
        statements = self._database.statements
        claims: list[Row] = []
        dropped: list[Row] = []
        found: list[Claimed] = []
        lines: list[str] = []
        for id_, key, case, while_visit, _, kind, body, attempts, token, visit, ended in connection.read(
            statements.outbox_due, micros(now)
        ):
            if while_visit is not None and (visit != while_visit or ended is not None):
                dropped.append(("dropped", micros(now), "该步骤已结束", id_, token))
                lines.append(f"不再发送 {key}: 该步骤已结束")
                continue
            claims.append((micros(now + LEASE), id_, token))
            found.append(Claimed(id_, key, case, kind, json.loads(body), attempts + 1, token + 1))
        if claims:
            connection.write(statements.claim, claims)
        if dropped:
            connection.write(statements.settle, dropped)
        return found, lines

    def _send(self, claimed: Claimed) -> str:
        to = f"{claimed.body['to']} [{claimed.channel}]"
        try:
            message = self._message(claimed)
            if message is None:
                return self._settle(claimed, "dropped", UNREACHED, f"不发送给 {to}: {UNREACHED}")
            reach("before-send")
            self._channel(claimed.channel).send(message)
        except Exception as error:  # noqa: BLE001 - whatever it fails at, it is tried again and at last listed
            return self._failed(claimed, error, to)
        reach("after-send")
        # A notification without a title is called by its name; one that is written where it is used has neither.
        called = claimed.body["title"] or claimed.body["notification"] or "消息"
        return self._settle(claimed, "done", "", f"已发送给 {to}: {called}")

    def _channel(self, name: str) -> Channel:
        if name not in self._channels:
            raise DeliveryError(f"there is no channel {name}")
        return self._channels[name]

    def _failed(self, claimed: Claimed, error: Exception, to: str) -> str:
        if claimed.attempts > len(WAITS):
            return self._settle(claimed, "dead", str(error), f"放弃发送给 {to}: {error}")
        wait = WAITS[claimed.attempts - 1]
        asked = error.retry_after if isinstance(error, DeliveryError) else None
        return self._settle(claimed, "pending", str(error), f"未能发送给 {to}: {error}", max(wait, asked or wait))

    def _settle(self, claimed: Claimed, state: str, why: str, line: str, wait: timedelta = timedelta(0)) -> str:
        """Write down what became of it, unless somebody else has claimed it since."""
        row = (state, micros(self._clock.now() + wait), why, claimed.id, claimed.token)
        settled = self._writer.perform(lambda inside: inside.write(self._database.statements.settle, [row]))
        reach("after-mark-sent")
        return line if settled else f"{line}(已由别处处理)"

    def _message(self, claimed: Claimed) -> Message | None:
        """The message in full; None for a person whom this channel does not reach."""
        body, view = claimed.body, View(self._database.connection(), self._database.statements)
        address = self._address(claimed, view)
        if address is None and claimed.channel in self._app.reach:
            return None
        view.fetch({"personal": set(references(body["text"]))})
        return Message(
            key=claimed.key,
            to=body["to"],
            address=address,
            title=body["title"],
            text=filled_in(body["text"], view),
            case=claimed.case,
            notification=body["notification"],
            at=datetime.fromisoformat(body["at"]),
        )

    def _address(self, claimed: Claimed, view: View) -> str | None:
        """What the person's record holds in the field that this channel reaches people of his entity by."""
        entity, _, key = claimed.body["to"].partition(":")
        field = self._app.reach.get(claimed.channel, {}).get(entity)
        if field is None:
            return None
        view.fetch({"record": {(entity, key)}})
        value = (view.records[entity, key] or {}).get(field)
        if isinstance(value, Mapping):
            view.fetch({"personal": {value["personal"]}})
            value = view.personal[value["personal"]]
        return None if value is None else str(value)
