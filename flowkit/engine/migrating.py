"""An open case goes over to the present version of its workflow, if it can stand there as it stands.

What it has stays: its visit, its values, and its deadlines at their moments, at which it does what the present version says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from flowkit.engine.calls import WITHIN
from flowkit.engine.case import Deadline, stopped
from flowkit.engine.case_view import AnswersView
from flowkit.engine.catching import catch
from flowkit.engine.children import of_visit
from flowkit.engine.definition import Node
from flowkit.engine.draft import Draft
from flowkit.engine.reading import OUTCOME_TITLES
from flowkit.engine.suspension import RESUME
from flowkit.engine.verbs import tell_task
from flowkit.engine.who import as_roles, find_or_catch, somebody
from flowkit.errors import EvaluationError, RefusedError

_RESTS = ("task", "wait", "run", "call", "approval")
_MISFIT = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, EvaluationError)
"""What reading a stored value by another type than it was stored by can raise."""


def migrate(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    """Judge the case by the workflow at hand from now on. Raises RefusedError with everything that keeps it from that."""
    case, workflow = draft.case, draft.workflow
    if case.ended or case.version == workflow.version:
        return
    lacking = list(_lacking(draft))
    if lacking:
        raise RefusedError("cannot-migrate", f"不能换到现在的流程: {'；'.join(lacking)}", details={"lacking": lacking})
    draft.add("migrated", **{"from": case.version, "to": workflow.version})
    world, node = draft.world(), workflow.nodes[case.node]
    if node.owner is not None and case.sheet is None and not any(somebody(holder, world) for holder in case.owner):
        found = find_or_catch(node.owner, world, case.left_out)
        draft.add("reassigned", owner=list(found.holders), why=found.why, **as_roles(found, world))
        tell_task(draft, found.holders)
    catch(draft, data, case_id)


def _lacking(draft: Draft) -> Iterator[str]:
    case, workflow = draft.case, draft.workflow
    node = workflow.nodes.get(case.node)
    if node is None or (node.kind not in _RESTS and not stopped(case)):
        yield f"没有环节“{case.node}”,或者单子不能停在那里"
        return
    if (case.sheet is None) != (node.approval is None) and not stopped(case):
        yield f"“{node.title}”从审批变成别的,或者从别的变成审批"
    if case.came_from and case.came_from not in workflow.nodes:
        yield f"没有要退回的环节“{case.came_from}”"
    for stage in case.stages:
        if stage not in workflow.stages or case.node not in workflow.stages[stage].nodes:
            yield f"“{node.title}”不在阶段“{stage}”里"
    known = {*workflow.timeouts_at(case.node), *([WITHIN] if node.call is not None else []), RESUME}
    held = [Deadline.from_json(d) for d in (case.suspended or {}).get("deadlines", ())]
    standing = [*case.deadlines, *held, *(d for stage in case.stages.values() for d in stage.standing)]
    yield from (f"没有期限“{d.name}”" for d in standing if d.name not in known)
    yield from _waiting(draft, node, standing)
    yield from _unreadable(draft)


def _waiting(draft: Draft, node: Node, standing: Collection[Deadline]) -> Iterator[str]:
    """What the case waits for besides people, and what it stands at because a machine gave up."""
    case, workflow = draft.case, draft.workflow
    begun = {child.name for child in of_visit(case)}
    if begun != ({node.run.workflow} if node.run is not None else set()):
        yield f"“{node.title}”等的下级工单不同"
    if (node.approval is not None) != (case.sheet is not None) and not stopped(case):
        yield f"“{node.title}”是不是审批不同"
    asked = any(deadline.name == WITHIN for deadline in standing)
    if asked != (node.call is not None) and not stopped(case):
        yield f"“{node.title}”等的外部系统不同"
    kind, _, name = str((case.incident or {}).get("resume", {}).get("trigger", "")).partition(":")
    exits: dict[str, Mapping[str, Any]] = {
        "act": workflow.actions_at(case.node),
        "event": workflow.events_at(case.node),
        "timeout": workflow.timeouts_at(case.node),
        "failed": {"": node.call} if node.call is not None else {},
        **{name: {"": name} if name in node.outcomes else {} for name in OUTCOME_TITLES},
    }
    if stopped(case) and name not in exits.get(kind, {name: None}):
        yield f"出故障的一步“{name}”没有了"


def _unreadable(draft: Draft) -> Iterator[str]:
    """What the case holds that cannot be read any more by the name it stands under."""
    case, world = draft.case, draft.world()
    for name in {**case.values, **case.answers}:
        if name not in draft.workflow.names:
            continue
        try:
            value = world[name]
            for field in value.fields if isinstance(value, AnswersView) else ():
                value.attribute(field)
        except _MISFIT:
            yield f"“{name}”的内容不合现在的类型"
