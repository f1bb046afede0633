"""Whose is it: from a *who* of the definition to actors and pools, with the reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flowkit.engine.instructions import Who
from flowkit.engine.party import SYSTEM
from flowkit.engine.stored import Personal, as_stored
from flowkit.engine.view import RecordView, World
from flowkit.errors import EvaluationError


@dataclass(frozen=True, slots=True)
class Found:
    """Who was found: actors and pools (`role:NAME`), and why, in stored form (kind, text, candidates?).

    `roles` are those as whose people they were found; none where they were meant in person.
    """

    holders: tuple[str, ...]
    why: dict[str, Any] = field(default_factory=dict)
    roles: tuple[str, ...] = ()


def find(
    who: Who,
    world: World,
    left_out: Collection[str] = (),
    managed: tuple[str, ...] | None = None,
    *,
    stand_ins: bool = True,
) -> Found:
    """The people that `who` means now. Nobody found gives no holders; the caller decides who catches that.

    `managed` are those whose manager `manager` is: by default the owner, and where nobody owns the case yet the applicant.
    Without `stand_ins` nobody stands for one who held a node and has gone.
    """
    if who.without is not None:
        left_out = {*left_out, *kept_out(who.without, world, managed)}
    if who.kind == "role":
        return _pool(who.roles[0], world, left_out)
    if who.kind == "everyone":
        return _everyone(who.roles[0], world, left_out)
    if who.kind == "dispatch":
        return _dispatched(who, world, left_out)
    if who.kind == "manager":
        return managers(world.case.owner or (world.case.applicant,) if managed is None else managed, world, left_out)
    if who.kind == "several":
        return _together([find(part, world, left_out, managed, stand_ins=stand_ins) for part in who.parts])
    if who.node:
        return _holder_of(who.node, world, left_out, stand_ins=stand_ins)
    if who.kind == "expression":
        assert who.expression is not None
        actors, text = tuple(_actors(who.expression.evaluate(world), world)), who.expression.text
    elif who.kind == "owner":
        actors, text = world.case.owner, "负责人"
    else:
        actors, text = (world.case.applicant,), "申请人"
    return Found(tuple(a for a in actors if a not in left_out), {"kind": "person", "text": text})


def find_or_catch(who: Who, world: World, left_out: Collection[str]) -> Found:
    """Like `find`, but never nobody: what fits nobody goes to the app's catcher."""
    found = find(who, world, left_out)
    holders = tuple(holder for holder in found.holders if somebody(holder, world))
    if holders:
        return replace(found, holders=holders)
    catcher = world.workflow.business.catcher
    title = world.workflow.business.roles.get(catcher, catcher)
    why = {**found.why, "kind": "caught", "text": f"没有找到合适的人,由{title}兜底"}
    return Found((f"role:{catcher}",), why, (catcher,))


def people(holders: Iterable[str], world: World) -> tuple[str, ...]:
    """The actors behind actors and pools, pools read as they are now."""
    found: dict[str, None] = {}
    for holder in holders:
        if holder.startswith("role:"):
            found.update(dict.fromkeys(world.facts.people.with_role(holder.removeprefix("role:"), world.case.unit)))
        elif holder in world.facts.people.records or holder.partition(":")[0] != world.workflow.business.staff:
            found[holder] = None
    return tuple(found)


def somebody(holder: str, world: World) -> bool:
    """Whether anybody can act as that holder: a pool has people, a person has not gone."""
    if holder.startswith("role:"):
        return world.facts.people.any_with_role(holder.removeprefix("role:"), world.case.unit)
    if holder.startswith(SYSTEM):
        return True
    business = world.workflow.business
    return holder.partition(":")[0] in (business.staff, business.customers) and is_there(holder, world)


