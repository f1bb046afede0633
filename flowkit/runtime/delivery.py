"""Delivering a message: the words in full, the address, the channel. Says what became of it; writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from flowkit.app.app import App
from flowkit.engine.redaction import references
from flowkit.notify.channel import Channel, Choosing, DeliveryError, Finishing, Message
from flowkit.runtime.failpoints import reach
from flowkit.runtime.outbox import Claimed, Settled
from flowkit.runtime.personal import filled_in
from flowkit.runtime.view import View
from flowkit.store.database import Database

WAITS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 3600))
"How long the next try waits after each failed one; after the last the message is dead, and listed."


class Delivery:
    """Messages to people over the app's channels, by name."""

    def __init__(self, app: App, database: Database, channels: Mapping[str, Channel]) -> None:
        self._app, self._database, self._channels = app, database, channels
        self.link: Callable[[str, str], str] | None = None

    def perform(self, claimed: Claimed) -> Settled:
        message, problem = self._message(claimed)
        to = f"{claimed.body['to']} [{claimed.kind}]"
        if problem:
            return Settled("dropped", f"不发送给 {to}: {problem}", problem)
        # A notification without a title is called by its name; one that is written where it is used has neither.
        called = claimed.body["title"] or claimed.body["notification"] or "消息"
        reach("before-send")
        try:
            channel = self._channel(claimed.kind)
            if "finish" in claimed.body:
                return self._finished(channel, claimed, f"{to}: {called}")
            receipt = channel.send(message)
        except Exception as error:  # noqa: BLE001 - whatever a channel fails at, it is tried again and at last listed
            return _failed(claimed, error, to)
        reach("after-send")
        notice = receipt.notice if receipt is not None else ""
        line = f"已发送给 {to}: {called}" + (f"({notice})" if notice else "")
        if isinstance(channel, Finishing) and claimed.passing and receipt is not None:
            return Settled("standing", line, receipt.reference)
        return Settled("done", line, notice)

    def _finished(self, channel: Channel, claimed: Claimed, what: str) -> Settled:
        """Finish what a message began on the other side. A channel that does so no longer leaves it as it is."""
        if not isinstance(channel, Finishing):
            return Settled("dropped", f"不再办结 {what}: 通道不办结", "通道不办结")
        channel.finish(claimed.body["finish"])
        return Settled("done", f"已办结 {what}")

    def _channel(self, name: str) -> Channel:
        if name not in self._channels:
            raise DeliveryError(f"there is no channel {name}")
        return self._channels[name]

    def _message(self, claimed: Claimed) -> tuple[Message, str]:
        """The message in full, and why it cannot be delivered, if so: a person whom this channel does not reach."""
        body = claimed.body
        view = View(self._database.connection(), self._database.statements)
        view.fetch({"personal": set(references(body["text"])), "record": self._record(body["to"])})
        address = self._address(claimed, view)
        message = Message(
            key=claimed.key,
            to=body["to"],
            address=address,
            title=body["title"],
            text=self._linked(filled_in(body["text"], view), body["to"], claimed.case),
            case=claimed.case,
            notification=body["notification"],
            at=datetime.fromisoformat(body["at"]),
            in_doubt=claimed.in_doubt,
            passing=claimed.passing,
        )
        channel = self._channels.get(claimed.kind)
        if "finish" in body:
            return message, ""
        if isinstance(channel, Choosing) and not channel.carries(message):
            return message, "这个通道不带这种消息"
        # A channel that some people are registered for reaches nobody else; one such as a console needs no address.
        registered = any(claimed.kind in fields for fields in self._app.reach.values())
        unreachable = registered and not address
        return message, "没有登记联系方式" if unreachable else ""

    def _linked(self, text: str, to: str, case: str) -> str:
        """The text with links to the case as whoever reads it can open them."""
        return text.replace(f"/cases/{case}", self.link(to, case)) if self.link is not None else text

    def _record(self, actor: str) -> set[tuple[str, str]]:
        entity, _, key = actor.partition(":")
        return {(entity, key)} if entity in self._app.entities else set()

    def _address(self, claimed: Claimed, view: View) -> str | None:
        for where in self._record(claimed.body["to"]):
            field = self._app.reach.get(where[0], {}).get(claimed.kind)
            value = (view.records[where] or {}).get(field) if field else None
            if isinstance(value, Mapping):
                view.fetch({"personal": {value["personal"]}})
                value = view.personal[value["personal"]]
            return None if value is None else str(value)
        return None


def _failed(claimed: Claimed, error: Exception, to: str) -> Settled:
    if not isinstance(error, DeliveryError):
        error = DeliveryError(str(error))
    doubt = claimed.in_doubt or error.in_doubt
    if not error.tried:
        wait = error.retry_after or WAITS[0]
        return Settled("pending", f"稍后发送给 {to}: {error}", str(error), wait, in_doubt=doubt, tried=False)
    if error.permanent or claimed.attempts > len(WAITS):
        return Settled("dead", f"放弃发送给 {to}: {error}", str(error), in_doubt=doubt)
    wait = max(WAITS[claimed.attempts - 1], error.retry_after or WAITS[0])
    return Settled("pending", f"未能发送给 {to}: {error}", str(error), wait, in_doubt=doubt)
