"""Approve, reject, return: what somebody answers who is to sign. The sign rule decides what that makes of the node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal

from flowkit.engine.acting import told
from flowkit.engine.approval.changes import advised, answered, together
from flowkit.engine.approval.deciding import conclude, judge, relieve
from flowkit.engine.approval.mine import Mine, given, mine
from flowkit.engine.approval.sheet import difference
from flowkit.engine.definition import Exit, Workflow
from flowkit.engine.draft import Draft
from flowkit.engine.filling import filled_in, take_up
from flowkit.engine.machine import BACK, target
from flowkit.engine.moves import leave_by
from flowkit.engine.operations.operation import Operation, Values, checked, operation_form
from flowkit.engine.verbs import tell_task
from flowkit.engine.view import World
from flowkit.errors import RefusedError
from flowkit.fields.definition import Setting
from flowkit.forms.form import Form

OPINION = operation_form("answer", "{opinion: {type: text, title: 意见, max_length: 2000}}")
TARGET = operation_form("target", "{to: {type: text, title: 退回到哪一步, max_length: 200}}")
_NEEDED = {name: replace(field, required=Setting(True)) for name, field in TARGET.fields.items()}
"""As people are asked for it. Whoever sends none is told between which steps he has to choose."""


def _cannot(outcome: str) -> Callable[[World, str], RefusedError | None]:
    def refusal(world: World, actor: str) -> RefusedError | None:
        found = mine(world, actor)
        if isinstance(found, RefusedError):
            return found
        if outcome == "returned" and found.seat.back_to:
            return RefusedError("delegated", "您是受委派的,只能同意或拒绝,由委派的人定")
        exit_ = found.approval.outcomes.get(outcome)
        if exit_ is None:
            return RefusedError("not-offered", "这一步不能退回")
        if exit_.when is not None and not found.seat.back_to and not exit_.when.evaluate(world):
            return RefusedError("not-offered", f"“{exit_.title}”的条件还不满足: {exit_.when.text}")
        return None

    return refusal


def _asks(outcome: str) -> Callable[[World, str], Form | None]:
    """The form of the exit, with an opinion and, where that is open, where to; who only helps says his opinion."""

    def asks(world: World, actor: str) -> Form | None:
        found = mine(world, actor)
        if isinstance(found, RefusedError) or found.seat.back_to:
            return OPINION
        exit_ = found.approval.outcomes[outcome]
        forms = [f for f in (_own(outcome, exit_), exit_.edit, exit_.form) if f is not None]
        fields = {name: field for form in forms for name, field in form.fields.items()}
        needed = {name: field for name, field in _NEEDED.items() if fields.get(name) is TARGET.fields[name]}
        return replace(exit_.form or OPINION, fields={**fields, **needed})

    return asks


def _own(outcome: str, exit_: Exit) -> Form:
    """What is asked whatever the exit asks."""
    chooses = outcome == "returned" and not exit_.to
    return replace(OPINION, fields={**TARGET.fields, **OPINION.fields}) if chooses else OPINION


def _split(form: Form, exit_: Exit | None, raw: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """Take what is asked in any case out of what was typed; a field of the exit's own form goes first."""
    theirs = {name for each in (exit_.form, exit_.edit) if each for name in each.fields} if exit_ else set()
    given = {name: raw.pop(name) for name in list(raw) if name in form.fields and name not in theirs}
    return checked(draft, form, given)


def _sign(outcome: Literal["approved", "rejected"]) -> Callable[[Draft, Values], None]:
    def perform(draft: Draft, values: Values) -> None:
        here = given(draft.world(), draft.by)
        approval, sheet, seat = here.approval, here.sheet, here.seat
        raw, exit_ = dict(values), approval.outcomes[outcome]
        if seat.back_to:
            return _advise(draft, here, outcome, raw)
        opinion = _split(OPINION, exit_, raw, draft).get("opinion") or ""
        edited, filled = filled_in(draft, exit_, raw)
        behalf = told(draft.by, here.person)
        more = {"opinion": opinion, "behalf": behalf.get("for", "")}
        new = answered(sheet, together(sheet, seat), outcome, draft.by, draft.now.isoformat(), **more)
        signed = {"answer": outcome, "opinion": opinion, "holders": list(seat.holders), **behalf}
        draft.add("signed", **signed, **difference(sheet, new))
        take_up(draft, exit_, edited, filled)
        decided = judge(draft, approval, sheet)
        if decided:
            leave_by(draft, approval.outcomes[decided], decided)
        return None

    return perform


