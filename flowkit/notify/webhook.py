"""The webhook channel: each message is posted as JSON to one address, signed as Standard Webhooks says.

Knows HTTP as far as one request without redirects needs it. The address is a credential: no error says it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http.client import HTTPException

from flowkit.clock import Clock, SystemClock
from flowkit.errors import EvaluationError
from flowkit.notify.channel import ChannelDefinition, DeliveryError, Message, Receipt
from flowkit.notify.presets import ANSWER
from flowkit.notify.target import read_target
from flowkit.rules.language.expression import Expression, compile_text
from flowkit.rules.language.types import BOOLEAN
from flowkit.version import VERSION
from flowkit.wire.addresses import Address
from flowkit.wire.connections import Grant, connected, resolved, secured, tls_context, words
from flowkit.wire.exchange import MadeConnection
from flowkit.wire.guard import refused

SECONDS = 20.0
"How long one try may take."

MOST_ANSWERED = 256 * 1024
"How many bytes of an answer are read, its headers among them."

LONGEST_WAIT = timedelta(days=1)
"The longest that a receiver is left alone because it asks for it."

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_:/-]{1,200}", re.ASCII)
_SECRET_LENGTH = range(16, 129)


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is read only where it decides something, else it is empty; `cut`: less came than was announced."""

    status: int
    retry_after: str
    body: bytes
    cut: bool


class Webhook:
    """Posts to the address that `definition` names. Safe to share between threads: each message has its connection.

    `clock` dates the signature; `context` and `seconds` stand for the machine's own authorities and the usual patience.
    """

    def __init__(
        self,
        definition: ChannelDefinition,
        environment: Mapping[str, str],
        clock: Clock | None = None,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._definition, self._environment, self._clock = definition, environment, clock or SystemClock()
        self._context, self._seconds = tls_context(context), seconds
        ok = definition.settings.get("ok")
        self._ok: Expression | None = compile_text(str(ok), ANSWER, BOOLEAN) if ok is not None else None

    @property
    def name(self) -> str:
        return self._definition.name

    def send(self, message: Message) -> Receipt:
        """Post the message. Any status 2xx is a yes, unless `ok` says otherwise; 410 is a no for good."""
        private = self._definition.text("private", {}).lower() == "true"
        target = read_target(self._definition.text("url", self._environment))
        if target is None or (target.scheme != "https" and not private):
            raise DeliveryError(f"{self.name}: 地址不可用: 应为 https 网址")
        body = payload(message)
        headers = self._headers(message, body)
        try:
            answer = self._posted(target, headers, body, private)
        except (OSError, HTTPException) as error:
            raise DeliveryError(f"{self.name}: {words(error)}") from None
        self._judge(answer)
        return Receipt(headers["webhook-id"])

    def _headers(self, message: Message, body: bytes) -> dict[str, str]:
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": f"flowkit/{VERSION}",
            "webhook-id": webhook_id(message),
            "webhook-timestamp": str(int(self._clock.now().timestamp())),
        }
        secret = self._definition.text("secret", self._environment)
        if secret:
            key = signing_key(secret)
            if key is None:
                raise DeliveryError(f"{self.name}: 密钥不合 Standard Webhooks 的规矩: 应为 whsec_ 加 base64")
            headers["webhook-signature"] = sign(key, headers["webhook-id"], headers["webhook-timestamp"], body)
        return headers

    def _posted(self, target: Address, headers: Mapping[str, str], body: bytes, private: bool) -> Answer:
        grant = Grant.of(self._seconds, MOST_ANSWERED)
        addresses = resolved(target.host, target.port, grant, lambda address: not refused(address, private=private))
        wire = connected(addresses, target.port, grant)
        connection: MadeConnection | None = None
        try:
            connection = MadeConnection(secured(wire, target.host, self._context) if target.scheme == "https" else wire)
            connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
            for name, value in {"host": target.authority, "connection": "close", **headers}.items():
                connection.putheader(name, value)
            connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            with connection.getresponse() as response:
                wanted = self._ok is not None and response.status // 100 == 2
                read = response.read(MOST_ANSWERED) if wanted else b""
                cut = wanted and response.length not in {None, 0}
                return Answer(response.status, response.headers.get("retry-after", ""), read, cut)
        finally:
            with suppress(OSError):
                if connection is not None:
                    connection.close()
                wire.close()

    def _judge(self, answer: Answer) -> None:
        """Raises DeliveryError unless the receiver has taken the message."""
        status = answer.status
        if status // 100 != 2:
            wait = retry_after(answer.retry_after, self._clock.now()) if status in {429, 503} else None
            what = "转到别处,不跟随" if status // 100 == 3 else "未被接受"
            raise DeliveryError(f"{self.name}: {what}: {status}", wait, permanent=status == 410)
        if self._ok is None:
            return
        if answer.cut:
            raise DeliveryError(f"{self.name}: 答复不完整")
        try:
            reply = json.loads(answer.body, parse_float=Decimal, parse_constant=lambda name: None)
            accepted = self._ok.evaluate({"reply": reply, "status": status})
        except (ValueError, RecursionError):
            raise DeliveryError(f"{self.name}: 答复不是 JSON") from None
        except EvaluationError as error:
            raise DeliveryError(f"{self.name}: 答复不合 ok: {error.message}") from None
        if accepted is not True:
            raise DeliveryError(f"{self.name}: 对方答复未接受 ({self._ok.text})")


def payload(message: Message) -> bytes:
    """The message as JSON in UTF-8; the same message gives the same bytes."""
    data = {
        "key": message.key,
        "to": message.to,
        "address": message.address,
        "title": message.title,
        "text": message.text,
        "case": message.case,
        "notification": message.notification,
    }
    whole = {"type": "message", "timestamp": message.at.astimezone(UTC).isoformat(), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def webhook_id(message: Message) -> str:
    """The message's key, which is the same over all tries; where a header could not hold it, its hash."""
    if _PLAIN_KEY.fullmatch(message.key):
        return message.key
    return f"msg_{hashlib.sha256(message.key.encode('utf-8', 'replace')).hexdigest()[:40]}"


def signing_key(secret: str) -> bytes | None:
    """The bytes that a Standard Webhooks secret stands for, `whsec_` and base64; None for what is none."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) in _SECRET_LENGTH else None


def sign(key: bytes, identity: str, timestamp: str, body: bytes) -> str:
    """The value of `webhook-signature`, version 1: HMAC-SHA256 over id, timestamp and raw body."""
    signed = f"{identity}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def retry_after(value: str, now: datetime) -> timedelta | None:
    """How long a `Retry-After` asks to wait, seconds or a date, at most a day; None for what says neither."""
    value = value.strip()
    if re.fullmatch(r"\d{1,9}", value, re.ASCII):
        wait = timedelta(seconds=int(value))
    else:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        wait = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) - now
    return min(wait, LONGEST_WAIT) if wait > timedelta(0) else None
