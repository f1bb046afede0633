"""Who stands around a case besides those whose task it is, and what they have said: comments, followers, copies, links.

Knows plain values and the events that change them. What a case is otherwise, others know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from flowkit.engine.case import Case, Event

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Collaboration:
    """All of it is in stored form.

    followers  who is told of each move to another node
    readers    who may see the case because somebody named him in a comment or gave him a copy
    copies     by person, what was given to him to read: {"visit", "at", "by", "read": moment or None}
    comments   oldest first: {"at", "by", "text": {"personal": ref}, "mention": [actor]}
    urges      {"times": in all, "visit", "here": at that visit, "last": {actor: moment}}
    links      by the id of another case: {"number", "workflow", "how": "related" | "into" | "from"}; `into` is the case
               that this one was joined to, `from` one that was joined to this
    """

    followers: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    copies: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NOTHING)
    comments: tuple[Mapping[str, Any], ...] = ()
    urges: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    links: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NOTHING)

    def as_json(self) -> dict[str, Any]:
        """What there is; nothing for what is empty, which most of it is in most cases."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: list(v) if isinstance(v, tuple) else dict(v) for name, v in found.items() if v}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        found: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in stored.items()}
        return cls(**found)

    @property
    def unread(self) -> tuple[str, ...]:
        """Who has a copy that he has not marked as read."""
        return tuple(actor for actor, copy in self.copies.items() if copy["read"] is None)

    def urged(self, visit: int) -> int:
        """How often the owner was urged at that visit."""
        return self.urges["here"] if self.urges and self.urges["visit"] == visit else 0


ALONE = Collaboration()

Data = Mapping[str, Any]
Changes = dict[str, Any]


def _with(people: tuple[str, ...], more: list[str]) -> tuple[str, ...]:
    """Each person at most once."""
    return tuple(dict.fromkeys((*people, *more)))


def _commented(case: Case, event: Event, data: Data) -> Changes:
    here = case.collaboration
    said = {
        "at": event.at.isoformat(),
        "by": event.by,
        "text": {"personal": data["text"]["personal"]},
        "mention": list(data["mention"]),
    }
    return _now(case, comments=(*here.comments, said), readers=_with(here.readers, data["mention"]))


def _copied(case: Case, event: Event, data: Data) -> Changes:
    here = case.collaboration
    new = {"visit": data["visit"], "at": event.at.isoformat(), "by": event.by, "read": None}
    return _now(case, copies={**here.copies, **dict.fromkeys(data["to"], new)}, readers=_with(here.readers, data["to"]))


def _read(case: Case, event: Event, data: Data) -> Changes:
    copies = case.collaboration.copies
    return _now(case, copies={**copies, data["who"]: {**copies[data["who"]], "read": event.at.isoformat()}})


def _urged(case: Case, event: Event, data: Data) -> Changes:
    before, visit = case.collaboration.urges, data["visit"]
    urges = {
        "times": before.get("times", 0) + 1,
        "visit": visit,
        "here": case.collaboration.urged(visit) + 1,
        "last": {**before.get("last", {}), event.by: event.at.isoformat()},
    }
    return _now(case, urges=urges)


def _linked(case: Case, event: Event, data: Data) -> Changes:
    link = {"number": data["number"], "workflow": data["workflow"], "how": data["how"]}
    followers = _with(case.collaboration.followers, data.get("followers", []))
    return _now(case, links={**case.collaboration.links, data["case"]: link}, followers=followers)


def _unlinked(case: Case, event: Event, data: Data) -> Changes:
    return _now(case, links={id_: link for id_, link in case.collaboration.links.items() if id_ != data["case"]})


def _handed_over(case: Case, event: Event, data: Data) -> Changes:
    giver, taker = data["from"], data["to"]
    pool = case.pool or (case.owner if case.owner != (giver,) else ())
    holders = {**case.holders, case.node: taker}
    handed = _with(case.handed, [giver])
    return {"owner": (taker,), "pool": pool, "holders": holders, "handed": handed, "caught": ""}


def _now(case: Case, **changes: Any) -> Changes:
    return {"collaboration": replace(case.collaboration, **changes)}


FOLDS: Mapping[str, Callable[[Case, Event, Data], Changes]] = {
    "handed_over": _handed_over,
    "commented": _commented,
    "followed": lambda case, event, data: _now(case, followers=_with(case.collaboration.followers, [data["who"]])),
    "unfollowed": lambda case, event, data: _now(
        case, followers=tuple(f for f in case.collaboration.followers if f != data["who"])
    ),
    "copied": _copied,
    "read": _read,
    "urged": _urged,
    "linked": _linked,
    "unlinked": _unlinked,
}
"""What each event makes of what stands around a case."""