def _advise(draft: Draft, here: Mine, answer: str, raw: dict[str, Any]) -> None:
    """Whom it was delegated to has answered: whoever delegated it has to finish it."""
    sheet, seat, opinion = here.sheet, here.seat, _split(OPINION, None, raw, draft).get("opinion") or ""
    if raw:
        filled_in(draft, Exit("", ""), raw)
    new = advised(sheet, together(sheet, seat), draft.by, answer, opinion, draft.now.isoformat())
    said = {"answer": answer, "opinion": opinion, "to": seat.back_to, **told(draft.by, here.person)}
    draft.add("advised", **said, **difference(sheet, new))
    relieve(draft, here.approval)
    tell_task(draft, draft.case.sheet[seat.id].holders if draft.case.sheet is not None else ())


def _return(draft: Draft, values: Values) -> None:
    here = given(draft.world(), draft.by)
    approval, raw = here.approval, dict(values)
    exit_ = approval.outcomes["returned"]
    own = _split(_own("returned", exit_), exit_, raw, draft)
    edited, filled = filled_in(draft, exit_, raw)
    chosen = _chosen(draft, own.get("to") or "") if not exit_.to else None
    conclude(draft, approval, "returned", own.get("opinion") or "", here.person)
    take_up(draft, exit_, edited, filled)
    if exit_.to:
        _must_have_been(draft, target(draft.workflow.machine, draft.case.node, "returned", draft.world()))
    leave_by(draft, exit_, "returned", chosen=chosen)


def _chosen(draft: Draft, typed: str) -> str:
    """The node that somebody chose by its name or title."""
    nodes, able = draft.workflow.nodes, _passed(draft.world())
    known = "、".join(nodes[name].title for name in able) or "没有"
    if not typed:
        raise RefusedError("invalid", f"请选择退回到哪一步: {known}", details={"to": able})
    named = typed if typed in nodes else next((n.name for n in nodes.values() if n.title == typed), "")
    if not named:
        raise RefusedError("unknown-node", f"没有“{typed}”这一步,可以退回: {known}", details={"to": able})
    if named not in able:
        raise _not_been(draft.workflow, named, known)
    return named


def _passed(world: World) -> list[str]:
    """The nodes the case has come through at which it can stand again."""
    nodes = world.workflow.nodes
    return [name for name in dict.fromkeys(world.case.path[:-1]) if name in nodes and nodes[name].kind in _RESTING]


def _steps(world: World, actor: str) -> Iterator[tuple[str, str]]:
    return ((name, world.workflow.nodes[name].title) for name in _passed(world))


_RESTING = ("task", "approval", "wait", "run")


def _must_have_been(draft: Draft, to: str | None) -> None:
    if to == BACK and not draft.case.came_from:
        raise RefusedError("not-visited", "没有可以退回的环节")
    if to is not None and to != BACK and to not in draft.case.path[:-1]:
        raise _not_been(draft.workflow, to, "")


def _not_been(workflow: Workflow, node: str, known: str) -> RefusedError:
    rest = f",可以退回: {known}" if known else ""
    return RefusedError("not-visited", f"这一路没有经过“{workflow.nodes[node].title}”,不能退回到那里{rest}")


APPROVE = Operation(
    "approve",
    "同意",
    _cannot("approved"),
    _sign("approved"),
    OPINION,
    asks=_asks("approved"),
    help="At an approval: you agree. The sign rule decides what that makes of it. It asks for the form of `approved`"
    " and, if you like, an opinion.",
)
REJECT = Operation(
    "reject",
    "拒绝",
    _cannot("rejected"),
    _sign("rejected"),
    OPINION,
    asks=_asks("rejected"),
    help="At an approval: you do not agree. It asks for the form of `rejected`.",
)
RETURN = Operation(
    "return",
    "退回",
    _cannot("returned"),
    _return,
    replace(OPINION, fields={**TARGET.fields, **OPINION.fields}),
    asks=_asks("returned"),
    help="At an approval: the case goes back where `returned` says or, where that leaves it open, to a node that you"
    " choose (`to`) among those it has come through. What was signed is void when it comes again.",
    offers={"to": _steps},
)
