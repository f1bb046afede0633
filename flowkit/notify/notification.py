"""A notification: a text, whom it is for, the channels it takes.

Whom it is for, that its channels exist, what its words say, others settle: here all is kept as written.
"""

from __future__ import annotations

from dataclasses import dataclass

from flowkit.diagnostics import Findings, Place
from flowkit.source.keys import Key, read_keys
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode

KEYS = (
    Key("title", "template", "a line above the text, where the channel has one", example="配件已超时"),
    Key("to", "any", "whom it is for (who); without it the owner", example="[owner, 老板]"),
    Key("cc", "any", "who gets the same text to read only (who)", example="procurement_manager"),
    Key(
        "channels",
        "any",
        "the channels it takes, all of them; `{otherwise: sms}`, only when those before it failed, is for later",
        example="[wechat, sms]",
    ),
    Key(
        "text",
        "template",
        "the words; they leave in the app's language, pages show them in their reader's",
        required=True,
        example='"工单 {{ case.number }} 还没人接"',
    ),
)
STEP_KEYS = (Key("otherwise", "names", "the channels taken when those before it failed", required=True, example="sms"),)


@dataclass(frozen=True, slots=True)
class ChannelStep:
    """One channel that a notification names; `otherwise`: taken only when those before it failed."""

    channel: ScalarNode
    otherwise: bool = False


@dataclass(frozen=True, slots=True)
class NotificationDefinition:
    """`to` and `cc` are *who* nodes for the caller; `channels` is empty where the receiver's own are meant."""

    name: str
    title: Node | None
    to: Node | None
    cc: Node | None
    channels: tuple[ChannelStep, ...]
    text: Node | None
    place: Place


def parse(node: Node, findings: Findings, name: str = "") -> NotificationDefinition | None:
    """A notification as written, from its own document or standing where one is named. None when it has no keys."""
    read = read_keys(node, "notification", KEYS, findings)
    if read is None:
        return None
    channels = _channels(read["channels"], findings) if "channels" in read else ()
    return NotificationDefinition(
        name, read.get("title"), read.get("to"), read.get("cc"), channels, read.get("text"), node.place
    )


def _channels(node: Node, findings: Findings) -> tuple[ChannelStep, ...]:
    items = node.items if isinstance(node, SequenceNode) else (node,)
    steps = [step for item in items for step in _steps(item, findings)]
    if steps and steps[0].otherwise:
        findings.error(
            "misplaced-otherwise",
            steps[0].channel.place,
            "`otherwise` needs a channel before it",
            "write [sms]",
        )
    seen: set[str] = set()
    for step in steps:
        if step.channel.typed in seen:
            findings.error("duplicate-name", step.channel.place, f'channel "{step.channel.typed}" is named twice')
        seen.add(step.channel.typed)
    return tuple(steps)


def _steps(node: Node, findings: Findings) -> list[ChannelStep]:
    if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.typed.strip():
        return [ChannelStep(node)]
    if isinstance(node, MappingNode):
        read = read_keys(node, "channels", STEP_KEYS, findings) or {}
        named = read.get("otherwise")
        items = named.items if isinstance(named, SequenceNode) else (named,)
        return [ChannelStep(item, otherwise=True) for item in items if isinstance(item, ScalarNode)]
    findings.error("type-mismatch", node.place, "expected the name of a channel", "write sms, or {otherwise: sms}")
    return []
