"""Who may see which case: decided here and nowhere else, from the case and the people alone.

A `Sight` is what one person sees, as a plain value: the store makes a condition of it that gives the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flowkit.engine.case import Case, tasks
from flowkit.engine.party import ties
from flowkit.engine.people import People
from flowkit.engine.row_condition import Among, Every, Negated, RowCondition, Some


@dataclass(frozen=True, slots=True)
class OfActor:
    """A comparison with something of the person who looks: `field` of his record, or he himself where it is "".

    `entity` is that of the records the column points to, if it does: he is then compared by his key.
    """

    name: str
    field: str
    entity: str | None = None

    def settled(self, actor: str, record: Mapping[str, object]) -> RowCondition:
        """For that person: what is empty at him matches nothing."""
        if not self.field:
            entity, _, key = actor.partition(":")
            if self.entity is None:
                return Among(self.name, (actor,))
            return Among(self.name, (key,) if entity == self.entity else ())
        held = record.get(self.field)
        several = held if isinstance(held, (list, tuple)) else (held,)
        return Among(self.name, tuple(str(one) for one in several if one not in (None, "")))


@dataclass(frozen=True, slots=True)
class Joined:
    """`and`, `or`, `not` of conditions that are not settled yet."""

    word: str
    parts: tuple[Unsettled, ...]


Unsettled = Among | OfActor | Joined
Sees = str | Among | OfActor | Joined
"""What a role sees: `own`, `unit`, `all`, or a condition over `row`."""


@dataclass(frozen=True, slots=True)
class Hands:
    """One person as cases wait for him: by his name, or by one of his pools (`role:NAME`) in the units he is there for.

    `units` None: he is there for all.
    """

    actor: str
    pools: tuple[str, ...] = ()
    units: frozenset[str] | None = None

    def serves(self, unit: str | None) -> bool:
        """Whether he is there for a unit; for a case of no unit only who is there for all."""
        return self.units is None or unit in self.units

    def among(self, holders: frozenset[str], unit: str | None) -> bool:
        """Whether he is one of these holders; the pools of a case without a unit are those of all units."""
        if self.actor in holders:
            return True
        return (unit is None or self.serves(unit)) and not holders.isdisjoint(self.pools)


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody for whom one stands in: his tasks are seen, in these workflows (None: all)."""

    hands: Hands
    workflows: tuple[str, ...] | None = None

    def admits(self, case: Case) -> bool:
        meant = self.workflows is None or case.workflow in self.workflows
        return meant and self.hands.among(frozenset(task.holder for task in tasks(case)), case.unit)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one actor sees.

    everything  all there is: nothing else then matters
    own         what he has to do with
    stand_ins   for whom he stands in now
    whole       whether he sees all cases of the units he is there for
    conditions  cases for which one of these holds
    """

    own: Hands = field(default_factory=lambda: Hands(""))
    everything: bool = False
    stand_ins: tuple[StandIn, ...] = ()
    whole: bool = False
    conditions: tuple[RowCondition, ...] = ()

    def admits(self, case: Case) -> bool:
        """Whether he may see the case. One he may not see is for him as one that does not exist."""
        return (
            self.everything
            or self.own.among(ties(case), case.unit)
            or (self.whole and self.own.serves(case.unit))
            or any(condition.holds(case) for condition in self.conditions)
            or any(each.admits(case) for each in self.stand_ins)
        )


OUTSIDERS_SEE = ""
"""Stands in place of a role for those who are no staff: the condition by which a case is one's own."""

HOST = Sight(everything=True)
"""The program that holds flowkit, looking in its own name."""


def sight_of(actor: str, people: People, sees: Mapping[str, Sees], now: datetime) -> Sight:
    """What that person sees: what he has to do with, what any of his roles adds, the tasks of those for whom he stands in now.

    `sees` is by role; `own` is the default. Who is no staff has no role: he sees what he has to do with or what names him,
    and never anything else.
    """
    own = _hands(actor, people)
    roles = people.roles.get(actor, ()) if actor in people.records else (OUTSIDERS_SEE,)
    given = [sees.get(role, "own") for role in roles]
    whole = "unit" in given
    if "all" in given or (whole and own.units is None):
        return Sight(own, everything=True)
    record = people.records.get(actor, {})
    conditions = tuple(settled(each, actor, record) for each in given if not isinstance(each, str))
    held = (each for each in people.substitutes.by_substitute.get(actor, ()) if each.holds(now))
    stand_ins = tuple(StandIn(_hands(each.person, people), each.workflows) for each in held)
    return Sight(own, False, stand_ins, whole, conditions)


def _hands(actor: str, people: People) -> Hands:
    return Hands(actor, tuple(f"role:{role}" for role in people.roles.get(actor, ())), people.served(actor))


def settled(condition: Unsettled, actor: str, record: Mapping[str, object]) -> RowCondition:
    """A condition for one person, of whom that is his record."""
    match condition:
        case OfActor():
            return condition.settled(actor, record)
        case Joined(word, parts):
            all_settled = tuple(settled(part, actor, record) for part in parts)
            if word == "not":
                return Negated(all_settled[0])
            return Every(all_settled) if word == "and" else Some(all_settled)
    return condition
