"""A person takes an action: is it open to him, is what he typed in order, then the case moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowkit.engine.acting import taking_for, told
from flowkit.engine.definition import Exit
from flowkit.engine.draft import Draft
from flowkit.engine.filling import filled_in, take_up
from flowkit.engine.moves import leave_by
from flowkit.engine.offers import refusal
from flowkit.engine.operations.operation import Operation, checked
from flowkit.engine.operations.table import operation_called
from flowkit.engine.view import World
from flowkit.engine.who import as_roles_of, is_among
from flowkit.errors import Problem, RefusedError, invalid


def act(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    exit_ = _open_action(draft, data)
    raw = dict(data.get("values") or {})
    if isinstance(exit_, Operation):
        return exit_.perform(draft, _given(draft, exit_, raw))
    node, visit = draft.case.node, draft.case.visit
    edited, answered = filled_in(draft, exit_, raw)
    acted = {"action": exit_.name, "title": exit_.title, "node": node, "visit": visit}
    draft.add("acted", **acted, **_holding(draft, exit_, draft.world()))
    take_up(draft, exit_, edited, answered)
    leave_by(draft, exit_, f"act:{exit_.name}")


def _open_action(draft: Draft, data: Mapping[str, Any]) -> Exit | Operation:
    """The exit or operation that is meant, if it is open to this actor at this visit."""
    case, name = draft.case, data["action"]
    # What is done with many cases at once means the operation, whatever a workflow calls by its name.
    hidden = data.get("operation") or not case.node
    actions = {} if hidden else draft.workflow.actions_at(case.node)
    exit_ = actions.get(name) or next((e for e in actions.values() if e.title == name), None)
    operation = operation_called(name) if exit_ is None else None
    if case.ended and (operation is None or not operation.after_end):
        raise RefusedError("ended", "工单已结束,不能再操作")
    # What may be done after the end belongs to the case, not to a step of it.
    of_a_step = operation is None or not operation.after_end
    if of_a_step and data.get("visit") is not None and data["visit"] != case.visit:
        raise RefusedError("stale", "这一步已经办完了,请刷新后再看", details={"visit": case.visit})
    if operation is not None:
        if (refused := operation.why_not(draft.world(), draft.by)) is not None:
            raise refused
        return operation
    if exit_ is None:
        node = draft.workflow.nodes[case.node]
        # The command line takes names, people know titles.
        known = "、".join(e.title if e.title == e.name else f"{e.title} {e.name}" for e in actions.values()) or "没有"
        raise RefusedError("unknown-action", f"“{node.title}”这一步没有“{name}”这个操作,现有: {known}")
    refused = refusal(exit_, draft.by, draft.world())
    if refused is not None:
        raise refused
    return exit_


def _given(draft: Draft, operation: Operation, raw: dict[str, Any]) -> dict[str, Any]:
    """What an operation's form was filled in with; all problems at once."""
    if operation.asks is not None:
        return raw
    if operation.form is not None:
        return checked(draft, operation.form, raw)
    if raw:
        raise invalid(*(Problem(n, "unknown-field", "这一步不需要填写这一项") for n in raw))
    return {}


def _holding(draft: Draft, exit_: Exit, world: World) -> dict[str, Any]:
    """Who holds the node by this act, and in whose name it was done.

    Acting on a pool's task claims it; a helper or a special `who` takes nothing away, and what is to be signed stays so.
    """
    person = taking_for(exit_, draft.by, world) or draft.by
    signing = draft.case.sheet is not None
    if exit_.who is not None or signing or not is_among(person, draft.case.owner, world):
        return {"holder": "", **told(draft.by, person)}
    return {"holder": person, **told(draft.by, person), **as_roles_of(person, world)}
