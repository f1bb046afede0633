"""Who is asked to sign: from the entries of `by` to the seats of a sheet, with nobody ever left out in silence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from flowkit.engine.approval.changes import begun
from flowkit.engine.approval.sheet import Seat, Sheet
from flowkit.engine.definition import Approval, Signer
from flowkit.engine.view import World
from flowkit.engine.who import Found, find, is_among, people
from flowkit.errors import EvaluationError


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A signature that is wanted, of whom, and why; `stands_in` where somebody signs for whom nobody was found."""

    holders: tuple[str, ...]
    why: str
    role: str = ""
    stands_in: bool = False


def asked(approval: Approval, world: World, left_out: Collection[str]) -> tuple[Sheet, tuple[str, ...]]:
    """The sheet with which a visit begins, and in words why each is asked.

    Raises EvaluationError when there is nobody at all who may sign.
    """
    asking = _Asking(approval, world, frozenset(left_out))
    wanted = [each for signer in approval.by for each in asking.wanted(signer)] or [asking.stand_in("要请的")]
    once = _once(wanted)
    seats = [Seat(0, each.holders, each.holders, role=each.role) for each in once]
    return begun(seats, approval.rule), tuple(each.why for each in once)


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
        found = self._found(signer, self.left_out)
        others = self._found(signer, self._without)
        mine = self.applicant in people(found.holders, self.world) and self.approval.own != "allow"
        role = signer.who.roles[0] if signer.who is not None and signer.who.kind == "role" else ""
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
        if signer.who is None:
            return managers(self.applicant, self.world, left_out)
        return find(signer.who, self.world, left_out)

    def _instead(self, why: str) -> Iterator[_Wanted]:
        """Who signs in the applicant's place."""
        if self.approval.own == "manager":
            found = managers(self.applicant, self.world, self._without)
            if found.holders:
                yield _Wanted(found.holders, f"{why}是申请人本人,由其上级签")
            else:
                yield self.stand_in(f"{why}是申请人本人,又没有上级,别的")

    def stand_in(self, why: str) -> _Wanted:
        """Who signs what nobody was found for: `otherwise`, else the app's catcher; never nobody."""
        if self.approval.otherwise is not None:
            found = find(self.approval.otherwise, self.world, self._without)
            if found.holders:
                return _Wanted(found.holders, f"{why}没有人,由{found.why['text']}签", stands_in=True)
        catcher = self.world.workflow.business.catcher
        holder, title = f"role:{catcher}", self.world.workflow.business.roles.get(catcher, catcher)
        left = tuple(person for person in people([holder], self.world) if person not in self._without)
        if not left:
            raise EvaluationError("没有人可以审批")
        whole = len(left) == len(people([holder], self.world))
        return _Wanted((holder,) if whole else left, f"{why}没有人,由{title}签", stands_in=True)


def managers(person: str, world: World, left_out: Collection[str]) -> Found:
    """Whom a person answers to: the people of the roles above his own."""
    above = world.workflow.business.managers
    held = world.facts.people.roles.get(person, ())
    pools = tuple(dict.fromkeys(f"role:{above[role]}" for role in held if role in above))
    members = people(pools, world)
    left = tuple(m for m in members if m not in left_out and m != person)
    return Found(pools if left and len(left) == len(members) else left, {"kind": "role", "text": "上级"})


def only(holders: Iterable[str], world: World) -> str:
    """The one person that these holders are; "" when they are several, or nobody."""
    found = people(holders, world)
    return found[0] if len(found) == 1 else ""


def may_sign(seat: Seat, actor: str, approval: Approval, world: World) -> bool:
    """Whether that actor is one of a seat's holders now, and may sign: roles are read when somebody acts."""
    if actor == world.case.applicant and approval.own != "allow":
        return False
    held = world.facts.people.holds
    holders = [h for h in seat.holders if not seat.role or held(h, f"role:{seat.role}", world.case.unit)]
    return is_among(actor, holders, world)
