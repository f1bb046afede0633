"""Rule 12, nobody is forgotten: no case of a workflow can rest where nobody is responsible or from where no way leads on."""

from __future__ import annotations

from collections.abc import Iterator

from flowkit.diagnostics import Findings, Place
from flowkit.engine.approval import proof as approvals
from flowkit.engine.definition import Node, Workflow
from flowkit.engine.machine import BACK
from flowkit.engine.reading import WorkflowDefinition


def prove(definition: WorkflowDefinition, workflow: Workflow, findings: Findings) -> None:
    """Report every node of a linked workflow at which a case could be forgotten."""
    if len(findings.errors):
        # Ways that did not link are missing here: what they would have proved would be reported as wrong.
        return
    for node in workflow.nodes.values():
        place = definition.nodes[node.name].place
        if node.kind == "task" and node.owner is None:
            findings.error("nobody", place, f'nobody owns "{node.name}"', "write owner: ROLE")
        if node.kind in ("task", "wait", "run", "approval") and not node.timeouts and not _clocks(workflow, node):
            help = "write timeouts: [{after: 1d, escalate: ROLE}]"
            findings.error(
                "no-deadline", place, f'a case could rest at "{node.name}" for ever: it has no deadline', help
            )
        if node.kind in ("route", "run", "call") and node.next and all(r.when is not None for r in node.next):
            help = "let the last way have no `when`: next: [{when: …, to: …}, {to: …}]"
            findings.error("no-way", place, f'"{node.name}" has no way when none of its conditions holds', help)
        approvals.prove(node, definition.nodes[node.name], workflow, _ways, findings)
        _never_taken(node, place, findings)
        for exit_ in node.exits:
            if exit_.to and all(r.when is not None for r in exit_.to):
                help = "let the last way have no `when`: to: [{when: …, to: …}, {to: …}]"
                findings.error(
                    "no-way", place, f'"{node.name}": "{exit_.name}" has no way when none of its conditions holds', help
                )
    _unreachable(definition, workflow, findings)
    _endless(definition, workflow, findings)


def _clocks(workflow: Workflow, node: Node) -> bool:
    """Whether a stage keeps an eye on a case at this node."""
    return not node.pauses and any(stage.timeouts for stage in workflow.stages_at(node.name))


def _ways(workflow: Workflow, node: Node) -> Iterator[str]:
    """Where a case can go from this node; `back` leads where it came from, which is some other node's doing."""
    yield from (route.to for route in node.next)
    if node.kind not in ("route", "end"):
        exits = (*node.exits, *(e for stage in workflow.stages_at(node.name) for e in stage.exits))
        yield from (route.to for exit_ in exits for route in exit_.to if route.to != BACK)
        if any(route.to == BACK for exit_ in exits for route in exit_.to):
            yield from (n.name for n in workflow.nodes.values() if node.name in set(_ways_forward(workflow, n)))


def _ways_forward(workflow: Workflow, node: Node) -> Iterator[str]:
    yield from (route.to for route in node.next)
    yield from (route.to for exit_ in node.exits for route in exit_.to)


def _never_taken(node: Node, place: Place, findings: Findings) -> None:
    """Ways behind one that is always taken."""
    lists = [(f'"{node.name}"', node.next), *((f'"{node.name}": "{exit_.name}"', exit_.to) for exit_ in node.exits)]
    for said, ways in lists:
        always = next((way for way in ways[:-1] if way.when is None), None)
        if always is not None:
            help = "give it a `when`, or let it stand last"
            message = f'{said} always goes to "{always.to}": the ways behind it are never taken'
            findings.warning("unreachable", place, message, help)


def _unreachable(definition: WorkflowDefinition, workflow: Workflow, findings: Findings) -> None:
    reached, ahead = set(), [workflow.first.name]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += _ways(workflow, workflow.nodes[name])
    for name in workflow.nodes.keys() - reached:
        findings.warning("unreachable", definition.nodes[name].place, f'no way leads to "{name}"')


def _endless(definition: WorkflowDefinition, workflow: Workflow, findings: Findings) -> None:
    """Nodes from which no end can be reached."""
    leading: dict[str, list[str]] = {}
    for node in workflow.nodes.values():
        for to in _ways(workflow, node):
            leading.setdefault(to, []).append(node.name)
    ending: set[str] = set()
    ahead = [n.name for n in workflow.nodes.values() if n.kind == "end"]
    while ahead:
        name = ahead.pop()
        if name not in ending:
            ending.add(name)
            ahead += leading.get(name, ())
    for name in workflow.nodes.keys() - ending:
        help = "give it an action or a timeout with `to` that leads towards an end"
        findings.error("no-way-out", definition.nodes[name].place, f'no way leads from "{name}" to an end', help)
