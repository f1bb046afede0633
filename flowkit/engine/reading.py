"""A workflow as written: nodes, exits and timeouts with their keys checked. Looks no name up and compiles nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from flowkit.diagnostics import Findings, Place
from flowkit.engine.keys import (
    EXIT_KEYS,
    LATER,
    NODE_KEYS,
    OUTCOMES,
    TIMEOUT_KEYS,
    VERB_KEYS,
    WORKFLOW_KEYS,
)
from flowkit.source.keys import Key, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.suggest import did_you_mean
from flowkit.version import VERSION

Entries = Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class ExitDefinition:
    name: str
    title: str
    place: Place
    entries: Entries


@dataclass(frozen=True, slots=True)
class NodeDefinition:
    name: str
    title: str
    kind: Literal["route", "task", "wait", "end"]
    place: Place
    entries: Entries
    actions: Mapping[str, ExitDefinition]
    events: Mapping[str, ExitDefinition]
    timeouts: tuple[ExitDefinition, ...]


@dataclass(frozen=True, slots=True)
class WorkflowDefinition:
    """A workflow whose keys are in order; its names are not yet looked up."""

    name: str
    title: str
    place: Place
    entries: Entries
    nodes: Mapping[str, NodeDefinition]


def parse(node: Node, findings: Findings, name: str = "") -> WorkflowDefinition | None:
    """Read a workflow document. Reports every misplaced key; None when there are no nodes to speak of."""
    entries = read_known(node, "workflow", WORKFLOW_KEYS, findings)
    if entries is None or not isinstance(entries.get("nodes"), MappingNode):
        return None
    title = text_of(entries["title"], findings) if "title" in entries else None
    nodes = {}
    listed = entries["nodes"]
    assert isinstance(listed, MappingNode)
    for node_name, place, body in listed.items():
        read = _node(node_name, place, body, findings)
        if read is not None:
            nodes[node_name] = read
    if not nodes:
        findings.error("missing-key", listed.place, "a workflow needs at least one node", "write nodes: {begin: {…}}")
        return None
    return WorkflowDefinition(name, title or name, node.place, entries, nodes)


def read_known(node: Node, noun: str, keys: Sequence[Key], findings: Findings) -> dict[str, Node] | None:
    """`read_keys`, with keys of the language that belong to a later version answered as such."""
    later = LATER.get(noun, ())
    if isinstance(node, MappingNode):
        for key in (k for k in node.entries if k in later):
            findings.error("not-yet", node.keys[key], f"flowkit {VERSION} does not know `{key}` yet")
        node = replace(
            node,
            entries={k: v for k, v in node.entries.items() if k not in later},
            keys={k: p for k, p in node.keys.items() if k not in later},
        )
    return read_keys(node, noun, keys, findings)


def _node(name: str, place: Place, body: Node, findings: Findings) -> NodeDefinition | None:
    entries = read_known(body, "node", NODE_KEYS, findings)
    if entries is None:
        return None
    title = text_of(entries["title"], findings) if "title" in entries else None
    kind = _kind(name, place, entries, body, findings)
    if kind is None:
        return None
    return NodeDefinition(
        name,
        title or name,
        kind,
        place,
        entries,
        _exits(entries.get("actions"), findings),
        _exits(entries.get("events"), findings),
        _timeouts(entries.get("timeouts"), findings),
    )


def _kind(
    name: str, place: Place, entries: Entries, body: Node, findings: Findings
) -> Literal["route", "task", "wait", "end"] | None:
    """What a node is follows from its keys; it must be exactly one thing."""
    if "end" in entries:
        outcome = entries["end"]
        if isinstance(outcome, ScalarNode) and outcome.typed not in OUTCOMES:
            findings.error(
                "unknown-name",
                outcome.place,
                f'unknown outcome "{outcome.typed}"',
                did_you_mean(outcome.typed, OUTCOMES),
            )
        kind: Literal["route", "task", "wait", "end"] = "end"
    elif "next" in entries:
        kind = "route"
    elif "actions" in entries:
        kind = "task"
    elif "events" in entries or "timeouts" in entries:
        kind = "wait"
    else:
        if not (isinstance(body, MappingNode) and set(body.entries) & set(LATER["node"])):
            help = "give it `next` (a route), `owner` and `actions` (a task), `events` or `timeouts` (a wait) or `end`"
            findings.error("node-kind", place, f'node "{name}" does nothing', help)
        return None
    _refuse_strangers(name, kind, entries, findings)
    return kind


_BELONG = {
    "end": {"title", "do", "end"},
    "route": {"title", "do", "next"},
    "task": {"title", "do", "owner", "not", "actions", "events", "timeouts"},
    "wait": {"title", "do", "owner", "not", "events", "timeouts"},
}
_SAYS = {"end": "it has `end`", "route": "it has `next`", "task": "it has `actions`", "wait": "it only waits"}


def _refuse_strangers(name: str, kind: str, entries: Entries, findings: Findings) -> None:
    for key in entries.keys() - _BELONG[kind]:
        findings.error(
            "node-kind",
            entries[key].place,
            f'node "{name}" cannot have `{key}`: {_SAYS[kind]}, and a node is exactly one of route, task, wait, end',
            "make it a node of its own",
        )


def _exits(node: Node | None, findings: Findings) -> dict[str, ExitDefinition]:
    found: dict[str, ExitDefinition] = {}
    for name, place, body in node.items() if isinstance(node, MappingNode) else ():
        entries = read_known(body, "exit", (*EXIT_KEYS, *_missing(EXIT_KEYS)), findings)
        if entries is not None:
            title = text_of(entries["title"], findings) if "title" in entries else None
            found[name] = ExitDefinition(name, title or name, place, entries)
    return found


def _timeouts(node: Node | None, findings: Findings) -> tuple[ExitDefinition, ...]:
    found: list[ExitDefinition] = []
    for index, body in enumerate(node.items if isinstance(node, SequenceNode) else ()):
        entries = read_known(body, "timeout", (*TIMEOUT_KEYS, *_missing(TIMEOUT_KEYS)), findings)
        if entries is None:
            continue
        if ("after" in entries) == ("at" in entries):
            findings.error(
                "missing-key", body.place, "a timeout needs `after` or `at`, one of them", "write after: 30m"
            )
            continue
        name = str(index + 1)
        title = text_of(entries["title"], findings) if "title" in entries else None
        moment = entries.get("after") or entries.get("at")
        said = moment.typed if isinstance(moment, ScalarNode) else name
        found.append(ExitDefinition(name, title or said, body.place, entries))
    return tuple(found)


def _missing(keys: Sequence[Key]) -> tuple[Key, ...]:
    """The verbs that may stand in an exit directly."""
    names = {k.name for k in keys}
    return tuple(k for k in VERB_KEYS if k.name not in names)
