"""A channel: how a message leaves, as the author configures it and as a program performs it.

Knows the keys of a channel and the one protocol that every channel speaks. It knows no workflow and no outbox: what is
retried, and when, is decided by whoever calls `send`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from flowkit.diagnostics import Findings, Place
from flowkit.errors import FlowKitError
from flowkit.notify.presets import CHOOSING, KEYS, PRESETS
from flowkit.source.keys import read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.suggest import did_you_mean
from flowkit.version import VERSION

SECRETS = ("key", "secret", "token", "password", "webhook")
"""Keys whose value must never stand in a file: only `${env:NAME}`."""

_PLACEHOLDER = re.compile(r"\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
# Meant as a placeholder, whatever is wrong with it: no secret looks so.
_MEANT = re.compile(r"\$\{\s*[A-Za-z]+\s*:\s*\w+\s*\}")


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person through one channel.

    `key` is stable over all tries, so that a receiver can tell a repeat; `to` is the actor (`employee:zhang`), `address`
    his address on this channel, or None where it needs none. `at` is when it was decided, aware. `in_doubt`: nobody knows
    whether an earlier try has arrived. `passing`: it is about where the case is now, and pointless once that is left.
    """

    key: str
    to: str
    address: str | None
    title: str
    text: str
    case: str
    notification: str
    at: datetime
    in_doubt: bool = False
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel answered: its own reference for the message, or "" when it gives none.

    `notice` says what is not as it should be although the message was taken, such as one of two addresses refused; or "".
    """

    reference: str = ""
    notice: str = ""


class DeliveryError(FlowKitError):
    """A message could not be sent. `retry_after` is how long the other side asked to be left alone, or None.

    `permanent`: trying again would change nothing. `in_doubt`: it may have arrived all the same. `tried` false: nothing was
    asked of the other side, because it has been asked as often as it may be; that is no failed try.
    """

    def __init__(
        self,
        message: str,
        retry_after: timedelta | None = None,
        *,
        permanent: bool = False,
        in_doubt: bool = False,
        tried: bool = True,
    ) -> None:
        self.message, self.retry_after, self.permanent = message, retry_after, permanent
        self.in_doubt, self.tried = in_doubt, tried
        super().__init__(message)


class Channel(Protocol):
    """What every way of sending offers; built-in channels and those of a host come in alike."""

    @property
    def name(self) -> str:
        """The name under which notifications speak of it."""

    def send(self, message: Message) -> Receipt | None:
        """Hand the message over. Returning means that the other side took it; raises `DeliveryError` otherwise."""


@runtime_checkable
class Choosing(Channel, Protocol):
    """A channel that is not for every message."""

    def carries(self, message: Message) -> bool:
        """Whether it is for this one. One that it is not for is dropped, with a line, and no failure."""


@runtime_checkable
class Finishing(Channel, Protocol):
    """A channel on whose other side a message stands, as a to-do does, until what it asked for has been done."""

    def finish(self, reference: str) -> None:
        """End what stands under a receipt's reference. Raises `DeliveryError` where that is not taken."""


@dataclass(frozen=True, slots=True)
class ChannelDefinition:
    """A channel as written. `settings` holds the account's keys as typed; secrets as `Secret`, never as text."""

    name: str
    title: str
    preset: str
    settings: Mapping[str, Any]
    place: Place

    @property
    def templates(self) -> Mapping[str, Any] | None:
        """Which approved template carries which notification; None where every message is carried."""
        written = self.settings.get("templates") if self.preset in CHOOSING else None
        return written if isinstance(written, Mapping) else None

    def text(self, key: str, environment: Mapping[str, str], default: str = "") -> str:
        """A setting as text, a secret read from `environment`. Raises `DeliveryError` where that lacks it."""
        value = self.settings.get(key)
        if isinstance(value, Secret):
            return value.read(environment)
        return default if value is None else str(value).strip()


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that stands in the environment variable `variable` and nowhere in the app."""

    variable: str
    place: Place = field(compare=False)

    def __str__(self) -> str:
        return "***"

    def read(self, environment: Mapping[str, str]) -> str:
        """The secret itself. Raises `DeliveryError` naming the variable when the environment lacks it."""
        if not environment.get(self.variable):
            raise DeliveryError(f"the environment variable {self.variable} is not set")
        return environment[self.variable]


def parse(node: Node, findings: Findings, name: str = "") -> ChannelDefinition | None:
    """A channel as written, from its own document or from `channels:` of the app. None when it cannot be used."""
    named = node.get("preset") if isinstance(node, MappingNode) else None
    kind = PRESETS.get(named.typed) if isinstance(named, ScalarNode) else None
    read = read_keys(node, "channel", kind.keys if kind is not None else KEYS, findings)
    if read is None:
        return None
    preset = read.get("preset")
    if kind is None and isinstance(preset, ScalarNode):
        findings.error(
            "unknown-preset",
            preset.place,
            f"flowkit {VERSION} does not know preset `{preset.typed}` yet",
            did_you_mean(preset.typed, PRESETS),
        )
    settings = {key: _setting(key, value, findings) for key, value in read.items() if key not in {"title", "preset"}}
    if kind is None or not isinstance(preset, ScalarNode):
        return None
    kind.check(read, findings)
    title = text_of(read["title"], findings) if "title" in read else None
    return ChannelDefinition(name, title or name, preset.typed, settings, node.place)


def _setting(key: str, node: Node, findings: Findings) -> Any:
    if not isinstance(node, ScalarNode):
        return node.as_typed()
    placeholder = _PLACEHOLDER.fullmatch(node.typed.strip())
    if placeholder is not None:
        return Secret(placeholder["name"], node.place)
    if "${" in node.typed:
        secret = key in SECRETS and _MEANT.fullmatch(node.typed.strip()) is None
        findings.error(
            "bad-placeholder",
            node.place,
            "expected a placeholder such as ${env:SMS_SECRET}" + ("" if secret else f', found "{node.typed}"'),
            "the whole value is one placeholder: ${env:NAME}",
            secret=secret,
        )
    elif key in SECRETS:
        findings.error(
            "literal-secret",
            node.place,
            f'"{key}" is a secret and may not stand in a file',
            f"write {key}: ${{env:NAME}} and set NAME where flowkit runs",
            secret=True,
        )
    return node.as_typed()
