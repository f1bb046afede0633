"""What can happen to a sheet, each as a function from one sheet to the next. Whether it may happen is judged elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from flowkit.engine.approval.rules import Rule
from flowkit.engine.approval.sheet import UNANSWERED, Seat, Sheet, State, opened

Where = Literal["before", "after", "beside"]


def begun(wanted: Sequence[Seat], rule: Rule) -> Sheet:
    """The sheet with which a visit begins: everybody is asked at once or, in turn, one after the other."""
    in_turn = rule.kind == "in_turn"
    seats = (replace(seat, id=n, after=(n - 1,) if in_turn and n > 1 else ()) for n, seat in enumerate(wanted, 1))
    return opened(Sheet(tuple(seats)))


def answered(
    sheet: Sheet, ids: Iterable[int], answer: State, by: str, at: str, opinion: str = "", behalf: str = ""
) -> Sheet:
    """These seats are answered, and whose turn that makes it is asked. `behalf`: in whose name."""
    said = (replace(sheet[id_], state=answer, by=by, behalf=behalf, at=at, opinion=opinion) for id_ in ids)
    return opened(sheet.with_seats(said))


def carried(sheet: Sheet, id_: int, by: str, at: str, node: str) -> Sheet:
    """The person has approved before, at that node: he is not asked again."""
    return opened(sheet.changed(id_, state="approved", by=by, at=at, carried=node))


def advised(sheet: Sheet, ids: Iterable[int], by: str, answer: str, opinion: str, at: str) -> Sheet:
    """Whom it was delegated to has answered: it goes back to the first who delegated it, who has to finish it."""
    said = {"by": by, "answer": answer, "opinion": opinion, "at": at}
    for id_ in ids:
        sheet = returned(sheet.changed(id_, advice=(*sheet[id_].advice, said)), id_)
    return sheet


def returned(sheet: Sheet, id_: int) -> Sheet:
    """What was delegated is the first delegator's again."""
    seat = sheet[id_]
    before = seat.passed[: seat.passed.index(seat.back_to)]
    return sheet.changed(id_, holders=(seat.back_to,), back_to="", passed=before)


def passed(sheet: Sheet, ids: Iterable[int], by: str, to: str, *, back: bool) -> Sheet:
    """It is another's from now on; with `back` he only helps, and it returns to the first who gave it out so."""
    for id_ in ids:
        seat = sheet[id_]
        returns = seat.back_to or (by if back else "")
        sheet = sheet.changed(id_, holders=(to,), pool=(), role="", passed=(*seat.passed, by), back_to=returns)
    return sheet


def claimed(sheet: Sheet, ids: Iterable[int], by: str) -> Sheet:
    """One of a pool takes it."""
    return sheet.with_seats(replace(sheet[id_], holders=(by,), pool=sheet[id_].holders) for id_ in ids)


def put_back(sheet: Sheet, ids: Iterable[int]) -> Sheet:
    """It is the pool's again."""
    return sheet.with_seats(replace(sheet[id_], holders=sheet[id_].pool, pool=()) for id_ in ids)


def added(sheet: Sheet, ids: Sequence[int], who: Sequence[str], by: str, where: Where) -> Sheet:
    """More are asked: before these seats, which then wait for them; after them; or beside them under the same rule."""
    first = 1 + max(seat.id for seat in sheet)
    follows = tuple(ids) if where == "after" else sheet[ids[0]].after
    new = tuple(Seat(first + n, (person,), (person,), after=follows, added_by=by) for n, person in enumerate(who))
    fresh = tuple(seat.id for seat in new)

    def with_more(seat: Seat) -> Seat:
        if where == "before" and seat.id in ids:
            return replace(seat, after=fresh, state="waiting")
        if where != "before" and set(ids) & set(seat.after):
            stays = tuple(i for i in seat.after if where == "beside" or i not in ids)
            return replace(seat, after=(*stays, *fresh))
        return seat

    changed = [with_more(seat) for seat in sheet]
    at = next(n for n, seat in enumerate(changed) if seat.id == ids[0]) + (where != "before")
    return opened(Sheet((*changed[:at], *new, *changed[at:])))


def removed(sheet: Sheet, id_: int) -> Sheet:
    """The seat does not count any more; who came after it comes after those it came after."""
    gone = sheet[id_]

    def without(seat: Seat) -> Seat:
        if seat.id == id_:
            return replace(seat, state="removed")
        if id_ in seat.after:
            return replace(seat, after=tuple(dict.fromkeys((*(i for i in seat.after if i != id_), *gone.after))))
        return seat

    return opened(Sheet(tuple(without(seat) for seat in sheet)))


def reassigned(sheet: Sheet, holders: tuple[str, ...]) -> Sheet:
    """All that are asked now are others'; the number of signatures stays what it was."""
    return sheet.with_seats(
        replace(seat, holders=holders, pool=(), role="", passed=(), back_to="", joint=True) for seat in sheet.open
    )


def replaced(sheet: Sheet, before: str, to: str) -> Sheet:
    """Whatever that holder has to sign, now or in its turn, is another's."""

    def anew(seat: Seat) -> Seat:
        holders = tuple(dict.fromkeys(to if holder == before else holder for holder in seat.holders))
        back_to = to if seat.back_to == before else seat.back_to
        # Nobody helps himself: then it is simply his.
        back_to = "" if back_to in holders else back_to
        # Through whose hands it goes is counted from here; only whom it returns to is still to be known.
        return replace(seat, holders=holders, role="", passed=(back_to,) if back_to else (), back_to=back_to)

    return sheet.with_seats(anew(sheet[id_]) for id_ in held_by(sheet, before))


def held_by(sheet: Sheet, holder: str) -> tuple[int, ...]:
    """The seats at which that holder has to sign, now or in its turn, or gets back what he has delegated."""
    unanswered = (seat for seat in sheet if seat.state in UNANSWERED)
    return tuple(seat.id for seat in unanswered if holder in (*seat.holders, seat.back_to))


def together(sheet: Sheet, seat: Seat) -> tuple[int, ...]:
    """The open seats that one answer of the holder is for."""
    if not seat.joint:
        return (seat.id,)
    return tuple(other.id for other in sheet.open if other.joint and other.holders == seat.holders)


def closed(sheet: Sheet) -> Sheet:
    """The node is decided: nobody is asked any more."""
    return sheet.with_seats(replace(seat, state="closed") for seat in sheet if seat.state in UNANSWERED)
