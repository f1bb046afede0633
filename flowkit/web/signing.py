"""Signed links: what is in them was put there by us, for one purpose, until some moment. They hide nothing.

A token is `BODY.SIGNATURE`, both URL-safe base64; the body is JSON with the purpose, what it is for and when it ends.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from datetime import datetime, timedelta

from flowkit.clock import Clock

LONGEST_TOKEN = 2000


class Signer:
    """Signs and reads tokens with one key."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key, self._clock = key, clock

    def sign(self, purpose: str, *parts: str, lasts: timedelta | None = None) -> str:
        """A token for `parts`; without `lasts` it holds for ever, as a code that is stuck on a machine must."""
        until = "" if lasts is None else (self._clock.now() + lasts).isoformat(timespec="seconds")
        body = json.dumps([purpose, until, *parts], ensure_ascii=False, separators=(",", ":")).encode()
        return f"{_text(body)}.{_text(self._signature(body))}"

    def read(self, purpose: str, token: str) -> tuple[str, ...] | None:
        """The parts of a token of ours for that purpose; None for any other, and for one that has ended."""
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            read = _bytes(token.partition(".")[0])
        except (ValueError, binascii.Error):
            return None
        # Compared as it is written, so that a token has one spelling.
        if not hmac.compare_digest(f"{_text(read)}.{_text(self._signature(read))}".encode(), token.encode()):
            return None
        kind, until, *parts = json.loads(read)
        if kind != purpose or (until and datetime.fromisoformat(until) <= self._clock.now()):
            return None
        return tuple(parts)

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:18]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
