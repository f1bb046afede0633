"""What the body of an answer says, whatever its status: taken, refused for good, or not now.

Messengers answer 200 when they refuse; the status alone is asked only where the body says nothing. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from flowkit.diagnostics import shown
from flowkit.notify.channel import DeliveryError

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_MOST_SAID = 200
LONGEST_WAIT = timedelta(days=1)
"The longest that a receiver is left alone because it asks for it."


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is read only where it decides something, else it is empty; `cut`: less came than was announced."""

    status: int
    retry_after: str
    body: bytes
    cut: bool


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code of a receiver means, in words for people. `permanent`: another try would change nothing.

    `wait`: how long the receiver wants to be left alone.
    """

    words: str
    permanent: bool = True
    wait: timedelta | None = None


def passing(words: str, wait: timedelta | None = None) -> Meaning:
    """A no for now."""
    return Meaning(words, permanent=False, wait=wait)


@dataclass(frozen=True, slots=True)
class Told:
    """Where an answer says its code and its words, and what the codes mean. A code not listed is a no for good.

    `closer` looks at code and words where a code alone says too little; it gives None for the others.
    """

    who: str
    code: str
    words: str
    codes: Mapping[str, Meaning]
    closer: Callable[[str, str], Meaning | None] = lambda code, said: None


def read_reply(name: str, answer: Answer, has: Iterable[str], now: datetime) -> Mapping[str, Any]:
    """The answer, an object with one of the keys that decide. Raises DeliveryError where there is none of them.

    What cannot be read may have been taken all the same: the error says that it is in doubt.
    """
    # Whatever stands in it, an answer of a server in trouble is no answer to what was asked.
    if not answer.cut and answer.status < 500 and answer.status != 429:
        try:
            reply = json.loads(answer.body, parse_constant=lambda name: None)
        except (ValueError, RecursionError):
            reply = None
        if isinstance(reply, Mapping) and any(key in reply for key in has):
            return reply
    if answer.status // 100 != 2:
        wait = retry_after(answer.retry_after, now) if answer.status in {429, 503} else None
        what = "转到别处,不跟随" if answer.status // 100 == 3 else "未被接受"
        doubt = answer.status >= 500 and answer.status != 503
        raise DeliveryError(f"{name}: {what}: {answer.status}", wait, in_doubt=doubt)
    words = "答复不完整" if answer.cut else "答复不是约定的 JSON"
    raise DeliveryError(f"{name}: {words}", in_doubt=True)


def refusal(name: str, told: Told, reply: Mapping[str, Any], secrets: Iterable[str] = ()) -> DeliveryError:
    """The no that a reply is, in our words and in the receiver's own; no secret of ours is in them."""
    code, said = str(reply.get(told.code)), str(reply.get(told.words) or "")
    meaning = told.closer(code, said) or told.codes.get(code, Meaning("拒绝"))
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        said = said.replace(secret, "***")
    said = f":{shown(said, _MOST_SAID, quotes=False)}" if said else ""
    words = f"{name}: {told.who}{meaning.words}({shown(code, 60, quotes=False)}{said})"
    return DeliveryError(words, meaning.wait, permanent=meaning.permanent)


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


def is_zero(code: object) -> bool:
    """Whether a code is the number 0, which is not what False is."""
    return isinstance(code, int) and not isinstance(code, bool) and code == 0
