"""The sheet of one visit to an approval: its seats, each one signature that is wanted. Plain values; knows no people.

A seat opens when those it comes after have been answered. What happens to a sheet is a function of it in `changes`; what it
comes to is judged in `rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

State = Literal["waiting", "open", "approved", "rejected", "removed", "closed"]
"""Not its turn yet; asked now; answered so or so; taken away; not asked any more because the node was decided."""

ANSWERED = ("approved", "rejected")
UNANSWERED = ("waiting", "open")


@dataclass(frozen=True, slots=True)
class Seat:
    """One signature that is wanted. Holders are actors and pools (`role:NAME`); any one of them may give it.

    asked     whom it was made for; `holders` whose it is now
    after     seats that must have been answered before this one opens
    role      the role by which a person is asked: he may sign as long as he has it
    pool      the holders before one of them claimed it; empty when nobody has
    passed    through whose hands it went, oldest first
    back_to   who has delegated it and gets it back, "" when it is not out
    joint     it came to its holders by a reassignment: one answer of theirs is for all that came so
    added_by  who added it, "" when the workflow asks for it
    advice    what those it was delegated to said: {"by", "answer", "opinion", "at"}
    by        who has answered, and `behalf` in whose name where he stood in for somebody
    carried   the node at which this person had approved before, so that he was not asked again
    """

    id: int
    asked: tuple[str, ...]
    holders: tuple[str, ...]
    state: State = "waiting"
    after: tuple[int, ...] = ()
    role: str = ""
    pool: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    back_to: str = ""
    joint: bool = False
    added_by: str = ""
    by: str = ""
    behalf: str = ""
    at: str = ""
    opinion: str = ""
    advice: tuple[Mapping[str, str], ...] = ()
    carried: str = ""

    def as_json(self) -> dict[str, Any]:
        """Only what is not as it is in most seats."""
        every = {f.name: getattr(self, f.name) for f in fields(self)}
        told = {n: v for n, v in every.items() if n in _ALWAYS or v not in ("", (), False)}
        return {n: list(v) if isinstance(v, tuple) else v for n, v in told.items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Seat:
        known: dict[str, Any] = {n: v for n, v in stored.items() if n in _NAMES}
        known.update({n: tuple(v) for n, v in known.items() if isinstance(v, list)})
        return cls(**known)


_NAMES = frozenset(f.name for f in fields(Seat))
_ALWAYS = ("id", "asked", "holders", "state")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The seats of one visit, in the order in which they are shown and, where one comes after another, asked."""

    seats: tuple[Seat, ...] = ()

    def __iter__(self) -> Iterator[Seat]:
        return iter(self.seats)

    def __getitem__(self, id_: int) -> Seat:
        return next(seat for seat in self.seats if seat.id == id_)

    @property
    def live(self) -> tuple[Seat, ...]:
        """Those that count: all that were not taken away."""
        return tuple(seat for seat in self.seats if seat.state != "removed")

    @property
    def open(self) -> tuple[Seat, ...]:
        return tuple(seat for seat in self.seats if seat.state == "open")

    @property
    def owner(self) -> tuple[str, ...]:
        """Who is asked now, each once."""
        return tuple(dict.fromkeys(holder for seat in self.open for holder in seat.holders))

    def told(self) -> dict[str, Any]:
        """What has been answered so far, as expressions see it: opinions oldest first, and how many."""
        said = [
            {"by": seat.by, "answer": seat.state, "opinion": seat.opinion, "at": seat.at}
            for seat in self.live
            if seat.state in ANSWERED
        ]
        advice = [dict(one) for seat in self.live for one in seat.advice]
        counts = {"approvals": self.number("approved"), "rejections": self.number("rejected"), "asked": len(self.live)}
        return {"opinions": sorted((*said, *advice), key=lambda one: one["at"]), **counts}

    def number(self, state: State) -> int:
        return sum(seat.state == state for seat in self.seats)

    def with_seats(self, changed: Iterable[Seat]) -> Sheet:
        """The sheet with these seats in the place of those of their number; new ones stand at the end."""
        new = {seat.id: seat for seat in changed}
        kept = tuple(new.pop(seat.id, seat) for seat in self.seats)
        return Sheet((*kept, *new.values()))

    def changed(self, id_: int, **changes: Any) -> Sheet:
        return self.with_seats([replace(self[id_], **changes)])

    def as_json(self) -> list[dict[str, Any]]:
        return [seat.as_json() for seat in self.seats]

    @classmethod
    def from_json(cls, stored: Iterable[Mapping[str, Any]]) -> Sheet:
        return cls(tuple(Seat.from_json(seat) for seat in stored))


def opened(sheet: Sheet) -> Sheet:
    """The sheet with every waiting seat open whose turn has come."""
    done = {seat.id for seat in sheet if seat.state in ANSWERED}
    turn = [seat for seat in sheet if seat.state == "waiting" and done.issuperset(seat.after)]
    return sheet.with_seats(replace(seat, state="open") for seat in turn) if turn else sheet


def difference(old: Sheet, new: Sheet) -> dict[str, Any]:
    """What an event says of a change: the seats that have become others and, when that has changed, their order."""
    before = {seat.id: seat for seat in old}
    seats = [seat.as_json() for seat in new if before.get(seat.id) != seat]
    order = [seat.id for seat in new]
    told: dict[str, Any] = {"seats": seats}
    return {**told, "order": order} if order != [seat.id for seat in old] else told


def patched(sheet: Sheet, told: Mapping[str, Any]) -> Sheet:
    """The sheet after what an event says of a change. The opposite of `difference`."""
    new = sheet.with_seats(Seat.from_json(seat) for seat in told["seats"])
    if "order" not in told:
        return new
    place = {id_: n for n, id_ in enumerate(told["order"])}
    return Sheet(tuple(sorted(new, key=lambda seat: place.get(seat.id, len(place)))))
