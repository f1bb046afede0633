"""What comes to a case without a person acting on it: time, signals from outside, a retry, the end by the system."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flowkit.engine.calls import WITHIN, answered
from flowkit.engine.case import stopped, timers, unheard_at
from flowkit.engine.children import call_off_all, finished
from flowkit.engine.deadlines import next_repetition
from flowkit.engine.definition import Exit
from flowkit.engine.draft import Draft
from flowkit.engine.moves import go_on, incident, join, leave_by, listening, reply, settle
from flowkit.engine.who import is_among
from flowkit.errors import EvaluationError, RefusedError

KEPT_FOR = timedelta(hours=24)
"""How long a signal waits for a node that listens."""


def timeout(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    case = draft.case
    wanted = (data["deadline"], data["visit"], data["n"])
    due = next((d for d in timers(case) if (d.name, d.visit, d.n) == wanted and d.due <= draft.now), None)
    if due is None:
        return None
    kept = next((signal for signal in case.kept if unheard_at(signal) == due), None)
    if kept is not None:
        return draft.add("unheard", **{k: kept[k] for k in ("name", "values", "key", "by")})
    call = draft.workflow.nodes[case.node].call
    if due.name == WITHIN and call is not None:
        draft.add("fired", deadline=due.name, title=call.failed.title, visit=due.visit, n=0, held=True, next=None)
        return reply(draft, call, ok=False)
    definition = draft.workflow.timeouts_at(case.node)[due.name]
    exit_, failure = definition.exit, ""
    following, holds = None, True
    try:
        following = next_repetition(definition, due, draft.world())
        holds = exit_.when is None or bool(exit_.when.evaluate(draft.world()))
    except EvaluationError as error:
        failure = str(error)
    draft.add(
        "fired",
        deadline=due.name,
        title=exit_.title,
        visit=due.visit,
        n=due.n,
        held=holds,
        next=following.as_json() if following else None,
    )
    if failure:
        incident(draft, exit_.title, failure, {"step": "exit", "trigger": f"timeout:{exit_.name}", "event": None})
    elif holds:
        leave_by(draft, exit_, f"timeout:{exit_.name}")


def signal(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    case, name, values = draft.case, data["name"], data.get("values") or {}
    exit_ = listening(draft, name, values)
    if exit_ is None:
        if case.ended:
            return draft.add("late", name=name, values=values, key=data["key"])
        until = (draft.now + KEPT_FOR).isoformat()
        return draft.add("kept", name=name, values=values, key=data["key"], by=draft.by, until=until)
    draft.add("signalled", name=name, values=values, key=data["key"])
    leave_by(draft, exit_, f"event:{name}", values)


def child_finished(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    run = finished(draft, data)
    if run is None:
        return
    if "unfit" in data:
        # It came to nothing because of what it was given: a person must look before the case goes on as if it had.
        said = f"“{run.title}”无法开始: {data['unfit']}"
        incident(draft, draft.workflow.nodes[draft.case.node].title, said, {"step": "join", "data": dict(data)})
        return
    join(draft, run, data)


def replied(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    call = answered(draft, data)
    if call is not None:
        reply(draft, call, data["ok"])


def filed(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    """A page was filed: the history tells which, with its hash, even after the end."""
    draft.add("filed", **{k: data[k] for k in ("name", "title", "file", "sha256", "kind", "notice")})


def cancel(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    """The parent has gone on without this case: it ends, and its own children with it."""
    if not draft.case.ended:
        call_off_all(draft)
        draft.add("ended", outcome="cancelled")


def retry(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    incident = draft.case.incident
    if incident is None:
        raise RefusedError("no-incident", "工单没有故障,不需要重试")
    if not draft.by.startswith("system:") and not is_among(draft.by, (incident["holder"],), draft.world()):
        raise RefusedError("not-yours", "故障不归您处理", details={"owner": [incident["holder"]]})
    there = stopped(draft.case)
    draft.add("resolved", by=draft.by)
    resume = incident["resume"]
    if not there:
        return  # The case has gone on since, by time or from outside: what failed belongs to a visit that is over.
    if resume["step"] == "exit":
        leave_by(draft, _exit_of(draft, resume["trigger"]), resume["trigger"], resume["event"])
    elif resume["step"] == "entry":
        go_on(draft, settle(draft))
    elif resume["step"] == "join" and (run := draft.workflow.nodes[draft.case.node].run) is not None:
        join(draft, run, resume["data"])
    elif resume["step"] == "reply" and (call := draft.workflow.nodes[draft.case.node].call) is not None:
        reply(draft, call, ok=True)


def _exit_of(draft: Draft, trigger: str) -> Exit:
    kind, _, name = trigger.partition(":")
    workflow, node = draft.workflow, draft.case.node
    call = workflow.nodes[node].call
    if kind == "failed" and call is not None:
        return call.failed
    if kind == "act":
        return workflow.actions_at(node)[name]
    if kind == "event":
        return workflow.events_at(node)[name]
    return workflow.timeouts_at(node)[name].exit


def withdraw(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    if not draft.by.startswith("system:"):
        raise RefusedError("not-yours", "只有系统可以这样结束工单")
    if not draft.case.ended:
        draft.add("ended", outcome=data["outcome"])
