"""Who may see which case: decided here and nowhere else, from the case and the people alone.

A `Sight` is what one person sees, as a plain value: the store makes a condition of it that gives the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flowkit.engine.case import Case
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
class Sight:
    """What one actor sees.

    everything  all there is: nothing else then matters
    actor       whose ties to cases count
    pools       his pools (`role:NAME`), in units that he serves
    units       the units he serves; None: all
    whole       whether he sees all cases of these units
    conditions  cases for which one of these holds
    """

    actor: str = ""
    everything: bool = False
    pools: tuple[str, ...] = ()
    units: frozenset[str] | None = None
    whole: bool = False
    conditions: tuple[RowCondition, ...] = ()

    def admits(self, case: Case) -> bool:
        """Whether he may see the case. One he may not see is for him as one that does not exist."""
        if self.everything:
            return True
        tied = ties(case)
        if self.actor in tied:
            return True
        served = self.units is None or case.unit in self.units
        if (served or case.unit is None) and not tied.isdisjoint(self.pools):
            return True
        return (self.whole and served) or any(condition.holds(case) for condition in self.conditions)


HOST = Sight(everything=True)
"""The program that holds flowkit, looking in its own name."""


def sight_of(actor: str, people: People, sees: Mapping[str, Sees]) -> Sight:
    """What that person sees: what he has to do with, and what any of his roles adds. `sees` is by role; `own` is the default.

    Who is no staff has no role: he sees what he has to do with, and never anything else.
    """
    roles = people.roles.get(actor, ())
    given = [sees.get(role, "own") for role in roles]
    units = people.served(actor)
    whole = "unit" in given
    if "all" in given or (whole and units is None):
        return Sight(actor, everything=True)
    record = people.records.get(actor, {})
    conditions = tuple(_settled(each, actor, record) for each in given if not isinstance(each, str))
    return Sight(actor, False, tuple(f"role:{role}" for role in roles), units, whole, conditions)


def _settled(condition: Unsettled, actor: str, record: Mapping[str, object]) -> RowCondition:
    match condition:
        case OfActor():
            return condition.settled(actor, record)
        case Joined(word, parts):
            settled = tuple(_settled(part, actor, record) for part in parts)
            if word == "not":
                return Negated(settled[0])
            return Every(settled) if word == "and" else Some(settled)
    return condition
