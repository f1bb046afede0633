"""Folding: what each event makes of a case. Total; evaluates no expression and needs no definition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flowkit.engine.case import Answer, Case, Deadline, Event


def apply(case: Case, event: Event) -> Case:
    """The case after `event`. An event of an unknown kind only counts: an older program can still fold a newer history."""
    fold = _FOLDS.get(event.kind)
    changes = fold(case, event, event.data) if fold else {}
    changes["sequence"] = case.sequence + 1
    changes["now"] = event.at if case.now is None or event.at > case.now else case.now
    return case.changed(changes)


def fold(events: Iterable[Event]) -> Case:
    """The case that a history tells of."""
    case = Case()
    for event in events:
        case = apply(case, event)
    return case


def is_person(holder: str) -> bool:
    """Whether a holder is one actor and no pool."""
    return not holder.startswith("role:")


Changes = dict[str, Any]
"""Fields of a case and what they become."""


def _created(case: Case, event: Event, data: Mapping[str, Any]) -> Changes:
    told = ("id", "workflow", "version", "number", "unit", "applicant", "values")
    return {**{name: data[name] for name in told}, "created": event.at}


def _entered(case: Case, event: Event, data: Mapping[str, Any]) -> Changes:
    node, visit = data["node"], data["visit"]
    return {
        "node": node,
        "visit": visit,
        "entered": event.at,
        "owner": (),
        "helpers": (),
        "left_out": case.left_out if node == case.node else (),
        "deadlines": (),
        "visits": {**case.visits, node: case.visits.get(node, 0) + 1},
        "latest": {**case.latest, node: visit},
    }


def _assigned(case: Case, event: Event, data: Mapping[str, Any]) -> Changes:
    return {**_owned(case, event, data), "deadlines": tuple(Deadline.from_json(d) for d in data["deadlines"])}


def _owned(case: Case, event: Event, data: Mapping[str, Any]) -> Changes:
    owner = tuple(data["owner"])
    holders = {**case.holders, case.node: owner[0]} if len(owner) == 1 and is_person(owner[0]) else case.holders
    return {"owner": owner, "helpers": (), "holders": holders}


def _acted(case: Case, event: Event, data: Mapping[str, Any]) -> Changes:
    left_out = (*case.left_out, *(a for a in data["left_out"] if a not in case.left_out))
    holder = data["holder"]
    if not holder:
        return {"left_out": left_out}
    return {"left_out": left_out, "owner": (holder,), "holders": {**case.holders, case.node: holder}}


def _answered(case: Case, event: Event, data: Mapping[str, Any]) -> Changes:
    answer = Answer(case.node, case.visit, event.by, event.at.isoformat(), data["values"])
    name = data["name"]
    return {"answers": {**case.answers, name: (*case.answers.get(name, ()), answer)}}


def _fired(case: Case, event: Event, data: Mapping[str, Any]) -> Changes:
    gone = (data["deadline"], data["visit"], data["n"])
    left = tuple(d for d in case.deadlines if (d.name, d.visit, d.n) != gone)
    return {"deadlines": (*left, Deadline.from_json(data["next"])) if data["next"] else left}


def _escalated(case: Case, event: Event, data: Mapping[str, Any]) -> Changes:
    return {"helpers": (*case.helpers, *(h for h in data["to"] if h not in case.helpers))}


def _valued(case: Case, values: Mapping[str, Any]) -> Changes:
    return {"values": {**case.values, **values}}


_FOLDS: Mapping[str, Callable[[Case, Event, Mapping[str, Any]], Changes]] = {
    "created": _created,
    "acted": _acted,
    "answered": _answered,
    "edited": lambda case, event, data: _valued(case, data["values"]),
    "set": lambda case, event, data: _valued(case, data["values"]),
    "scored": lambda case, event, data: _valued(case, {data["card"]: data["result"], **data["set"]}),
    "decided": lambda case, event, data: _valued(case, {data["decision"]: data["result"]}),
    "entered": _entered,
    "assigned": _assigned,
    "fired": _fired,
    "reassigned": _owned,
    "escalated": _escalated,
    "kept": lambda case, event, data: {"kept": (*case.kept, data)},
    "consumed": lambda case, event, data: {"kept": tuple(k for k in case.kept if k["key"] != data["key"])},
    "incident": lambda case, event, data: {"incident": data},
    "resolved": lambda case, event, data: {"incident": None},
    "ended": lambda case, event, data: {
        "outcome": data["outcome"],
        "ended": event.at,
        "owner": (),
        "helpers": (),
        "deadlines": (),
    },
}