def kept_out(who: Who | None, world: World, managed: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """The actors whom `not` keeps away; beside the last owner of a node who acted there in his name.

    For one who has gone that is nobody, and not the people of his role.
    """
    if who is None:
        return ()
    stood_in = (actor for node in _nodes(who) for actor in world.case.stood_in.get(node, ()))
    return (*people(find(who, world, managed=managed, stand_ins=False).holders, world), *stood_in)


def kept_away(world: World) -> frozenset[str]:
    """The actors who are not to be asked where the case is: whom its way there leaves out, and whom the node keeps out."""
    return frozenset({*world.case.left_out, *kept_out(world.workflow.nodes[world.case.node].others, world)})


def _nodes(who: Who) -> Iterator[str]:
    if who.node:
        yield who.node
    for part in who.parts:
        yield from _nodes(part)


def is_among(actor: str, holders: Iterable[str], world: World) -> bool:
    """Whether that actor is one of those holders, membership of pools read now."""
    return any(world.facts.people.holds(actor, holder, world.case.unit) for holder in holders)


def capacity(actor: str, roles: Iterable[str], world: World) -> list[str]:
    """As one of whose people that actor has a task: those of these roles that he has in the case's unit."""
    holds = world.facts.people.holds
    return [role for role in roles if holds(actor, f"role:{role}", world.case.unit)]


def as_roles(found: Found, world: World) -> dict[str, list[str]]:
    """What an event that makes one person the owner tells besides: as whose people he is found; {} when nothing is to tell."""
    alone = found.holders[0] if len(found.holders) == 1 else "role:"
    roles = [] if alone.startswith("role:") else capacity(alone, found.roles, world)
    return {"roles": roles} if roles else {}


def as_roles_of(holder: str, world: World) -> dict[str, list[str]]:
    """The same for somebody who takes what is his pool's."""
    pools = [h.removeprefix("role:") for h in world.case.owner if h.startswith("role:")]
    if world.case.owner == (holder,):
        return {}
    named = pools or roles_named(world.workflow.nodes[world.case.node].owner, world)
    roles = capacity(holder, named, world)
    return {"roles": roles} if roles else {}


def managers(actors: Iterable[str], world: World, left_out: Collection[str]) -> Found:
    """Whom these answer to: their own managers where one is named, else the people of the roles that manage theirs."""
    bosses = [boss for actor in actors for boss in _bosses(actor, world, left_out)]
    return _together(bosses, {"kind": "manager", "text": "上级"})


def _bosses(actor: str, world: World, left_out: Collection[str]) -> Iterator[Found]:
    staff, by_role = world.facts.people, world.workflow.business.managers
    own = staff.managers.get(actor)
    if own is not None and own in staff.records:
        yield Found(() if own in left_out else (own,))
        return
    roles = (actor.removeprefix("role:"),) if actor.startswith("role:") else staff.roles.get(actor, ())
    for role in dict.fromkeys(by_role[role] for role in roles if role in by_role):
        # Of a role that manages itself nobody answers to his equals.
        if not staff.holds(actor, f"role:{role}", world.case.unit):
            yield _pool(role, world, left_out)


def _together(found: Sequence[Found], why: dict[str, Any] | None = None) -> Found:
    text = "、".join(f.why["text"] for f in found if f.holders and f.why)
    holders = tuple(dict.fromkeys(h for f in found for h in f.holders))
    roles = tuple(dict.fromkeys(r for f in found for r in f.roles))
    return Found(holders, why or {"kind": "several", "text": text}, roles)


def _holder_of(node: str, world: World, left_out: Collection[str], *, stand_ins: bool) -> Found:
    """Whoever held a node last. Has he gone, or is he no longer what he was there: the people of his role there."""
    holder, why = world.case.holders.get(node), {"kind": "person", "text": f"{node}.owner"}
    if holder is None:
        return Found((), why)
    roles = _roles_at(node, world)
    if is_there(holder, world) and (not roles or capacity(holder, roles, world)):
        return Found((holder,) if holder not in left_out else (), why, roles)
    if not stand_ins:
        return Found((), why)
    there = world.workflow.nodes[node]
    pools = _together([_pool(role, world, left_out) for role in roles or roles_named(there.owner, world)])
    text = f"{pools.why['text']},“{there.title}”的负责人已不在岗"
    return Found(pools.holders, {"kind": "role", "text": text, "gone": holder}, pools.roles)


def _roles_at(node: str, world: World) -> tuple[str, ...]:
    """As whose people a node's last holder was found; none where he was meant in person."""
    who, *roles = world.case.capacities.get(node, ("",))
    return tuple(roles) if who == world.case.holders.get(node) else ()


def is_there(actor: str, world: World) -> bool:
    """Whether there is still a record of that person; of who needs none it is not asked."""
    entity, _, key = actor.partition(":")
    if entity == world.workflow.business.staff:
        return actor in world.facts.people.records
    return entity not in world.workflow.business.entities or not world.has_gone(entity, key)


def roles_named(who: Who | None, world: World) -> tuple[str, ...]:
    """The roles as whose people a who can find somebody."""
    if who is None or who.kind in ("owner", "applicant", "manager"):
        return ()
    if who.node:
        return _roles_at(who.node, world)
    return (*who.roles, *(role for part in who.parts for role in roles_named(part, world)))


def _everyone(role: str, world: World, left_out: Collection[str]) -> Found:
    members = world.facts.people.with_role(role, world.case.unit)
    title = world.workflow.business.roles.get(role, role)
    return Found(tuple(m for m in members if m not in left_out), {"kind": "role", "text": f"每位{title}"}, (role,))


def _pool(role: str, world: World, left_out: Collection[str]) -> Found:
    title = world.workflow.business.roles.get(role, role)
    staff, unit, pool = world.facts.people, world.case.unit, f"role:{role}"
    why = {"kind": "role", "text": title}
    # As long as nobody is taken away the pool stays a pool: who joins the role later may act too.
    if not any(staff.holds(actor, pool, unit) for actor in left_out):
        return Found((pool,) if staff.any_with_role(role, unit) else (), why, (role,))
    return Found(tuple(m for m in staff.with_role(role, unit) if m not in left_out), why, (role,))


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
    records = dict(candidates)
    why = {
        "kind": "dispatch",
        "text": who.dispatch.definition.title,
        "considered": result.considered,
        "ruled_out": dict(result.ruled_out),
        "weights": {p.label: as_stored(p.weight) for p in who.dispatch.prefer if p.weight != 1},
        "candidates": [
            {
                "actor": w.actor,
                "name": _called(records[w.actor]),
                "ruled_out_by": w.ruled_out_by,
                "scores": as_stored(w.scores),
                "total": as_stored(w.total),
            }
            for w in result.why
        ],
    }
    if result.chosen is not None:
        return Found((result.chosen,), why, who.roles)
    if who.otherwise is None:
        return Found((), why)
    fallback = find(who.otherwise, world, left_out)
    return Found(fallback.holders, {**why, "text": f"没有合适的人选,转给{fallback.why['text']}"}, fallback.roles)


def _called(record: RecordView) -> str:
    """Who is called by something personal is told by his actor."""
    return "" if isinstance(record.name, Personal) else str(record)


def _actors(value: Any, world: World) -> Iterable[str]:
    if value is None:
        return
    if isinstance(value, RecordView):
        if is_there(value.actor, world):
            yield value.actor
    elif isinstance(value, str):
        if ":" not in value:
            # Not told what was found: it may be personal, and an incident stands in the open.
            raise EvaluationError("应为人员,例如 employee:zhang,得到一段文字")
        if is_there(value, world):
            yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _actors(one, world)
    else:
        raise EvaluationError("应为人员,得到别的值")
