"""The webhook channel: each message is posted as JSON to one address, signed as Standard Webhooks says.

The address is a credential: no error says it.
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
from datetime import UTC
from decimal import Decimal

from flowkit.clock import Clock, SystemClock
from flowkit.errors import EvaluationError
from flowkit.notify.channel import ChannelDefinition, DeliveryError, Message, Receipt
from flowkit.notify.judging import Answer, retry_after
from flowkit.notify.posting import SECONDS, Poster
from flowkit.notify.presets import ANSWER
from flowkit.notify.target import read_target
from flowkit.rules.language.expression import Expression, compile_text
from flowkit.rules.language.types import BOOLEAN
from flowkit.wire.guard import refused

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_:/-]{1,200}", re.ASCII)
_SECRET_LENGTH = range(16, 129)


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
        self._poster = Poster(definition.name, context, seconds)
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
        answer = self._poster.ask(
            "POST",
            target,
            headers,
            body,
            lambda address: not refused(address, private=private),
            lambda status: self._ok is not None and status // 100 == 2,
        )
        self._judge(answer)
        return Receipt(headers["webhook-id"])

    def _headers(self, message: Message, body: bytes) -> dict[str, str]:
        headers = {
            "content-type": "application/json; charset=utf-8",
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
