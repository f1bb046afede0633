"""What a node is: it follows from its keys, and it is exactly one thing."""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.diagnostics import Findings, Place
from flowkit.engine.definition import NodeKind
from flowkit.engine.keys import OUTCOMES
from flowkit.source.nodes import Node, ScalarNode

_BY_KEY: Mapping[str, NodeKind] = {
    "end": "end",
    "approval": "approval",
    "call": "call",
    "run": "run",
    "next": "route",
    "actions": "task",
    "events": "wait",
    "timeouts": "wait",
}
"""The first of these keys that a node has says what it is."""

_NEEDED = {
    "approval": (
        "is an approval",
        {"approved": "write approved: {to: NODE}", "rejected": "write rejected: {to: NODE}"},
    ),
    "call": (
        "calls a system",
        {
            "within": "write within: 5m, so that nobody waits for a machine for ever",
            "failed": "write failed: {to: NODE}, where people decide when the system is down",
            "next": "write next: [{to: NODE}]",
        },
    ),
}
_BELONG = {
    "end": {"title", "progress", "do", "end"},
    "route": {"title", "do", "next"},
    "task": {"title", "progress", "do", "owner", "not", "actions", "events", "timeouts", "clock"},
    "wait": {"title", "progress", "do", "owner", "not", "events", "timeouts", "clock"},
    "call": {
        "title",
        "progress",
        "do",
        "owner",
        "not",
        "call",
        "with",
        "within",
        "save",
        "failed",
        "next",
        "timeouts",
        "clock",
    },
    "run": {"title", "progress", "do", "owner", "not", "run", "next", "timeouts", "clock"},
    "approval": {"title", "progress", "do", "not", "approval", "approved", "rejected", "returned", "timeouts", "clock"},
}
_SAYS = {
    "approval": "it has `approval`",
    "call": "it has `call`",
    "run": "it has `run`",
    "end": "it has `end`",
    "route": "it has `next`",
    "task": "it has `actions`",
    "wait": "it only waits",
}


def node_kind(name: str, place: Place, entries: Mapping[str, Node], findings: Findings) -> NodeKind | None:
    """The kind of the node with these keys; None for one that does nothing. What does not belong to it is reported."""
    kind = next((kind for key, kind in _BY_KEY.items() if key in entries), None)
    if kind is None:
        help = "give it `next` (a route), `owner` and `actions` (a task), `approval`, `timeouts` (a wait) or `end`"
        findings.error("node-kind", place, f'node "{name}" does nothing', help)
        return None
    does, needed = _NEEDED.get(kind, ("", {}))
    for key, help in needed.items():
        if key not in entries:
            findings.error("missing-key", place, f'node "{name}" {does} and has no `{key}`', help)
    outcome, clock = entries.get("end"), entries.get("clock")
    if isinstance(outcome, ScalarNode):
        findings.knows(outcome.typed, OUTCOMES, outcome.place, f'unknown outcome "{outcome.typed}"')
    if isinstance(clock, ScalarNode) and clock.typed != "paused":
        message = f'unknown clock "{clock.typed}"'
        findings.error("unknown-name", clock.place, message, "write clock: paused, or leave it out")
    _refuse_strangers(name, kind, entries, findings)
    return kind


def _refuse_strangers(name: str, kind: str, entries: Mapping[str, Node], findings: Findings) -> None:
    for key in entries.keys() - _BELONG[kind]:
        findings.error(
            "node-kind",
            entries[key].place,
            f'node "{name}" cannot have `{key}`: {_SAYS[kind]}, and a node is exactly one of route, task, wait, end',
            "make it a node of its own",
        )
