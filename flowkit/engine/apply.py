"""Folding: what each event makes of a case. Total; evaluates no expression and needs no definition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flowkit.engine.case import Answer, Case, Child, Deadline, Event, StageState


def apply(case: Case, event: Event) -> Case:
    """The case after `event`. An event of an unknown kind only counts: an older program can still fold a newer history."""
    fold = _FOLDS.get(event.kind)
    changed = fold(case, event, event.data) if fold else case
    now = event.at if case.now is None or event.at > case.now else case.now
    return replace(changed, sequence=case.sequence + 1, now=now)


def fold(events: Iterable[Event]) -> Case:
    """The case that a history tells of."""
    case = Case()
    for event in events:
        case = apply(case, event)
    return case


def is_person(holder: str) -> bool:
    """Whether a holder is one actor and no pool."""
    return not holder.startswith("role:")


def is_stages(deadline: Deadline) -> bool:
    """Whether a deadline belongs to a stage and not to the visit."""
    return "/" in deadline.name


def _belong(stage: str, case: Case) -> tuple[Deadline, ...]:
    return tuple(d for d in case.deadlines if d.name.startswith(f"{stage}/"))


def _others(stage: str, case: Case) -> tuple[Deadline, ...]:
    return tuple(d for d in case.deadlines if not d.name.startswith(f"{stage}/"))


def _created(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    return replace(
        case,
        id=data["id"],
        workflow=data["workflow"],
        version=data["version"],
        number=data["number"],
        unit=data["unit"],
        applicant=data["applicant"],
        values=data["values"],
        parent=data["parent"],
        created=event.at,
    )


def _entered(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    node, visit = data["node"], data["visit"]
    return replace(
        case,
        node=node,
        visit=visit,
        entered=event.at,
        owner=(),
        helpers=(),
        left_out=case.left_out if node == case.node else (),
        deadlines=tuple(d for d in case.deadlines if is_stages(d)),
        busy=_busy(case, event.at),
        came_from=data["via"]["origin"] if data["via"]["origin"] not in ("", node) else case.came_from,
        visits={**case.visits, node: case.visits.get(node, 0) + 1},
        latest={**case.latest, node: visit},
    )


def _busy(case: Case, at: datetime) -> tuple[str, int]:
    since, often = case.busy
    if not since or at - datetime.fromisoformat(since) > timedelta(minutes=1):
        return at.isoformat(), 1
    return since, often + 1


def _assigned(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    own = tuple(Deadline.from_json(d) for d in data["deadlines"])
    return replace(_owned(case, data), deadlines=(*(d for d in case.deadlines if is_stages(d)), *own))


def _owned(case: Case, data: Mapping[str, Any]) -> Case:
    owner = tuple(data["owner"])
    holders = {**case.holders, case.node: owner[0]} if len(owner) == 1 and is_person(owner[0]) else case.holders
    return replace(case, owner=owner, helpers=(), holders=holders)


def _acted(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    left_out = (*case.left_out, *(a for a in data["left_out"] if a not in case.left_out))
    holder = data["holder"]
    if not holder:
        return replace(case, left_out=left_out)
    return replace(case, left_out=left_out, owner=(holder,), holders={**case.holders, case.node: holder})


def _answered(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    answer = Answer(case.node, case.visit, event.by, event.at.isoformat(), data["values"])
    name = data["name"]
    return replace(case, answers={**case.answers, name: (*case.answers.get(name, ()), answer)})


def _set(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    return replace(case, values={**case.values, **data["values"]})


def _scored(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    return replace(case, values={**case.values, data["card"]: data["result"], **data["set"]})


def _decided(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    return replace(case, values={**case.values, data["decision"]: data["result"]})


def _fired(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    gone = (data["deadline"], data["visit"], data["n"])
    left = tuple(d for d in case.deadlines if (d.name, d.visit, d.n) != gone)
    return replace(case, deadlines=(*left, Deadline.from_json(data["next"])) if data["next"] else left)


def _escalated(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    return replace(case, helpers=(*case.helpers, *(h for h in data["to"] if h not in case.helpers)))


def _kept(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    return replace(case, kept=(*case.kept, data))


def _consumed(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    return replace(case, kept=tuple(k for k in case.kept if k["key"] != data["key"]))


def _stage_entered(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    name, entry = data["stage"], data["entry"]
    return replace(
        case,
        stages={**case.stages, name: StageState(entry, event.at.isoformat())},
        entries={**case.entries, name: entry},
        deadlines=(*case.deadlines, *(Deadline.from_json(d) for d in data["deadlines"])),
    )


def _stage_left(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    name = data["stage"]
    left = {n: s for n, s in case.stages.items() if n != name}
    return replace(case, stages=left, deadlines=_others(name, case))


def _stage_paused(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    name = data["stage"]
    state = replace(case.stages[name], paused=event.at.isoformat(), standing=_belong(name, case))
    return replace(case, stages={**case.stages, name: state}, deadlines=_others(name, case))


def _stage_resumed(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    name = data["stage"]
    state = replace(case.stages[name], paused=None, standing=())
    again = tuple(Deadline.from_json(d) for d in data["deadlines"])
    return replace(case, stages={**case.stages, name: state}, deadlines=(*case.deadlines, *again))


def _wanted(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    name, visit = data["name"], data["visit"]
    # Of earlier visits only what is still open matters; a case that comes by a thousand times does not grow.
    kept = tuple(c for c in case.children if c.name != name or c.visit == visit or c.state == "open")
    values = data["values"] if data["state"] == "waiting" else {}
    child = Child(data["child"], name, visit, data["index"], data["state"], values=values)
    return replace(case, children=(*kept, child))


def _replied(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    return replace(case, values={**case.values, data["save"]: data["values"]}) if data["save"] else case


def _child(case: Case, id_: str, **changes: Any) -> Case:
    return replace(case, children=tuple(replace(c, **changes) if c.id == id_ else c for c in case.children))


def _joined(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    order = 1 + max((c.order for c in case.children), default=0)
    return _child(case, data["child"], state="ended", outcome=data["outcome"], number=data["number"], order=order)


def _released(case: Case, event: Event, data: Mapping[str, Any]) -> Case:
    gone = set(data["children"])
    return replace(case, children=tuple(c for c in case.children if c.id not in gone and c.state != "waiting"))


_FOLDS: Mapping[str, Callable[[Case, Event, Mapping[str, Any]], Case]] = {
    "created": _created,
    "acted": _acted,
    "answered": _answered,
    "edited": _set,
    "set": _set,
    "scored": _scored,
    "decided": _decided,
    "entered": _entered,
    "assigned": _assigned,
    "fired": _fired,
    "reassigned": lambda case, event, data: _owned(case, data),
    "escalated": _escalated,
    "kept": _kept,
    "consumed": _consumed,
    "incident": lambda case, event, data: replace(case, incident=data),
    "resolved": lambda case, event, data: replace(case, incident=None),
    "called": lambda case, event, data: replace(case, calls={**case.calls, data["connector"]: data["key"]}),
    "replied": _replied,
    "wanted": _wanted,
    "begun": lambda case, event, data: _child(case, data["child"], state="open", values={}),
    "joined": _joined,
    "released": _released,
    "stage_entered": _stage_entered,
    "stage_left": _stage_left,
    "stage_paused": _stage_paused,
    "stage_resumed": _stage_resumed,
    "ended": lambda case, event, data: replace(
        case, outcome=data["outcome"], ended=event.at, owner=(), helpers=(), deadlines=(), stages={}
    ),
}
