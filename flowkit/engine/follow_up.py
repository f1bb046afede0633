"""What comes to a case without a person acting on it: time, signals from outside, a retry, the end by the system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flowkit.engine.acting import acting_for, told
from flowkit.engine.calls import WITHIN, answered
from flowkit.engine.case import Deadline, stopped, timers, unheard_at
from flowkit.engine.children import call_off_all, finished
from flowkit.engine.deadlines import next_repetition, recounted, undisturbing
from flowkit.engine.definition import Exit
from flowkit.engine.draft import Draft
from flowkit.engine.moves import go_on, incident, join, leave_by, listening, reply, settle
from flowkit.engine.recounting import note_changed
from flowkit.engine.suspension import suspended
from flowkit.engine.view import World
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
    again, because = _not_yet(due, draft)
    if again.due > draft.now:
        return note_changed(draft, [again], because)
    call = draft.workflow.nodes[case.node].call
    if due.name == WITHIN and call is not None:
        draft.add("fired", deadline=due.name, title=call.failed.title, visit=due.visit, n=0, held=True, next=None)
        return reply(draft, call, ok=False)
    definition = draft.workflow.timeouts_at(case.node)[due.name]
    exit_, failure = definition.exit, ""
    following, skipped, holds = None, 0, True
    try:
        following, skipped = next_repetition(definition, due, draft.world())
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
        **({"skipped": skipped} if skipped else {}),
        **({"late": due.due.isoformat()} if holds and not failure and definition.calls_in else {}),
    )
    if failure:
        incident(draft, exit_.title, failure, {"step": "exit", "trigger": f"timeout:{exit_.name}", "event": None})
    elif holds:
        leave_by(draft, exit_, f"timeout:{exit_.name}")


def _not_yet(due: Deadline, draft: Draft) -> tuple[Deadline, str]:
    """A deadline whose time has come as things stand now: by today's calendar it may be too early, and reminders wait."""
    world = draft.world()
    counted = recounted(due, world)
    if counted.due > draft.now:
        return counted, "calendar"
    timeout = draft.workflow.timeouts_at(draft.case.node).get(due.name)
    # It may have been due by day and be found by night.
    return undisturbing(replace(counted, due=draft.now), timeout, world), "quiet"


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
    refused = cannot_retry(draft.world(), draft.by)
    if refused is not None:
        raise refused
    assert draft.case.incident is not None
    resume, there = draft.case.incident["resume"], stopped(draft.case)
    person = acting_for(draft.by, (draft.case.incident["holder"],), draft.world()) or draft.by
    draft.add("resolved", by=draft.by, **told(draft.by, person))
    if not there:
        return  # The case has gone on since, by time or from outside: what failed belongs to a visit that is over.
    if resume["step"] == "exit":
        exit_ = _exit_of(draft, resume["trigger"])
        leave_by(draft, exit_, resume["trigger"], resume["event"], resume.get("chosen"))
    elif resume["step"] == "entry":
        go_on(draft, settle(draft))
    elif resume["step"] == "join" and (run := draft.workflow.nodes[draft.case.node].run) is not None:
        join(draft, run, resume["data"])
    elif resume["step"] == "reply" and (call := draft.workflow.nodes[draft.case.node].call) is not None:
        reply(draft, call, ok=True)


def cannot_retry(world: World, actor: str) -> RefusedError | None:
    """Why that actor may not try again what a machine gave up on; None when he may."""
    incident = world.case.incident
    if incident is None:
        return RefusedError("no-incident", "工单没有故障,不需要重试")
    if world.case.suspended is not None:
        return suspended()
    if not actor.startswith("system:") and acting_for(actor, (incident["holder"],), world) is None:
        return RefusedError("not-yours", "故障不归您处理", details={"owner": [incident["holder"]]})
    return None


def _exit_of(draft: Draft, trigger: str) -> Exit:
    kind, _, name = trigger.partition(":")
    workflow, node = draft.workflow, draft.case.node
    call = workflow.nodes[node].call
    if kind in workflow.nodes[node].outcomes:
        return workflow.nodes[node].outcomes[kind]
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
