"""What each event of people around a case makes of it: comments, followers, copies, urging, links. Total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flowkit.engine.case import Case, Changes, Data, Event, Fold


def _now(case: Case, **changes: Any) -> Changes:
    return {"collaboration": replace(case.collaboration, **changes)}


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


FOLDS: Mapping[str, Fold] = {
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
