"""What outside systems answer in a scenario, as written: values, a refusal, a failure, raw JSON, each at once or slowly.

Knows the shapes; which operations there are and what they return is looked up by `scenario_names`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from flowkit.app.nouns.scenario_keys import FAILURES, REPLY_KEYS
from flowkit.diagnostics import Findings, Place, shown
from flowkit.source.keys import found, kind_fits
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.suggest import did_you_mean
from flowkit.values.durations import parse_duration

ReplyKind = Literal["values", "refused", "failed", "raw"]
WAYS: tuple[ReplyKind, ...] = ("refused", "failed", "raw")

_STATUS = re.compile(r"[345]\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class GivenReply:
    """One answer. `said` is what stands behind its word, for `values` the mapping itself; `slow` how long it takes.

    `bare`: nothing but `slow` was said, so that whatever it returns is left open.
    """

    kind: ReplyKind
    said: Node
    place: Place
    slow: timedelta = timedelta(0)
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Replies:
    """What one operation, CONNECTOR.OPERATION, answers: one after another, and the last from then on."""

    operation: str
    place: Place
    given: tuple[GivenReply, ...]


def parse_replies(node: Node | None, findings: Findings) -> tuple[Replies, ...]:
    """What stands under `replies`."""
    parsed = []
    for name, place, body in node.items() if isinstance(node, MappingNode) else ():
        listed = body.items if isinstance(body, SequenceNode) else (body,)
        given = tuple(reply for each in listed if (reply := _reply(each, findings)) is not None)
        if not listed:
            findings.error("missing-value", body.place, f'"{name}" answers nothing', "{} answers without content")
        parsed.append(Replies(name, place, given))
    return tuple(parsed)


def _reply(node: Node, findings: Findings) -> GivenReply | None:
    if not isinstance(node, MappingNode):
        message = f"expected what is answered, found {found(node)}"
        findings.error("wrong-kind", node.place, message, "{quantity: 2}, {refused: 没有库存}, {failed: timeout}")
        return None
    said = [way for way in WAYS if way in node]
    rest = {name: value for name, value in node.entries.items() if name != "slow"}
    slow = _length(node.entries.get("slow"), findings)
    if slow is None:
        return None
    if not said:
        values = MappingNode(rest, {name: node.keys[name] for name in rest}, node.place, node.complete)
        return GivenReply("values", values, node.place, slow, bare="slow" in node and not rest)
    way = said[0]
    others = [name for name in rest if name != way]
    if others:
        message = f'"{others[0]}" says nothing beside "{way}"'
        findings.error("unknown-key", node.keys[others[0]], message, 'beside it may stand: "slow"')
    if not _fits(way, node.entries[way], findings):
        return None
    return GivenReply(way, node.entries[way], node.place, slow)


def _fits(way: ReplyKind, node: Node, findings: Findings) -> bool:
    key = next(k for k in REPLY_KEYS if k.name == way)
    empty = isinstance(node, ScalarNode) and node.value is None
    if way == "raw":
        return True
    if empty or not isinstance(node, ScalarNode) or not kind_fits(key.kind, node):
        findings.error("wrong-kind", node.place, f"expected {key.help}", f"write {way}: {key.example}")
        return False
    if way == "failed" and node.typed not in FAILURES and not _STATUS.fullmatch(node.typed):
        message = f"expected timeout, unreachable or an HTTP status such as 500, found {shown(node.typed)}"
        findings.error("unknown-name", node.place, message, did_you_mean(node.typed, FAILURES))
        return False
    return True


def _length(node: Node | None, findings: Findings) -> timedelta | None:
    """How long it takes; nothing, where nothing is said. None for what is no length of time, which is reported."""
    if node is None:
        return timedelta(0)
    try:
        length = parse_duration(node.typed) if isinstance(node, ScalarNode) else None
    except ValueError:
        length = None
    if isinstance(length, timedelta):
        return length
    said = shown(node.typed) if isinstance(node, ScalarNode) else found(node)
    findings.error("type-mismatch", node.place, f"expected a duration such as 7m or 2h, found {said}", "slow: 7m")
    return None
