"""What can be said of an approval before any case has come to it: that it leads on, and that a return leads back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flowkit.diagnostics import Findings
from flowkit.engine.definition import Approval, Node, Workflow
from flowkit.engine.machine import BACK
from flowkit.engine.reading import NodeDefinition

Ways = Callable[[Workflow, Node], Iterable[str]]


def prove(node: Node, definition: NodeDefinition, workflow: Workflow, ways: Ways, findings: Findings) -> None:
    """Report outcomes of an approval that lead nowhere; `ways` gives where a case can go from a node."""
    approval = node.approval
    if approval is None:
        return
    for name in ("approved", "rejected"):
        if not approval.outcomes[name].to:
            message = f'"{node.name}" is {name} and leads nowhere: everybody has answered, and the case would stay'
            place = definition.outcomes[name].place
            findings.error("no-way", place, message, f"write {name}: {{to: NODE}}")
    _signing_is_open(node, approval, definition, workflow, findings)
    if "returned" in approval.outcomes:
        _returned(node, approval, definition, _before(node.name, workflow, ways), workflow, findings)


_SIGNING = {"approved": ("approve", "同意"), "rejected": ("reject", "拒绝"), "returned": ("return", "退回")}


def _signing_is_open(
    node: Node, approval: Approval, definition: NodeDefinition, workflow: Workflow, findings: Findings
) -> None:
    """Report what takes the place of an answer: an action of a stage called like it, a field called like what it asks."""
    for action in workflow.actions_at(node.name).values():
        for outcome in approval.outcomes:
            for word in {action.name, action.title}.intersection(_SIGNING[outcome]):
                message = f'the action "{action.name}" of a stage takes the place of `{word}` at "{node.name}": nobody could sign'
                place = definition.entries["approval"].place
                findings.error(
                    "duplicate-name", place, message, "call the action otherwise, or keep its stage off this node"
                )
    exit_ = approval.outcomes.get("returned")
    if exit_ is not None and not exit_.to and any(form and "to" in form.fields for form in (exit_.form, exit_.edit)):
        message = f'the field "to" of `returned` takes the place of the node that "{node.name}" is returned to'
        findings.error("duplicate-name", definition.outcomes["returned"].place, message, "call the field otherwise")


def _returned(
    node: Node, approval: Approval, definition: NodeDefinition, before: set[str], workflow: Workflow, findings: Findings
) -> None:
    place, exit_ = definition.outcomes["returned"].place, approval.outcomes["returned"]
    help = "leave `returned` out, or lead through a node of work before it"
    resting = {name for name in before if workflow.nodes[name].kind in ("task", "approval", "wait", "run")}
    if not exit_.to and not resting:
        message = f'"{node.name}" can be returned to no node: nobody has worked on a case that comes to it'
        findings.error("no-way", place, message, help)
    for route in exit_.to:
        if route.to == BACK and not before:
            findings.error("no-way", place, f'"{node.name}" can be returned to no node: a case begins here', help)
        elif route.to != BACK and route.to not in before:
            message = f'"{node.name}" is returned to "{route.to}", which no case has come through on its way here'
            findings.error(
                "no-way", place, message, f"return to one of: {', '.join(sorted(resting))}" if resting else help
            )


def _before(name: str, workflow: Workflow, ways: Ways) -> set[str]:
    """The nodes that a case may have come through before it first comes to that one, and from which it can come to it."""
    reached, ahead = set[str](), [workflow.first.name]
    leading: dict[str, set[str]] = {}
    while ahead:
        here = ahead.pop()
        if here in reached or here == name:
            continue
        reached.add(here)
        for to in ways(workflow, workflow.nodes[here]):
            leading.setdefault(to, set()).add(here)
            ahead.append(to)
    found, behind = set[str](), [name]
    while behind:
        for here in leading.get(behind.pop(), set()) - found:
            found.add(here)
            behind.append(here)
    return found
