"""What a sheet has come to, written down: who is not asked again, and the outcome once there is one."""

from __future__ import annotations

from collections.abc import Callable

from flowkit.engine.acting import told
from flowkit.engine.approval.asking import asked, in_office, instead, only
from flowkit.engine.approval.changes import carried, closed, returned
from flowkit.engine.approval.rules import verdict
from flowkit.engine.approval.sheet import Seat, Sheet, difference
from flowkit.engine.definition import Approval
from flowkit.engine.draft import Draft
from flowkit.engine.verbs import tell_task
from flowkit.engine.view import World
from flowkit.engine.who import Found, kept_away, somebody


def ask(draft: Draft, approval: Approval, left_out: set[str]) -> Found:
    """Ask whoever must sign here: those who are asked now, and why."""
    found, rule = asked(approval, draft.world(), left_out), approval.rule
    share = str(rule.share) if rule.kind == "vote" else ""
    sheet = found.sheet.as_json()
    draft.add("asked", visit=draft.case.visit, rule=rule.kind, share=share, sheet=sheet, why=list(found.why))
    _carry(draft, approval)
    why = {"kind": "caught", "text": "、".join(found.caught)} if found.caught else {"kind": "signing", "text": ""}
    return Found(at_hand(draft).owner, why)


def judge(draft: Draft, approval: Approval, before: Sheet) -> str:
    """Go on after the sheet was changed: the outcome once it is decided, "" until then; whose turn it has become is told."""
    _carry(draft, approval)
    relieve(draft, approval)
    sheet = at_hand(draft)
    outcome = verdict(sheet, approval.rule)
    if outcome:
        conclude(draft, approval, outcome)
        return outcome
    was = {seat.id for seat in before.open}
    turn = dict.fromkeys(h for seat in sheet.open if seat.id not in was for h in seat.holders)
    if turn:
        tell_task(draft, tuple(turn))
    return ""


def relieve(draft: Draft, approval: Approval, there: Callable[[str, World], bool] = somebody) -> None:
    """What nobody can sign any more, because all who could have gone, is signed by whoever stands in.

    `there` says whether anybody can act as a holder. What was delegated returns first, what one of a pool has
    claimed goes back to the pool.
    """
    sheet, world, found = at_hand(draft), draft.world(), None
    new = sheet
    for seat in sheet.open:
        if any(there(holder, world) for holder in in_office(seat, world)):
            continue
        if seat.back_to and there(seat.back_to, world):
            new = returned(new, seat.id)
            continue
        if any(there(holder, world) for holder in seat.pool):
            new = new.changed(seat.id, holders=seat.pool, pool=())
            continue
        found = found or instead(approval, world, kept_away(world))
        new = new.changed(seat.id, holders=found[0], pool=(), role="", back_to="")
    if new != sheet:
        why = {"kind": "caught" if found and found[2] else "signing", "text": found[1] if found else ""}
        kept = {"owner": list(new.owner), "why": why, "helpers": list(draft.case.helpers)}
        draft.add("reassigned", **kept, **difference(sheet, new))


def conclude(draft: Draft, approval: Approval, outcome: str, opinion: str = "", person: str = "") -> None:
    """The node is decided: nobody is asked any more. `person` is in whose name it was returned."""
    sheet = at_hand(draft)
    last = _last(sheet, outcome, draft.by)
    counts = sheet.told()
    draft.add(
        "concluded",
        outcome=outcome,
        title=approval.outcomes[outcome].title,
        visit=draft.case.visit,
        by=draft.by if outcome == "returned" or last is None else last.by,
        opinion=opinion if outcome == "returned" or last is None else last.opinion,
        **{name: counts[name] for name in ("approvals", "rejections", "asked")},
        left=list(dict.fromkeys(h for seat in sheet.open for h in seat.holders)),
        **told(draft.by, person or draft.by),
        **difference(sheet, closed(sheet)),
    )


def at_hand(draft: Draft) -> Sheet:
    assert draft.case.sheet is not None
    return draft.case.sheet


def _last(sheet: Sheet, outcome: str, by: str) -> Seat | None:
    """The answer that decided it: the latest of that kind; of several at one moment that of whoever acts now."""
    given = [seat for seat in sheet if seat.state == outcome]
    return max(given, key=lambda seat: (seat.at, seat.by == by)) if given else None


def _carry(draft: Draft, approval: Approval) -> None:
    """Who has approved before, here or at an earlier approval that stands, is not asked again."""
    while approval.carry and (found := _known(draft)) is not None:
        seat, node = found
        sheet, who = at_hand(draft), only(seat.holders, draft.world())
        new = carried(sheet, seat.id, who, draft.now.isoformat(), node)
        draft.add("carried", who=who, node=node, title=draft.workflow.nodes[node].title, **difference(sheet, new))


def _known(draft: Draft) -> tuple[Seat, str] | None:
    """A seat that is asked now and whose one person has approved already, and at which node."""
    sheet, world = at_hand(draft), draft.world()
    for seat in sheet.open:
        who = only(seat.holders, world)
        # Whom somebody asked by name is asked, whatever he has approved before.
        by_hand = seat.passed or seat.added_by or seat.joint
        node = _approved(draft, sheet, who) if who and not by_hand else ""
        if node:
            return seat, node
    return None


def _approved(draft: Draft, sheet: Sheet, who: str) -> str:
    """The node at which that person has approved already, "" when at none."""
    if any(seat.state == "approved" and who == (seat.behalf or seat.by) for seat in sheet):
        return draft.case.node
    before = draft.case.signed.get(who)
    # A node may be gone from a newer version of the workflow; a signature at it says nothing here.
    return str(before["node"]) if before is not None and before["node"] in draft.workflow.nodes else ""
