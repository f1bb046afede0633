"""What the body of an answer says, whatever its status: taken, refused for good, or not now.

Receivers of this kind answer 200 when they refuse; the status alone is asked only where the body says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flowkit.diagnostics import shown
from flowkit.notify.channel import DeliveryError
from flowkit.notify.posting import Answer, retry_after

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_MOST_SAID = 200


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
