"""Going from node to node: leaving by an exit, entering, what entering does, deadlines, incidents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowkit.engine.approval import deciding
from flowkit.engine.approval.folding import way
from flowkit.engine.calls import ask, within
from flowkit.engine.case import stopped
from flowkit.engine.children import after_joining, call_off_all, joined, leave_children, plan
from flowkit.engine.deadlines import deadline_of
from flowkit.engine.definition import Call, Exit, Node, Run
from flowkit.engine.draft import Draft
from flowkit.engine.instructions import NotifyVerb
from flowkit.engine.machine import BACK, target
from flowkit.engine.stages import leave_stages, rest_in_stages
from flowkit.engine.verbs import perform, tell_task
from flowkit.engine.watching import watch
from flowkit.engine.who import Found, as_roles, find_or_catch, kept_out
from flowkit.errors import EvaluationError
from flowkit.values.types import ValueProblem

MAX_MOVES_A_MINUTE = 100


def leave_by(
    draft: Draft, exit_: Exit, trigger: str, event: Mapping[str, Any] | None = None, chosen: str | None = None
) -> None:
    """Do what the exit does and go where it leads. A failure leaves an incident that can be retried from here.

    `event` is what came from outside, in stored form, when that is what the exit is taken by; `chosen` the node that
    somebody chose where the exit leaves it to him.
    """
    resume = {"step": "exit", "trigger": trigger, "event": None if event is None else dict(event)}
    if chosen is not None:
        resume["chosen"] = chosen
    left_out: tuple[str, ...] = ()

    def act() -> str | None:
        extra: dict[str, Any] = (
            {} if event is None else {"event": draft.workflow.seen_event(trigger.removeprefix("event:"), event)}
        )
        nonlocal left_out
        if exit_.leave_out is not None:
            left_out = kept_out(exit_.leave_out, draft.world(**extra))
        for verb in exit_.do:
            perform(verb, draft, extra)
        if not exit_.to:
            return chosen
        to = target(draft.workflow.machine, draft.case.node, trigger, draft.world(**extra))
        if to is None:
            raise EvaluationError(f"“{exit_.title}”之后没有一条去路的条件成立")
        if to == BACK and not draft.case.came_from:
            raise EvaluationError("没有可以退回的环节")
        return to

    to = _attempt(draft, exit_.title, resume, act)
    if to is not None:
        here = draft.case.node
        to = draft.case.came_from if to == BACK else to
        via = {"kind": trigger.partition(":")[0], "name": exit_.title, "from": here, "origin": here}
        # Coming back to where he was asked, nobody who was left out before is asked again.
        before = draft.case.left_out if to == here else ()
        enter(draft, to, via, tuple(dict.fromkeys((*before, *left_out))))


def enter(draft: Draft, node_name: str, via: dict[str, Any], left_out: tuple[str, ...] = ()) -> None:
    """Enter that node and go on as long as the way is automatic; `left_out` are not to be asked where it comes to rest."""
    while True:
        if draft.case.busy[1] >= MAX_MOVES_A_MINUTE and via["kind"] != "submit":
            said = f"一分钟内走过了 {MAX_MOVES_A_MINUTE} 多个环节,流程在绕圈"
            return incident(draft, node_name, said, {"step": "entry"})
        node = draft.workflow.nodes[node_name]
        leave_children(draft)
        visit = draft.case.visit + 1
        path = {"path": list(way(draft.case, node.name))} if draft.workflow.signs else {}
        draft.add("entered", node=node.name, title=node.title, visit=visit, via=via, left_out=list(left_out), **path)
        leave_stages(draft, node)
        following = settle(draft)
        if following is None:
            return None
        via = {"kind": "route", "name": "", "from": node.name, "origin": via["origin"]}
        node_name = following


def settle(draft: Draft) -> str | None:
    """What entering the present node does; gives the next node when the way goes on by itself."""
    node = draft.workflow.nodes[draft.case.node]

    def act() -> str | None:
        asked = node.kind in ("route", "end")
        for verb in node.do:
            # A message to the owner needs an owner, while deadlines and dispatch may need what `do` works out:
            # so the owner is asked before the first message, or after everything else.
            if isinstance(verb, NotifyVerb) and not asked:
                asked = _assign(draft, node)
            perform(verb, draft, {})
        if not asked:
            _assign(draft, node)
        if node.run is not None:
            plan(draft, node.run)
        if node.call is not None:
            ask(draft, node.call)
        watch(draft, node)
        return onwards(draft, node)

    return _attempt(draft, node.title, {"step": "entry"}, act)


def join(draft: Draft, run: Run, data: Mapping[str, Any]) -> None:
    """A child was joined: take what it gives back, and go on when that was the last one waited for."""
    node = draft.workflow.nodes[draft.case.node]

    def act() -> str | None:
        after_joining(draft, run, data)
        return onwards(draft, node)

    go_on(draft, _attempt(draft, node.title, {"step": "join", "data": dict(data)}, act))


def reply(draft: Draft, call: Call, ok: bool) -> None:
    """An outside system has answered: go on with what it gave, or take the way of failure."""
    node = draft.workflow.nodes[draft.case.node]
    if ok:
        resume = {"step": "reply"}
        go_on(draft, _attempt(draft, node.title, resume, lambda: _next(draft, node)))
    else:
        leave_by(draft, call.failed, "failed")


def _next(draft: Draft, node: Node) -> str:
    to = target(draft.workflow.machine, node.name, "next", draft.world())
    if to is None:
        raise EvaluationError("没有一条去路的条件成立")
    return to


def go_on(draft: Draft, to: str | None) -> None:
    """Enter the node that an automatic way leads to, if there is one."""
    if to is not None:
        here = draft.case.node
        origin = draft.case.came_from if draft.workflow.nodes[here].kind == "route" else here
        enter(draft, to, {"kind": "route", "name": "", "from": here, "origin": origin})


def onwards(draft: Draft, node: Node) -> str | None:
    """Where a case goes by itself from a node it has come to; None when it rests there or has ended."""
    if node.kind == "end":
        call_off_all(draft)
        draft.add("ended", outcome=node.outcome)
        return None
    if node.kind == "route" or (node.run is not None and joined(draft, node.run)):
        return _next(draft, node)
    if node.approval is not None and (outcome := deciding.judge(draft, node.approval, deciding.at_hand(draft))):
        leave_by(draft, node.approval.outcomes[outcome], outcome)
        return None
    visit = draft.case.visit
    for signal in draft.case.kept:
        exit_ = listening(draft, signal["name"], signal["values"])
        if exit_ is not None:
            draft.add("consumed", name=signal["name"], key=signal["key"], values=signal["values"])
            leave_by(draft, exit_, f"event:{signal['name']}", signal["values"])
            if draft.case.visit != visit or stopped(draft.case):
                return None
    return None


def listening(draft: Draft, name: str, values: Mapping[str, Any]) -> Exit | None:
    """The exit that takes this signal where the case is now, if its `when` holds."""
    exit_ = draft.workflow.events_at(draft.case.node).get(name)
    if draft.case.ended or exit_ is None or exit_.when is None:
        return None if draft.case.ended else exit_
    return exit_ if exit_.when.evaluate(draft.world(event=draft.workflow.seen_event(name, values))) else None


def _assign(draft: Draft, node: Node) -> bool:
    """Find the owner and the deadlines of this visit, and tell the owner."""
    world = draft.world()
    left_out = set(draft.case.left_out)
    left_out |= set(kept_out(node.others, world))
    found = Found((), {"kind": "none", "text": ""})
    if node.approval is not None:
        found = deciding.ask(draft, node.approval, left_out)
    elif node.owner is not None:
        found = find_or_catch(node.owner, world, left_out)
    owner = found.holders
    entered = draft.case.entered or draft.now
    due = [deadline_of(timeout, draft.case.visit, entered, world) for timeout in node.timeouts]
    due += [within(draft, node.call)] if node.call is not None else []
    owned = {"owner": list(owner), "why": found.why, **as_roles(found, world)}
    draft.add("assigned", **owned, deadlines=[d.as_json() for d in due])
    rest_in_stages(draft, node)
    if owner:
        tell_task(draft, owner)
    return True


def _attempt(draft: Draft, where: str, resume: dict[str, Any], act: Callable[[], str | None]) -> str | None:
    """What was accepted stays; what a machine then fails at is undone and left to a person."""
    before = draft.checkpoint()
    try:
        return act()
    except (EvaluationError, ValueProblem) as error:
        draft.back_to(before)
        incident(draft, where, str(error), resume)
        return None


def incident(draft: Draft, where: str, message: str, resume: dict[str, Any]) -> None:
    """A machine gave up; the catcher must look, and may retry from `resume` as long as the case is at this visit."""
    resume = {**resume, "visit": draft.case.visit}
    draft.add("incident", where=where, message=message, holder=f"role:{draft.workflow.business.catcher}", resume=resume)
    tell_task(draft, (f"role:{draft.workflow.business.catcher}",))
