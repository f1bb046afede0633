"""A messenger's robots as a value: the hosts they are at, how often each may be asked, what is posted, what answers mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from flowkit.notify.channel import Message
from flowkit.notify.judging import Told
from flowkit.notify.pace import Limit

CUT = "内容太长,已截短"


@dataclass(frozen=True, slots=True)
class Post:
    """`query` goes behind the robot's address, `body` is sent as JSON; `notice`: what could not be said as it was meant."""

    query: str
    body: Mapping[str, Any]
    notice: str = ""


class Compose(Protocol):
    def __call__(self, message: Message, secret: str, now: datetime) -> Post:
        """What is posted for a message, signed if there is a secret."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A receiver's robots: the hosts they are at, how often each may be asked, what is posted, what answers mean."""

    hosts: tuple[str, ...]
    limits: Sequence[Limit]
    compose: Compose
    told: Told


def words(message: Message) -> str:
    """What a message says in a chat: its title on a line of its own, then the text."""
    return "\n".join(part for part in (message.title, message.text) if part)


def cut_to(text: str, size: int) -> tuple[str, str]:
    """The text in at most `size` bytes of UTF-8, and the notice that it was cut, or ""."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= size:
        return raw.decode(), ""
    return raw[: size - 3].decode("utf-8", "ignore") + "…", CUT
