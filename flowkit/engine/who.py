"""Whose is it: from a *who* of the definition to actors and pools, with the reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from flowkit.engine.definition import Who
from flowkit.engine.view import Personal, RecordView, World, as_stored
from flowkit.errors import EvaluationError
from flowkit.rules.language.expression import Expression


@dataclass(frozen=True, slots=True)
class Found:
    """Who was found: actors and pools (`role:NAME`), and why, in stored form (kind, text, candidates?)."""

    holders: tuple[str, ...]
    why: dict[str, Any] = field(default_factory=dict)


def find(who: Who, world: World, left_out: Collection[str] = (), *, stand_ins: bool = True) -> Found:
    """The people that `who` means now. Nobody found gives no holders; the caller decides who catches that.

    For one who held a node and has gone stands the pool that the node is asked of; without `stand_ins` nobody, as where
    people are taken away.
    """
    if who.kind == "role":
        return _pool(who.roles[0], world, left_out)
    if who.kind == "dispatch":
        return _dispatched(who, world, left_out)
    if who.kind == "several":
        found = [find(part, world, left_out, stand_ins=stand_ins) for part in who.parts]
        holders = tuple(dict.fromkeys(h for f in found for h in f.holders))
        return Found(holders, {"kind": "several", "text": "、".join(f.why["text"] for f in found if f.holders)})
    if who.kind == "expression":
        assert who.expression is not None
        actors, text = tuple(_actors(who.expression.evaluate(world), world)), who.expression.text
        if not actors and stand_ins and (roles := _asked_before(who.expression, world, frozenset())):
            return _pools(roles, world, left_out)
    elif who.kind == "owner":
        actors, text = world.case.owner, "负责人"
    else:
        actors, text = (world.case.applicant,), "申请人"
    return Found(tuple(a for a in actors if a not in left_out), {"kind": "person", "text": text})


def find_or_catch(who: Who, world: World, left_out: Collection[str] = ()) -> Found:
    """Like `find`, but never nobody: what fits nobody goes to the app's catcher."""
    found = find(who, world, left_out)
    holders = tuple(holder for holder in found.holders if somebody(holder, world))
    if holders:
        return Found(holders, found.why)
    catcher = world.workflow.business.catcher
    title = world.workflow.business.roles.get(catcher, catcher)
    return Found((f"role:{catcher}",), {**found.why, "kind": "caught", "text": f"没有找到合适的人,由{title}兜底"})


def people(holders: Iterable[str], world: World) -> tuple[str, ...]:
    """The actors behind actors and pools, pools read as they are now."""
    found: dict[str, None] = {}
    for holder in holders:
        if holder.startswith("role:"):
            found.update(dict.fromkeys(world.facts.people.with_role(holder.removeprefix("role:"), world.case.unit)))
        elif not _has_left(holder, world):
            found[holder] = None
    return tuple(found)


def somebody(holder: str, world: World) -> bool:
    """Whether anybody can act as that holder: a pool has people, a person has not gone from the app's files."""
    if holder.startswith("role:"):
        return bool(world.facts.people.with_role(holder.removeprefix("role:"), world.case.unit))
    if holder in world.facts.people.records or holder.startswith(("system:", "connector:")):
        return True
    entity, _, key = holder.partition(":")
    return entity == world.workflow.business.customers and not world.has_gone(entity, key)


def _has_left(actor: str, world: World) -> bool:
    """Whether that is one of the staff who is there no more."""
    return actor.partition(":")[0] == world.workflow.business.staff and actor not in world.facts.people.records


def is_among(actor: str, holders: Iterable[str], world: World) -> bool:
    """Whether that actor is one of those holders, membership of pools read now."""
    return any(world.facts.people.holds(actor, holder, world.case.unit) for holder in holders)


def _pool(role: str, world: World, left_out: Collection[str]) -> Found:
    title = world.workflow.business.roles.get(role, role)
    members = world.facts.people.with_role(role, world.case.unit)
    left = tuple(m for m in members if m not in left_out)
    why = {"kind": "role", "text": title}
    if not left:
        return Found((), why)
    # As long as nobody is taken away the pool stays a pool: who joins the role later may act too.
    return Found((f"role:{role}",) if len(left) == len(members) else left, why)


def _pools(roles: Iterable[str], world: World, left_out: Collection[str]) -> Found:
    """The pools in which somebody stands in for one who has gone."""
    found = [_pool(role, world, left_out) for role in roles]
    holders = tuple(dict.fromkeys(holder for each in found for holder in each.holders))
    titles = "、".join(each.why["text"] for each in found)
    return Found(holders, {"kind": "role", "text": f"{titles}(原来的人已不在)"})


def _asked_before(expression: Expression, world: World, seen: frozenset[str]) -> tuple[str, ...]:
    """For `=assigned.owner`, where somebody held that node: the roles that it is asked of."""
    nodes = {path[0] for path in expression.reads if path[1:] == ("owner",) and path[0] in world.case.holders}
    if len(nodes) != 1 or nodes <= seen:
        return ()
    node = world.workflow.nodes.get(next(iter(nodes)))
    return _roles(node.owner, world, seen | nodes) if node is not None and node.owner is not None else ()


def _roles(who: Who, world: World, seen: frozenset[str]) -> tuple[str, ...]:
    if who.expression is not None:
        return _asked_before(who.expression, world, seen)
    return (*who.roles, *(role for part in who.parts for role in _roles(part, world, seen)))


def _dispatched(who: Who, world: World, left_out: Collection[str]) -> Found:
    assert who.dispatch is not None
    members = dict.fromkeys(a for role in who.roles for a in world.facts.people.with_role(role))
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
        if not world.has_gone(value.entity, value.key):
            yield value.actor
    elif isinstance(value, str):
        if ":" not in value:
            # Not told what was found: it may be personal, and an incident stands in the open.
            raise EvaluationError("应为人员,例如 employee:zhang,得到一段文字")
        if not _has_left(value, world):
            yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _actors(one, world)
    else:
        raise EvaluationError("应为人员,得到别的值")
