"""What a sheet has come to, written down: who is not asked again, and the outcome once there is one."""

from __future__ import annotations

from flowkit.engine.approval.asking import asked, only
from flowkit.engine.approval.changes import carried, closed
from flowkit.engine.approval.rules import verdict
from flowkit.engine.approval.sheet import Seat, Sheet, difference
from flowkit.engine.definition import Approval
from flowkit.engine.draft import Draft
from flowkit.engine.verbs import tell_task
from flowkit.engine.who import Found


def ask(draft: Draft, approval: Approval, left_out: set[str]) -> Found:
    """Ask whoever must sign here: those who are asked now, and why."""
    sheet, why = asked(approval, draft.world(), left_out)
    rule = approval.rule
    share = str(rule.share) if rule.kind == "vote" else ""
    draft.add("asked", visit=draft.case.visit, rule=rule.kind, share=share, sheet=sheet.as_json(), why=list(why))
    _carry(draft, approval)
    return Found(at_hand(draft).owner, {"kind": "signing", "text": "、".join(dict.fromkeys(why))})


def judge(draft: Draft, approval: Approval, before: Sheet) -> str:
    """Go on after the sheet was changed: the outcome once it is decided, "" until then; whose turn it has become is told."""
    _carry(draft, approval)
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


def conclude(draft: Draft, approval: Approval, outcome: str, opinion: str = "") -> None:
    """The node is decided: nobody is asked any more."""
    sheet = at_hand(draft)
    last = _last(sheet, outcome, draft.by)
    told = sheet.told()
    draft.add(
        "concluded",
        outcome=outcome,
        title=approval.outcomes[outcome].title,
        visit=draft.case.visit,
        by=draft.by if outcome == "returned" or last is None else last.by,
        opinion=opinion if outcome == "returned" or last is None else last.opinion,
        **{name: told[name] for name in ("approvals", "rejections", "asked")},
        left=list(dict.fromkeys(h for seat in sheet.open for h in seat.holders)),
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
