"""Folding: what each event makes of a case. Total; evaluates no expression and needs no definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flowkit.engine import collaborating, suspension
from flowkit.engine.approval.folding import TURNING, last_move, on_the_way, with_sheets
from flowkit.engine.case import Answer, Case, Changes, Child, Data, Deadline, Event, Fold, StageState
from flowkit.engine.holding import FOLDS, owned
from flowkit.engine.party import party_after


def apply(case: Case, event: Event) -> Case:
    """The case after `event`. An event of an unknown kind only counts: an older program can still fold a newer history."""
    fold = _FOLDS.get(event.kind)
    changes = fold(case, event, event.data) if fold else {}
    if event.kind in TURNING and (case.path or "path" in event.data):
        changes["last"] = last_move(case, event, changes)
    changes["party"] = party_after(case, event, changes)
    changes["sequence"] = case.sequence + 1
    changes["now"] = event.at if case.now is None or event.at > case.now else case.now
    return case.changed(changes)


def fold(events: Iterable[Event]) -> Case:
    """The case that a history tells of."""
    case = Case()
    for event in events:
        case = apply(case, event)
    return case


def is_stages(deadline: Deadline) -> bool:
    """Whether a deadline belongs to a stage and not to the visit."""
    return "/" in deadline.name


def _belong(stage: str, case: Case) -> tuple[Deadline, ...]:
    return tuple(d for d in case.deadlines if d.name.startswith(f"{stage}/"))


def _others(stage: str, case: Case) -> tuple[Deadline, ...]:
    return tuple(d for d in case.deadlines if not d.name.startswith(f"{stage}/"))


def _created(case: Case, event: Event, data: Data) -> Changes:
    told = ("id", "workflow", "version", "number", "unit", "applicant", "values", "parent")
    return {**{name: data[name] for name in told}, "created": event.at, "scheduled": data.get("scheduled")}


def _entered(case: Case, event: Event, data: Data) -> Changes:
    node, visit = data["node"], data["visit"]
    return {
        "node": node,
        "visit": visit,
        "entered": event.at,
        "owner": (),
        "pool": (),
        "helpers": (),
        "handed": (),
        "caught": "",
        "left_out": tuple(data["left_out"]),
        "revealed": (),
        "deadlines": tuple(d for d in case.deadlines if is_stages(d)),
        "late": {scope: at for scope, at in case.late.items() if scope} if case.late else case.late,
        **on_the_way(case, node, data),
        "busy": _busy(case, event.at),
        "came_from": data["via"]["origin"] if data["via"]["origin"] not in ("", node) else case.came_from,
        "stood_in": {n: s for n, s in case.stood_in.items() if n != node} if node in case.stood_in else case.stood_in,
        "visits": {**case.visits, node: case.visits.get(node, 0) + 1},
        "latest": {**case.latest, node: visit},
    }


def _busy(case: Case, at: datetime) -> tuple[str, int]:
    since, often = case.busy
    if not since or at - datetime.fromisoformat(since) > timedelta(minutes=1):
        return at.isoformat(), 1
    return since, often + 1


def _assigned(case: Case, event: Event, data: Data) -> Changes:
    own = tuple(Deadline.from_json(d) for d in data["deadlines"])
    return {**owned(case, event, data), "deadlines": (*(d for d in case.deadlines if is_stages(d)), *own)}


def _answered(case: Case, event: Event, data: Data) -> Changes:
    answer = Answer(case.node, case.visit, event.by, event.at.isoformat(), data["values"])
    name = data["name"]
    return {"answers": {**case.answers, name: (*case.answers.get(name, ()), answer)}}


def _fired(case: Case, event: Event, data: Data) -> Changes:
    gone = (data["deadline"], data["visit"], data["n"])
    left = tuple(d for d in case.deadlines if (d.name, d.visit, d.n) != gone)
    late = {data["deadline"].rpartition("/")[0]: data["late"], **case.late} if "late" in data else case.late
    return {"deadlines": (*left, Deadline.from_json(data["next"])) if data["next"] else left, "late": late}


def _due_changed(case: Case, event: Event, data: Mapping[str, Any]) -> Changes:
    changed = {(d.name, d.visit, d.n): d for d in map(Deadline.from_json, data["deadlines"])}

    def now(stood: tuple[Deadline, ...]) -> tuple[Deadline, ...]:
        return tuple(changed.get((d.name, d.visit, d.n), d) for d in stood)

    stages = {n: replace(s, standing=now(s.standing)) if s.standing else s for n, s in case.stages.items()}
    return {"deadlines": now(case.deadlines), "stages": stages}


def _valued(case: Case, values: Mapping[str, Any]) -> Changes:
    return {"values": {**case.values, **values}}


def _stage_entered(case: Case, event: Event, data: Data) -> Changes:
    name, entry = data["stage"], data["entry"]
    return {
        "stages": {**case.stages, name: StageState(entry, event.at.isoformat())},
        "entries": {**case.entries, name: entry},
        "deadlines": (*case.deadlines, *(Deadline.from_json(d) for d in data["deadlines"])),
    }


def _stage_left(case: Case, event: Event, data: Data) -> Changes:
    name = data["stage"]
    late = {scope: at for scope, at in case.late.items() if scope != name} if case.late else case.late
    return {
        "stages": {n: s for n, s in case.stages.items() if n != name},
        "deadlines": _others(name, case),
        "late": late,
    }


def _stage_paused(case: Case, event: Event, data: Data) -> Changes:
    name = data["stage"]
    state = replace(case.stages[name], paused=event.at.isoformat(), standing=_belong(name, case))
    return {"stages": {**case.stages, name: state}, "deadlines": _others(name, case)}


def _stage_resumed(case: Case, event: Event, data: Data) -> Changes:
    name = data["stage"]
    state = replace(case.stages[name], paused=None, standing=())
    again = tuple(Deadline.from_json(d) for d in data["deadlines"])
    return {"stages": {**case.stages, name: state}, "deadlines": (*case.deadlines, *again)}


def _wanted(case: Case, event: Event, data: Data) -> Changes:
    name, visit = data["name"], data["visit"]
    # Of earlier visits only what is still open matters; a case that comes by a thousand times does not grow.
    kept = tuple(c for c in case.children if c.name != name or c.visit == visit or c.state == "open")
    waits = data["state"] == "waiting"
    values, applicant = (data["values"], data.get("applicant", "")) if waits else ({}, "")
    child = Child(data["child"], name, visit, data["index"], data["state"], values=values, applicant=applicant)
    return {"children": (*kept, child)}


def _replied(case: Case, event: Event, data: Data) -> Changes:
    return _valued(case, {data["save"]: data["values"]}) if data["save"] else {}


def _child(case: Case, id_: str, **changes: Any) -> Changes:
    return {"children": tuple(replace(c, **changes) if c.id == id_ else c for c in case.children)}


def _joined(case: Case, event: Event, data: Data) -> Changes:
    order = 1 + max((c.order for c in case.children), default=0)
    return _child(case, data["child"], state="ended", outcome=data["outcome"], number=data["number"], order=order)


def _released(case: Case, event: Event, data: Data) -> Changes:
    gone = set(data["children"])
    return {"children": tuple(c for c in case.children if c.id not in gone and c.state != "waiting")}


_FOLDS: Mapping[str, Fold] = with_sheets(
    {
        **FOLDS,
        "created": _created,
        "answered": _answered,
        "edited": lambda case, event, data: _valued(case, data["values"]),
        "set": lambda case, event, data: _valued(case, data["values"]),
        "scored": lambda case, event, data: _valued(case, {data["card"]: data["result"], **data["set"]}),
        "decided": lambda case, event, data: _valued(case, {data["decision"]: data["result"]}),
        "entered": _entered,
        "revealed": lambda case, event, data: {"revealed": (*case.revealed, event.by)},
        "assigned": _assigned,
        "fired": _fired,
        "due_changed": _due_changed,
        "kept": lambda case, event, data: {"kept": (*case.kept, data)},
        "consumed": lambda case, event, data: {"kept": tuple(k for k in case.kept if k["key"] != data["key"])},
        "unheard": lambda case, event, data: {"kept": tuple(k for k in case.kept if k["key"] != data["key"])},
        "incident": lambda case, event, data: {"incident": data},
        "resolved": lambda case, event, data: {"incident": None},
        "called": lambda case, event, data: {"calls": {**case.calls, data["connector"]: data["key"]}},
        "replied": _replied,
        "wanted": _wanted,
        "begun": lambda case, event, data: _child(case, data["child"], state="open", values={}, applicant=""),
        "joined": _joined,
        "released": _released,
        "stage_entered": _stage_entered,
        "stage_left": _stage_left,
        "stage_paused": _stage_paused,
        "stage_resumed": _stage_resumed,
        "migrated": lambda case, event, data: {"version": data["to"]},
        "ended": lambda case, event, data: {
            "outcome": data["outcome"],
            "ended": event.at,
            "owner": (),
            "pool": (),
            "helpers": (),
            "caught": "",
            "deadlines": (),
            "stages": {},
            "suspended": None,
        },
        **collaborating.FOLDS,
        **suspension.FOLDS,
    }
)
