"""Whose is it: from a *who* of the definition to actors and pools, with the reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from flowkit.engine.definition import Who
from flowkit.engine.view import Personal, RecordView, World, as_stored
from flowkit.errors import EvaluationError


@dataclass(frozen=True, slots=True)
class Found:
    """Who was found: actors and pools (`role:NAME`), and why, in stored form (kind, text, candidates?)."""

    holders: tuple[str, ...]
    why: dict[str, Any] = field(default_factory=dict)


def find(who: Who, world: World, left_out: Collection[str] = ()) -> Found:
    """The people that `who` means now. Nobody found gives no holders; the caller decides who catches that."""
    if who.kind == "role":
        return _pool(who.roles[0], world, left_out)
    if who.kind == "dispatch":
        return _dispatched(who, world, left_out)
    if who.kind == "several":
        found = [find(part, world, left_out) for part in who.parts]
        holders = tuple(dict.fromkeys(h for f in found for h in f.holders))
        return Found(holders, {"kind": "several", "text": "、".join(f.why["text"] for f in found if f.holders)})
    if who.kind == "expression":
        assert who.expression is not None
        actors, text = tuple(_actors(who.expression.evaluate(world), world)), who.expression.text
    elif who.kind == "owner":
        actors, text = world.case.owner, "负责人"
    else:
        actors, text = (world.case.applicant,), "申请人"
    return Found(tuple(a for a in actors if a not in left_out), {"kind": "person", "text": text})


def find_or_catch(who: Who, world: World, left_out: Collection[str] = ()) -> Found:
    """Like `find`, but never nobody: what fits nobody goes to the app's catcher."""
    found = find(who, world, left_out)
    if found.holders:
        return found
    catcher = world.workflow.business.catcher
    title = world.workflow.business.roles.get(catcher, catcher)
    return Found((f"role:{catcher}",), {**found.why, "kind": "caught", "text": f"没有找到合适的人,由{title}兜底"})


def people(holders: Iterable[str], world: World) -> tuple[str, ...]:
    """The actors behind actors and pools, pools read as they are now."""
    found: dict[str, None] = {}
    for holder in holders:
        if holder.startswith("role:"):
            found.update(dict.fromkeys(world.facts.people.with_role(holder.removeprefix("role:"), world.case.unit)))
        else:
            found[holder] = None
    return tuple(found)


def is_among(actor: str, holders: Iterable[str], world: World) -> bool:
    """Whether that actor is one of those holders, membership of pools read now."""
    return any(world.facts.people.holds(actor, holder, world.case.unit) for holder in holders)


def _pool(role: str, world: World, left_out: Collection[str]) -> Found:
    title = world.workflow.business.roles.get(role, role)
    people, unit, pool = world.facts.people, world.case.unit, f"role:{role}"
    why = {"kind": "role", "text": title}
    # As long as nobody is taken away the pool stays a pool: who joins the role later may act too.
    if not any(people.holds(actor, pool, unit) for actor in left_out):
        return Found((pool,) if people.any_with_role(role, unit) else (), why)
    return Found(tuple(m for m in people.with_role(role, unit) if m not in left_out), why)


def _dispatched(who: Who, world: World, left_out: Collection[str]) -> Found:
    assert who.dispatch is not None
    members = dict.fromkeys(a for role in who.roles for a in world.facts.people.with_role(role, world.case.unit))
    loads: dict[str, int] = {}
    at_hand = world.with_(loads=loads)
    candidates = [(a, record) for a in members if isinstance(record := at_hand.person(a), RecordView)]
    result = who.dispatch.choose(
        at_hand,
        candidates,
        exclude=frozenset(left_out),
        # Counted at once, and only for those who passed the requirements.
        loading=lambda left: loads.update(world.facts["loads", left]),
    )
    # Who is called by something personal is told by his actor.
    names = {actor: "" if isinstance(record.name, Personal) else str(record) for actor, record in candidates}
    why = {
        "kind": "dispatch",
        "text": who.dispatch.definition.title,
        "considered": result.considered,
        "ruled_out": dict(result.ruled_out),
        "candidates": [
            {
                "actor": w.actor,
                "name": names[w.actor],
                "ruled_out_by": w.ruled_out_by,
                "scores": as_stored(w.scores),
                "total": as_stored(w.total),
            }
            for w in result.why
        ],
    }
    if result.chosen is not None:
        return Found((result.chosen,), why)
    if who.otherwise is None:
        return Found((), why)
    fallback = find(who.otherwise, world, left_out)
    return Found(fallback.holders, {**why, "text": f"没有合适的人选,转给{fallback.why['text']}"})


def _actors(value: Any, world: World) -> Iterable[str]:
    if value is None:
        return
    if isinstance(value, RecordView):
        staff = world.workflow.business.staff
        if value.entity != staff or value.actor in world.facts.people.records:
            yield value.actor
    elif isinstance(value, str):
        if ":" not in value:
            # Not told what was found: it may be personal, and an incident stands in the open.
            raise EvaluationError("应为人员,例如 employee:zhang,得到一段文字")
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _actors(one, world)
    else:
        raise EvaluationError("应为人员,得到别的值")
