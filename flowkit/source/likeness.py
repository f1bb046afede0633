"""Rule 5, `like: NAME`: everything from that document or node; keys written here replace it whole."""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.diagnostics import Findings
from flowkit.source.keys import Key
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.suggest import did_you_mean

LIKE = "like"
LIKE_KEY = Key(LIKE, "name", "take everything from that one; keys written here replace it whole", example="ordered")


def with_likeness(node: MappingNode, there: Mapping[str, Node], what: str, findings: Findings) -> MappingNode:
    """The node with what it takes from another of those `there` are of its kind, and what that takes from another.

    Reports a name that is not there and a ring; `what` says what they are, such as `node` or `workflow`.
    """
    seen: list[str] = []
    while isinstance(named := node.get(LIKE), ScalarNode):
        if named.typed in seen:
            findings.error(
                "circular-like", named.place, f"these are like each other: {' → '.join([*seen, named.typed])}"
            )
            return _without(node)
        other = there.get(named.typed)
        if not isinstance(other, MappingNode):
            message = f'no {what} "{named.typed}" to be like'
            findings.error("unknown-name", named.place, message, did_you_mean(named.typed, there))
            return _without(node)
        seen.append(named.typed)
        own = _without(node)
        node = MappingNode({**other.entries, **own.entries}, {**other.keys, **own.keys}, node.place, node.complete)
        if LIKE not in other:
            break
    return _without(node)


def _without(node: MappingNode) -> MappingNode:
    return MappingNode(
        {k: v for k, v in node.entries.items() if k != LIKE},
        {k: p for k, p in node.keys.items() if k != LIKE},
        node.place,
        node.complete,
    )
