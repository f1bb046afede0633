"""A channel: how a message leaves, as the author configures it and as a program performs it.

Knows the keys of a channel and the one protocol that every channel speaks. It knows no workflow and no outbox: what is
retried, and when, is decided by whoever calls `send`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from flowkit.diagnostics import Findings, Place
from flowkit.errors import FlowKitError
from flowkit.source.keys import Key, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.suggest import did_you_mean
from flowkit.version import VERSION

PRESETS = ("console",)
"""The presets that this version can send through."""

SECRETS = ("key", "secret", "token", "password", "webhook")
"""Keys whose value must never stand in a file: only `${env:NAME}`."""

KEYS = (
    Key("title", "text", "what people see instead of the name", example="短信"),
    Key("preset", "name", "which kind of channel it is", required=True, example="console"),
    Key("account", "text", "the account that sends", example="wx1234567890"),
    Key("agent", "text", "the application within the account", example="1000002"),
    Key("sender", "text", "the address it comes from", example="service@example.com"),
    Key("sign", "text", "the signature that stands before a text message", example="老王修车"),
    Key("templates", "mapping", "which approved template carries which notification", example="{没人接: SMS_1}"),
    Key("host", "text", "the server", example="smtp.example.com"),
    Key("port", "integer", "the server's port", example="465"),
    Key("user", "text", "the name to sign in with", example="service"),
    Key("key", "text", "the account's key", example="${env:SMS_KEY}"),
    Key("secret", "text", "the account's secret", example="${env:SMS_SECRET}"),
    Key("token", "text", "the account's token", example="${env:CHANNEL_TOKEN}"),
    Key("password", "text", "the password to sign in with", example="${env:MAIL_PASSWORD}"),
    Key("webhook", "text", "the address of a group robot; whoever knows it may write", example="${env:ROBOT_URL}"),
)

_PLACEHOLDER = re.compile(r"\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
# Meant as a placeholder, whatever is wrong with it: no secret looks so.
_MEANT = re.compile(r"\$\{\s*[A-Za-z]+\s*:\s*\w+\s*\}")


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person through one channel.

    `key` is stable over all tries, so that a receiver can tell a repeat; `to` is the actor (`employee:zhang`), `address`
    his address on this channel, or None where it needs none. `at` is when it was decided, aware.
    """

    key: str
    to: str
    address: str | None
    title: str
    text: str
    case: str
    notification: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel answered: its own reference for the message, or "" when it gives none."""

    reference: str = ""


class DeliveryError(FlowKitError):
    """A message could not be sent. `retry_after` is how long the other side asked to be left alone, or None."""

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        self.message, self.retry_after = message, retry_after
        super().__init__(message)


class Channel(Protocol):
    """What every way of sending offers; built-in channels and those of a host come in alike."""

    @property
    def name(self) -> str:
        """The name under which notifications speak of it."""

    def send(self, message: Message) -> Receipt | None:
        """Hand the message over. Returning means that the other side took it; raises `DeliveryError` otherwise."""


@dataclass(frozen=True, slots=True)
class ChannelDefinition:
    """A channel as written. `settings` holds the account's keys as typed; secrets as `Secret`, never as text."""

    name: str
    title: str
    preset: str
    settings: Mapping[str, Any]
    place: Place


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
    read = read_keys(node, "channel", KEYS, findings)
    if read is None:
        return None
    preset = read.get("preset")
    if isinstance(preset, ScalarNode) and preset.typed not in PRESETS:
        findings.error(
            "unknown-preset",
            preset.place,
            f"flowkit {VERSION} does not know preset `{preset.typed}` yet",
            did_you_mean(preset.typed, PRESETS),
        )
    settings = {key: _setting(key, value, findings) for key, value in read.items() if key not in {"title", "preset"}}
    if not isinstance(preset, ScalarNode) or preset.typed not in PRESETS:
        return None
    _tell_idle(settings, node, findings)
    title = text_of(read["title"], findings) if "title" in read else None
    return ChannelDefinition(name, title or name, preset.typed, settings, node.place)


def _tell_idle(settings: Iterable[str], node: Node, findings: Findings) -> None:
    """Warn of keys that no preset of this version looks at, unless their value was answered with a mistake already."""
    wrong = {d.place for d in findings.errors}
    for key in settings:
        value = node.get(key) if isinstance(node, MappingNode) else None
        if isinstance(node, MappingNode) and value is not None and value.place not in wrong:
            message = f"flowkit {VERSION} does not act on `{key}` yet"
            findings.warning("not-yet", node.keys[key], message, "it has no effect")


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
