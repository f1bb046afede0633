"""Who is asked to sign: from the entries of `by` to the seats of a sheet, with nobody ever left out in silence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from flowkit.engine.acting import acting_for, barred
from flowkit.engine.approval.changes import begun
from flowkit.engine.approval.sheet import Seat, Sheet
from flowkit.engine.definition import Approval, Signer
from flowkit.engine.view import World
from flowkit.engine.who import Found, find, managers, people
from flowkit.errors import EvaluationError


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A signature that is wanted, of whom, and why; `stands_in` where somebody signs for whom nobody was found.

    `caught`: that is the app's catcher, as nobody else is named.
    """

    holders: tuple[str, ...]
    why: str
    role: str = ""
    stands_in: bool = False
    caught: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The sheet with which a visit begins; in words why each is asked, and for what only the app's catcher was found."""

    sheet: Sheet
    why: tuple[str, ...]
    caught: tuple[str, ...]


def asked(approval: Approval, world: World, left_out: Collection[str]) -> Asked:
    """Whom an approval asks. Raises EvaluationError when there is nobody at all who may sign."""
    asking = _Asking(approval, world, frozenset(left_out))
    wanted = [each for signer in approval.by for each in asking.wanted(signer)] or [asking.stand_in("要请的")]
    once = _once(wanted)
    seats = [Seat(0, each.holders, each.holders, role=each.role) for each in once]
    caught = tuple(each.why for each in once if each.caught)
    return Asked(begun(seats, approval.rule), tuple(each.why for each in once), caught)


def instead(approval: Approval, world: World, left_out: Collection[str]) -> tuple[tuple[str, ...], str, bool]:
    """Who signs where those who were asked have gone, why, and whether that is the app's catcher. Raises EvaluationError."""
    found = _Asking(approval, world, frozenset(left_out)).stand_in("原来要签的")
    return found.holders, found.why, found.caught


def _once(wanted: Iterable[_Wanted]) -> list[_Wanted]:
    """Whoever stands in is asked once, and not at all where he is asked anyway."""
    wanted = list(wanted)
    present = {each.holders for each in wanted if not each.stands_in}
    found = []
    for each in wanted:
        if not each.stands_in or each.holders not in present:
            found.append(each)
            present.add(each.holders)
    return found


@dataclass(frozen=True, slots=True)
class _Asking:
    approval: Approval
    world: World
    left_out: frozenset[str]

    @property
    def applicant(self) -> str:
        return self.world.case.applicant

    @property
    def _without(self) -> frozenset[str]:
        """Who may not sign: whom the way here leaves out and, unless it is allowed, the applicant."""
        return self.left_out if self.approval.own == "allow" else self.left_out | {self.applicant}

    def wanted(self, signer: Signer) -> Iterator[_Wanted]:
        """The signatures of one entry; none where it does not hold for this case, or is the applicant's and skipped."""
        if signer.when is not None and not signer.when.evaluate(self.world):
            return
        found, others = self._found(signer, self.left_out), self._found(signer, self._without)
        mine = self.approval.own != "allow" and self.applicant in people(found.holders, self.world)
        role = signer.who.roles[0] if signer.who.kind in ("role", "everyone") else ""
        why = str(found.why.get("text", ""))
        if signer.each:
            everyone = people(others.holders, self.world)
            yield from (_Wanted((person,), why, role) for person in everyone)
            if mine:
                yield from self._instead(why)
            elif not everyone:
                yield self.stand_in(why)
        elif others.holders:
            # A pool from which somebody is taken away is a list of people: each must still be in the role when he signs.
            pool = any(holder.startswith("role:") for holder in others.holders)
            yield _Wanted(others.holders, why, "" if pool else role)
        elif mine:
            yield from self._instead(why)
        else:
            yield self.stand_in(why)

    def _found(self, signer: Signer, left_out: frozenset[str]) -> Found:
        return find(signer.who, self.world, left_out, managed=(self.applicant,))

    def _instead(self, why: str) -> Iterator[_Wanted]:
        """Who signs in the applicant's place."""
        if self.approval.own == "manager":
            found = managers((self.applicant,), self.world, self._without)
            if found.holders:
                yield _Wanted(found.holders, f"{why}是申请人本人,由其上级签")
            else:
                yield self.stand_in(f"{why}是申请人本人,又没有上级,别的")

    def stand_in(self, why: str) -> _Wanted:
        """Who signs what nobody was found for: `otherwise`, else the app's catcher; never nobody."""
        if self.approval.otherwise is not None:
            found = find(self.approval.otherwise, self.world, self._without, managed=(self.applicant,))
            if found.holders:
                return _Wanted(found.holders, f"{why}没有人,由{found.why['text']}签", stands_in=True)
        catcher = self.world.workflow.business.catcher
        holder, title = f"role:{catcher}", self.world.workflow.business.roles.get(catcher, catcher)
        left = tuple(person for person in people([holder], self.world) if person not in self._without)
        if not left:
            raise EvaluationError("没有人可以审批")
        whole = len(left) == len(people([holder], self.world))
        why = f"{why}没有人,由{title}签"
        return _Wanted((holder,) if whole else left, why, stands_in=True, caught=True)


def only(holders: Iterable[str], world: World) -> str:
    """The one person that these holders are; "" when they are several, or nobody."""
    found = people(holders, world)
    return found[0] if len(found) == 1 else ""


def signing_for(seat: Seat, actor: str, world: World) -> str | None:
    """In whose name that actor may give a signature: his own goes first; None: in nobody's. Roles are read when he acts."""
    return None if barred(actor, world) else acting_for(actor, in_office(seat, world), world)


def in_office(seat: Seat, world: World) -> list[str]:
    """Those of a seat's holders who still are what they are asked as."""
    held = world.facts.people.holds
    return [h for h in seat.holders if not seat.role or held(h, f"role:{seat.role}", world.case.unit)]
