"""What an outside system tells us: signed as Standard Webhooks has it, or it is not believed. Pure.

The signature is checked over the bytes as they came, before anything is made of them. An event that comes again is known
by its id; storing ids, and acting on the event, is the caller's, in one transaction.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flowkit.connect.answers import AnswerProblem
from flowkit.connect.connector import Connector
from flowkit.connect.json_text import JsonProblem, read_json
from flowkit.connect.secret import MissingSecretError
from flowkit.errors import RefusedError
from flowkit.suggest import closest

WINDOW = timedelta(seconds=300)
"""How far the time in an event may be from ours, in either direction."""

LARGEST = 1_048_576
_SHORTEST_KEY = 16
# A dot would make it possible to move bytes from the id into the time: all three are signed with dots between them.
_ID = re.compile(r"[!-\-/-~]{1,200}")
_TIME = re.compile(r"\d{1,10}", re.ASCII)
_MOST_SIGNATURES = 10


@dataclass(frozen=True, slots=True)
class Received:
    """An event that may be believed.

    id      the sender's, the same each time he sends it; unique per connector
    at      when it was sent, as the sender says
    match   the text that the case is found by: what stands on the other side of `when`
    values  what the event `gives`, in stored form
    """

    connector: str
    event: str
    id: str
    at: datetime
    match: str
    values: Mapping[str, Any]


def verify(
    connector: Connector,
    event: str,
    body: bytes,
    headers: Mapping[str, str],
    now: datetime,
    seen: Callable[[str], bool],
    environment: Mapping[str, str],
) -> Received:
    """The event, if it is what it says. `seen(id)` tells whether an event of this connector with that id was taken before.

    Raises RefusedError: `unknown-event`, `bad-signature`, `stale-event`, `replayed`, `too-large`, `invalid`. One that was
    `replayed` is well signed and was taken: the sender should be told that all is well. Raises `MissingSecretError`.
    """
    incoming = connector.events.get(event)
    if incoming is None:
        near = closest(event[:100], connector.events)
        hint = f",是否指“{near}”?" if near is not None else ""
        raise RefusedError("unknown-event", f"{connector.title}没有这个事件{hint}")
    if len(body) > LARGEST:
        raise RefusedError("too-large", f"事件过大(超过 {LARGEST} 字节)")
    event_id, sent = _signed(connector, body, headers, environment)
    if abs(now - sent) > WINDOW:
        raise RefusedError("stale-event", f"事件的时间与现在相差超过 {int(WINDOW.total_seconds())} 秒")
    if seen(event_id):
        raise RefusedError("replayed", "这个事件已经收到过", details={"id": event_id})
    try:
        content = read_json(body)
        match, values = incoming.match(content), incoming.read(content)
    except (JsonProblem, AnswerProblem) as problem:
        raise RefusedError("invalid", f"事件的内容不对:{problem}") from None
    if match is None:
        raise RefusedError("invalid", f"事件没有说明是哪一单:缺少 {'.'.join(incoming.said)}")
    return Received(connector.name, event, event_id, sent, match, values)


def _signed(
    connector: Connector, body: bytes, headers: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[str, datetime]:
    """The id and time of a well signed event. Says the same whatever is wrong: a forger learns nothing."""
    given = {name.lower(): value for name, value in headers.items()}
    event_id, time = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    signatures = given.get("webhook-signature", "")[:4_000].split(" ")[:_MOST_SIGNATURES]
    keys = [signing_key(secret.read(environment), secret.variable) for secret in connector.secrets]
    fine = False
    if _ID.fullmatch(event_id) and _TIME.fullmatch(time):
        for right in (_signature(key, event_id, time, body) for key in keys):
            for signature in signatures:
                # All are compared, whichever fits: the time it takes says nothing.
                fine |= hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace"))
    if not fine:
        raise RefusedError("bad-signature", "签名不对,不能证明是对方发来的")
    return event_id, datetime.fromtimestamp(int(time), UTC)


def sign(secret: str, event_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that a sender puts beside `body`. Raises `MissingSecretError` for a secret that is none."""
    time = str(int(at.timestamp()))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": time,
        "webhook-signature": _signature(signing_key(secret), event_id, time, body),
    }


def signing_key(secret: str, variable: str = "") -> bytes:
    """The key behind `whsec_` and base64. Raises `MissingSecretError`, which names the variable and does not repeat it."""
    try:
        key = b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if len(key) < _SHORTEST_KEY:
        raise MissingSecretError(variable, f"签名用的密钥应为 whsec_ 加 base64,至少 {_SHORTEST_KEY} 字节")
    return key


def _signature(key: bytes, event_id: str, time: str, body: bytes) -> str:
    signed = b".".join((event_id.encode(), time.encode(), body))
    return f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
