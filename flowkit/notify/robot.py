"""A robot in a group chat, whoever's: its address is a credential, its pace is limited, its answer stands in the body.

What is posted and what the codes mean is each receiver's own; here it is sent and judged.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from flowkit.clock import Clock, SystemClock
from flowkit.notify.channel import ChannelDefinition, DeliveryError, Message, Receipt
from flowkit.notify.hosts import allowed, permits
from flowkit.notify.judging import is_zero, read_reply, refusal
from flowkit.notify.pace import NOW, Pace
from flowkit.notify.posting import SECONDS, Poster
from flowkit.notify.robot_kind import Kind
from flowkit.wire.addresses import Address

_PARTED = re.compile(r"[/?&=]")


class Robot:
    """Posts to the robot whose address `definition` names. Safe to share between threads.

    `clock` dates the signature; `context` and `seconds` stand for the machine's own authorities and the usual patience.
    """

    def __init__(
        self,
        kind: Kind,
        definition: ChannelDefinition,
        environment: Mapping[str, str],
        clock: Clock | None = None,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._kind, self._definition, self._environment = kind, definition, environment
        self._clock, self._poster = clock or SystemClock(), Poster(definition.name, context, seconds)
        self._pace = Pace(kind.limits)

    @property
    def name(self) -> str:
        return self._definition.name

    def send(self, message: Message) -> Receipt:
        """Post the message. Only the code in the body is a yes."""
        webhook, secret = (self._definition.text(key, self._environment) for key in ("webhook", "secret"))
        target = allowed(webhook, self._kind.hosts)
        if target is None:
            raise DeliveryError(f"{self.name}: 机器人地址不可用: 应为 https://{self._kind.hosts[0]}/…")
        now = self._clock.now()
        self._keep_pace(now)
        post = self._kind.compose(message, secret, now)
        body = json.dumps(post.body, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"content-type": "application/json; charset=utf-8"}
        answer = self._poster.ask(
            "POST", _with(target, post.query), headers, body, lambda address: permits(target, address)
        )
        told = self._kind.told
        reply = read_reply(self.name, answer, (told.code,), now)
        if not is_zero(reply[told.code]):
            raise refusal(self.name, told, reply, (secret, *_tokens(target)))
        return Receipt(notice=post.notice)

    def _keep_pace(self, now: datetime) -> None:
        wait = self._pace.wait(now)
        if wait > NOW:
            raise DeliveryError(f"{self.name}: 发得太快,排队等候", wait, tried=False)


def _tokens(target: Address) -> list[str]:
    """The pieces of a robot's address that look as if they were its secret."""
    return [piece for piece in _PARTED.split(target.path) if len(piece) >= 8 and any(c.isdigit() for c in piece)]


def _with(target: Address, query: str) -> Address:
    if not query:
        return target
    return replace(target, path=f"{target.path}{'&' if '?' in target.path else '?'}{query}")
