"""A person takes an action: is it open to him, is what he typed in order, then the case moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowkit.engine.acting import taking_for, told
from flowkit.engine.definition import Exit
from flowkit.engine.draft import Draft
from flowkit.engine.moves import leave_by
from flowkit.engine.offers import refusal
from flowkit.engine.operations.operation import Operation
from flowkit.engine.operations.table import operation_called
from flowkit.engine.view import World, environment
from flowkit.engine.who import as_roles_of, is_among
from flowkit.errors import Problem, RefusedError
from flowkit.forms.form import Form


def act(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    exit_ = _open_action(draft, data)
    raw = dict(data.get("values") or {})
    if isinstance(exit_, Operation):
        return exit_.perform(draft, _given(draft, exit_, raw))
    node, visit = draft.case.node, draft.case.visit
    edited, answered = _filled_in(draft, exit_, raw)
    acted = {"action": exit_.name, "title": exit_.title, "node": node, "visit": visit}
    draft.add("acted", **acted, **_holding(draft, exit_, draft.world()))
    if answered is not None:
        draft.add("answered", name=exit_.answer, values=answered)
    if edited:
        draft.add("edited", values=edited, old={n: draft.case.values.get(n) for n in edited})
    _check(draft, exit_)
    leave_by(draft, exit_, f"act:{exit_.name}")


def _open_action(draft: Draft, data: Mapping[str, Any]) -> Exit | Operation:
    """The exit or operation that is meant, if it is open to this actor at this visit."""
    case, name = draft.case, data["action"]
    actions = draft.workflow.actions_at(case.node) if case.node else {}
    exit_ = actions.get(name) or next((e for e in actions.values() if e.title == name), None)
    operation = operation_called(name) if exit_ is None else None
    if case.ended and (operation is None or not operation.after_end):
        raise RefusedError("ended", "工单已结束,不能再操作")
    if data.get("visit") is not None and data["visit"] != case.visit:
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
    world = draft.world()
    if operation.form is None:
        problems = tuple(Problem(n, "unknown-field", "这一步不需要填写这一项") for n in raw)
        values: dict[str, Any] = {}
    else:
        checked = operation.form.check(raw, world, environment(world))
        problems, values = checked.problems, checked.values
    if problems:
        raise RefusedError("invalid", "有内容需要更正", problems)
    return values


def _filled_in(draft: Draft, exit_: Exit, raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Check what was typed: (edited earlier fields, the exit's own form). All problems of both at once."""
    world, subject = draft.world(), draft.case.applicant
    problems: list[Problem] = []
    edited: dict[str, Any] = {}
    if exit_.edit is not None:
        given = {n: raw.pop(n) for n in list(raw) if n in exit_.edit.fields}
        if given:
            checked = exit_.edit.check({**_present(exit_.edit, world), **given}, world, environment(world))
            problems += checked.problems
            edited = draft.stored(exit_.edit.fields, {n: checked.values.get(n) for n in given}, subject, "edit/")
    answered: dict[str, Any] | None = None
    if exit_.form is not None:
        checked = exit_.form.check(raw, world, environment(world))
        problems += checked.problems
        answered = (
            draft.stored(exit_.form.fields, checked.values, subject, f"{exit_.answer}/") if not problems else None
        )
    elif raw:
        problems += [Problem(n, "unknown-field", "这一步不需要填写这一项") for n in raw]
    if problems:
        raise RefusedError("invalid", "有内容需要更正", problems)
    return edited, answered


def _present(form: Form, world: World) -> dict[str, Any]:
    """The present values of the fields that are open again."""
    values = {n: world[n] for n in form.fields}
    return {n: getattr(v, "key", v) for n, v in values.items() if v is not None}


def _holding(draft: Draft, exit_: Exit, world: World) -> dict[str, Any]:
    """Who holds the node by this act, and in whose name it was done.

    Acting on a pool's task claims it; a helper or a special `who` takes nothing away.
    """
    person = taking_for(exit_, draft.by, world) or draft.by
    if exit_.who is not None or not is_among(person, draft.case.owner, world):
        return {"holder": "", **told(draft.by, person)}
    return {"holder": person, **told(draft.by, person), **as_roles_of(person, world)}


def _check(draft: Draft, exit_: Exit) -> None:
    """The exit's own checks, which see what was just filled in."""
    problems = []
    world = draft.world()
    for check in exit_.checks:
        problem = check.judge(world, draft.workflow.business.locale, draft.workflow.business.settings.timezone)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise RefusedError("invalid", "有内容需要更正", problems)
