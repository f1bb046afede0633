"""A workflow as written: nodes, exits and timeouts with their keys checked. Looks no name up and compiles nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flowkit.diagnostics import Findings, Place, Related
from flowkit.engine.definition import NodeKind
from flowkit.engine.keys import (
    DIRECT_KEYS,
    EXIT_KEYS,
    LATER,
    NODE_KEYS,
    STAGE_KEYS,
    STAGE_NODES_KEYS,
    TIMEOUT_KEYS,
    WORKFLOW_KEYS,
)
from flowkit.engine.node_kind import node_kind
from flowkit.source.keys import Key, names_of, read_keys, text_of
from flowkit.source.likeness import with_likeness
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
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
    kind: NodeKind
    place: Place
    entries: Entries
    actions: Mapping[str, ExitDefinition]
    events: Mapping[str, ExitDefinition]
    timeouts: tuple[ExitDefinition, ...]
    failed: ExitDefinition | None = None
    outcomes: Mapping[str, ExitDefinition] = field(default_factory=dict)

    @property
    def exits(self) -> tuple[ExitDefinition, ...]:
        failed = (self.failed,) if self.failed is not None else ()
        return (*self.actions.values(), *self.events.values(), *self.timeouts, *failed, *self.outcomes.values())


@dataclass(frozen=True, slots=True)
class StageDefinition:
    name: str
    title: str
    place: Place
    nodes: frozenset[str]
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
    stages: Mapping[str, StageDefinition]


def parse(node: Node, findings: Findings, name: str = "") -> WorkflowDefinition | None:
    """Read a workflow document. Reports every misplaced key; None when there are no nodes to speak of."""
    entries = read_known(node, "workflow", WORKFLOW_KEYS, findings)
    if entries is None or not isinstance(entries.get("nodes"), MappingNode):
        return None
    title = text_of(entries["title"], findings) if "title" in entries else None
    nodes = {}
    listed = entries["nodes"]
    assert isinstance(listed, MappingNode)
    for node_name, place, written in listed.items():
        body = with_likeness(written, listed.entries, "node", findings) if isinstance(written, MappingNode) else written
        read = _node(node_name, place, body, findings)
        if read is not None:
            nodes[node_name] = read
    if not nodes:
        findings.error("missing-key", listed.place, "a workflow needs at least one node", "write nodes: {begin: {…}}")
        return None
    stages = _stages(entries.get("stages"), nodes, findings)
    return WorkflowDefinition(name, title or name, node.place, entries, nodes, stages)


def _stages(node: Node | None, nodes: Mapping[str, NodeDefinition], findings: Findings) -> dict[str, StageDefinition]:
    stages = {}
    for name, place, body in node.items() if isinstance(node, MappingNode) else ():
        entries = read_keys(body, "stage", STAGE_KEYS, findings)
        if name in nodes:
            related = [Related(nodes[name].place, "the node stands here")]
            findings.error(
                "duplicate-name", place, f'"{name}" is a node already', "give the stage another name", related
            )
        elif entries is not None and "nodes" in entries:
            stages[name] = StageDefinition(
                name,
                _title(entries, name, findings),
                place,
                _stage_nodes(entries["nodes"], nodes, findings),
                _exits(entries.get("actions"), findings),
                _exits(entries.get("events"), findings, "an event"),
                _timeouts(entries.get("timeouts"), findings, f"{name}/"),
            )
    return stages


def _stage_nodes(node: Node, nodes: Mapping[str, NodeDefinition], findings: Findings) -> frozenset[str]:
    """`all`, a list of nodes, or all but some."""
    if isinstance(node, ScalarNode) and node.typed == "all":
        return frozenset(nodes)
    if isinstance(node, MappingNode):
        entries = read_keys(node, "nodes", STAGE_NODES_KEYS, findings) or {}
        return frozenset(nodes) - _known_nodes(entries["not"], nodes, findings) if "not" in entries else frozenset()
    return _known_nodes(node, nodes, findings)


def _known_nodes(node: Node, nodes: Mapping[str, NodeDefinition], findings: Findings) -> frozenset[str]:
    names = names_of(node, findings)
    for name in names:
        findings.knows(name.typed, nodes, name.place, f'no node "{name.typed}"')
    return frozenset(n.typed for n in names)


def _refuse_asking(entries: Entries, what: str, findings: Findings) -> None:
    """Report what would be asked of whoever takes an exit that nobody takes."""
    for key in ("who", "form", "checks", "edit"):
        if key in entries:
            message = f"`{key}` has no effect in {what}: nobody takes it by hand"
            findings.error("wrong-key", entries[key].place, message, "write an action beside it")


def _title(entries: Entries, name: str, findings: Findings) -> str:
    title = text_of(entries["title"], findings) if "title" in entries else None
    return title or name


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
    kind = node_kind(name, place, entries, findings)
    if kind is None:
        return None
    return NodeDefinition(
        name,
        title or name,
        kind,
        place,
        entries,
        _exits(entries.get("actions"), findings),
        _exits(entries.get("events"), findings, "an event"),
        _timeouts(entries.get("timeouts"), findings),
        _failed(entries.get("failed"), findings),
        _outcomes(entries, findings),
    )


OUTCOME_TITLES = {"approved": "通过", "rejected": "不通过", "returned": "退回"}
"""The ways on of an approval, and what people call them where the author does not say."""


def _outcomes(entries: Entries, findings: Findings) -> dict[str, ExitDefinition]:
    found = {}
    for name, title in OUTCOME_TITLES.items():
        body = entries.get(name)
        read = read_known(body, "exit", (*EXIT_KEYS, *_missing(EXIT_KEYS)), findings) if body is not None else None
        if body is None or read is None:
            continue
        if "who" in read:
            message = "`who` has no effect here: who signs stands under `approval`"
            findings.error("wrong-key", read["who"].place, message, "leave it out")
        found[name] = ExitDefinition(name, _title(read, title, findings), body.place, read)
    return found


def _failed(node: Node | None, findings: Findings) -> ExitDefinition | None:
    entries = read_known(node, "exit", (*EXIT_KEYS, *_missing(EXIT_KEYS)), findings) if node is not None else None
    if node is None or entries is None:
        return None
    _refuse_asking(entries, "a failure", findings)
    return ExitDefinition("failed", _title(entries, "failed", findings), node.place, entries)


def _exits(node: Node | None, findings: Findings, taken_by: str = "") -> dict[str, ExitDefinition]:
    """Exits by name; `taken_by` says by what, where that is no person."""
    found: dict[str, ExitDefinition] = {}
    for name, place, body in node.items() if isinstance(node, MappingNode) else ():
        entries = read_known(body, "exit", (*EXIT_KEYS, *_missing(EXIT_KEYS)), findings)
        if entries is not None:
            if taken_by:
                _refuse_asking(entries, taken_by, findings)
            found[name] = ExitDefinition(name, _title(entries, name, findings), place, entries)
    return found


def _timeouts(node: Node | None, findings: Findings, prefix: str = "") -> tuple[ExitDefinition, ...]:
    found: list[ExitDefinition] = []
    for index, body in enumerate(node.items if isinstance(node, SequenceNode) else ()):
        entries = read_known(body, "timeout", (*TIMEOUT_KEYS, *_missing(TIMEOUT_KEYS)), findings)
        if entries is None:
            continue
        _refuse_asking(entries, "a timeout", findings)
        if ("after" in entries) == ("at" in entries):
            findings.error(
                "missing-key", body.place, "a timeout needs `after` or `at`, one of them", "write after: 30m"
            )
            continue
        name = f"{prefix}{index + 1}"
        title = text_of(entries["title"], findings) if "title" in entries else None
        moment = entries.get("after") or entries.get("at")
        said = moment.typed if isinstance(moment, ScalarNode) else name
        found.append(ExitDefinition(name, title or said, body.place, entries))
    return tuple(found)


def _missing(keys: Sequence[Key]) -> tuple[Key, ...]:
    """The verbs that may stand in an exit directly."""
    names = {k.name for k in keys}
    return tuple(k for k in DIRECT_KEYS if k.name not in names)
