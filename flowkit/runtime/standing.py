"""Deadlines that stand, in words for people: what they are called, when they are due, and what happens then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flowkit.engine.calls import WITHIN
from flowkit.engine.case import Case, Deadline, deadlines
from flowkit.engine.definition import Exit, Workflow
from flowkit.engine.instructions import EscalateVerb, NotifyVerb, ReassignVerb, Verb, Who
from flowkit.engine.machine import BACK
from flowkit.engine.suspension import RESUME
from flowkit.runtime.names import Names
from flowkit.runtime.views import DeadlineView


def standing(case: Case, workflow: Workflow) -> tuple[DeadlineView, ...]:
    """The deadlines of a case, nearest first."""
    if case.node not in workflow.nodes:
        return ()
    names = Names(workflow, roles=workflow.business.roles)
    return tuple(_view(due, case, names) for due in sorted(deadlines(case), key=lambda d: (d.due, d.name)))


def _view(due: Deadline, case: Case, names: Names) -> DeadlineView:
    assert names.workflow is not None
    if due.name == RESUME:
        return DeadlineView("恢复", due.due, "恢复办理", due.why)
    zone = names.workflow.business.settings.timezone
    stage = case.stages.get(due.name.partition("/")[0]) if "/" in due.name else None
    since = datetime.fromisoformat(stage.entered) if stage is not None else case.entered
    call = names.workflow.nodes[case.node].call
    timeout = names.workflow.timeouts_at(case.node).get(due.name)
    exit_ = call.failed if due.name == WITHIN and call is not None else timeout.exit if timeout is not None else None
    then = ",".join(_then(exit_, names)) if exit_ is not None else ""
    return DeadlineView(names.deadline(case.node, due.name, due.due, since, zone), due.due, then, due.why)


def _then(exit_: Exit, names: Names) -> Iterator[str]:
    if exit_.when is not None:
        yield f"若 {exit_.when.text.strip()}"
    yield from dict.fromkeys(word for verb in exit_.do if (word := _word(verb, names)))
    if exit_.to:
        places = dict.fromkeys("上一环节" if r.to == BACK else f"“{names.node(r.to)}”" for r in exit_.to)
        yield f"转到{'或'.join(places)}"


def _word(verb: Verb, names: Names) -> str:
    match verb:
        case NotifyVerb():
            return f"提醒 {_who(verb.to, names) if verb.to is not None else '负责人'}"
        case ReassignVerb():
            return f"改派 {_who(verb.to, names)}"
        case EscalateVerb():
            return f"升级给 {_who(verb.to, names)}"
    return "自动处理"


def _who(who: Who, names: Names) -> str:
    """People as the definition says them: whom that comes to is found when it is due."""
    if who.parts:
        return "、".join(_who(part, names) for part in who.parts)
    if who.dispatch is not None:
        return who.dispatch.title
    if who.expression is not None:
        return who.expression.text.strip()
    if who.roles:
        return "、".join(names.roles.get(role, role) for role in who.roles)
    return {"applicant": "申请人", "manager": "上级"}.get(who.kind, "负责人")
