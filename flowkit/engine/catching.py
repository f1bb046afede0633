"""A case whose people have all gone goes to the app's catcher, in plain sight: nobody is forgotten because somebody left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flowkit.engine.approval.sheet import UNANSWERED, Seat, difference
from flowkit.engine.draft import Draft
from flowkit.engine.verbs import tell_task
from flowkit.engine.who import somebody


def catch(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    """Give the catcher what nobody can act on any more: the case, a signature, the incident that it stands at.

    What one of a pool had claimed goes back to the pool.
    """
    case, business = draft.case, draft.workflow.business
    catcher = f"role:{business.catcher}"
    if case.ended:
        return
    title = business.roles.get(business.catcher, business.catcher)
    why = {"kind": "caught", "text": f"原来的负责人已不在,由{title}兜底"}
    if case.sheet is not None:
        lost = [seat for seat in case.sheet if seat.state in UNANSWERED and _is_nobodys(seat.holders, draft)]
        if lost:
            sheet = case.sheet.with_seats(_anothers(seat, catcher, draft) for seat in lost)
            draft.add("reassigned", owner=list(sheet.owner), why=why, **difference(case.sheet, sheet))
            tell_task(draft, tuple(dict.fromkeys(h for seat in lost for h in sheet[seat.id].holders)))
    elif case.owner and _is_nobodys(case.owner, draft):
        if not _is_nobodys(case.pool, draft):
            draft.add("put_back", owner=list(case.pool))
        else:
            draft.add("reassigned", owner=[catcher], why=why)
        tell_task(draft, draft.case.owner)
    incident = case.incident
    if incident is not None and _is_nobodys([incident["holder"]], draft):
        draft.add("incident", **{**incident, "holder": catcher})
        tell_task(draft, (catcher,))


def _is_nobodys(holders: Iterable[str], draft: Draft) -> bool:
    """Whether none of these can act. What the catcher has is his, even while nobody is one."""
    world, catcher = draft.world(), f"role:{draft.workflow.business.catcher}"
    return not any(holder == catcher or somebody(holder, world) for holder in holders)


def _anothers(seat: Seat, catcher: str, draft: Draft) -> Seat:
    """A signature that is its pool's again, or the catcher's to give."""
    holders = (catcher,) if _is_nobodys(seat.pool, draft) else seat.pool
    return replace(seat, holders=holders, pool=(), role="", back_to="")
