"""Moments and texts as rows hold them: whole microseconds since 1970, JSON with one spelling, hashes in a chain."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    return (moment - _BEGINNING) // _STEP


def moment(micros: int) -> datetime:
    return _BEGINNING + timedelta(microseconds=micros)


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def dump(value: Any) -> str:
    """The one JSON text of a value in stored form."""
    return _encode(value)


def digest(value: Any, secret: bytes) -> str:
    """What tells two commands apart, and says nothing of them to who has not the database's secret.

    Values that are no JSON count by their Python text; it takes whatever was given.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=repr)
    except (TypeError, ValueError):  # names that are no text, something that holds itself
        text = repr(value)
    plain = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return hmac.new(secret, plain.encode(), hashlib.sha256).hexdigest()


def chained(head: str, body: str) -> str:
    """The hash of a line of history: over the hash before it and its own bytes."""
    return hashlib.sha256(f"{head}\n{body}".encode()).hexdigest()
