"""In whose name somebody acts: in his own, or in that of one for whom he stands in now.

Whoever stands in for somebody may do his tasks and nothing else that he may: neither what is granted to him, nor what
others' tasks allow him besides. Who stands in for whom in turn is not followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flowkit.engine.definition import Exit
from flowkit.engine.view import World
from flowkit.engine.who import find, is_among, kept_out


def acting_for(actor: str, holders: Iterable[str], world: World) -> str | None:
    """In whose name that actor may do what is these holders' task: his own goes first; None: in nobody's."""
    holders = tuple(holders)
    if is_among(actor, holders, world):
        return actor
    return next((person for person in _persons(actor, world) if is_among(person, holders, world)), None)


def taking_for(exit_: Exit, actor: str, world: World) -> str | None:
    """In whose name that actor may take an exit of the node, by who may and who may not; None: in nobody's."""
    tasks = (*world.case.owner, *world.case.helpers)
    holders = tasks if exit_.who is None else find(exit_.who, world).holders
    out = kept_out(exit_.without, world)
    if actor in out:
        return None
    if is_among(actor, holders, world):
        return actor
    for person in _persons(actor, world):
        at_task = is_among(person, tasks, world)
        if at_task and is_among(person, holders, world) and person not in out:
            return person
    return None


def told(actor: str, person: str) -> dict[str, str]:
    """What an event tells of acting in somebody's name: for whom, unless it is one's own."""
    return {} if actor == person else {"for": person}


def with_substitutes(actors: Iterable[str], world: World) -> tuple[str, ...]:
    """These actors, each followed by who stands in for him now."""
    standing_in = world.facts.people.substitutes.of_person
    found: dict[str, None] = {}
    for actor in actors:
        found.update(dict.fromkeys((actor, *standing_in(actor, world.now, world.case.workflow))))
    return tuple(found)


def barred(actor: str, world: World) -> bool:
    """Whether that actor may not sign at this node, in nobody's name: he has applied for it, and that is not allowed."""
    node = world.workflow.nodes.get(world.case.node)
    approval = node.approval if node is not None else None
    return approval is not None and approval.own != "allow" and actor == world.case.applicant


def _persons(actor: str, world: World) -> Iterator[str]:
    """For whom that actor may stand in at this node: for nobody where he is himself not to be asked."""
    persons = world.facts.people.substitutes.persons(actor, world.now, world.case.workflow)
    node = world.workflow.nodes.get(world.case.node)
    if not persons or node is None or barred(actor, world):
        return
    if actor not in kept_out(node.others, world):
        yield from persons
