"""The sign rules: when a sheet is approved, when rejected, when neither yet."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from flowkit.engine.approval.sheet import UNANSWERED, Sheet

SignKind = Literal["all", "any", "in_turn", "vote"]
Verdict = Literal["", "approved", "rejected"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A sign rule; `share` is the least share of a vote, over 0 and at most 1."""

    kind: SignKind = "all"
    share: Fraction = Fraction(1)


def verdict(sheet: Sheet, rule: Rule) -> Verdict:
    """What the answers so far come to. Never approved without an approval; never undecided when all have answered."""
    seats = sheet.live
    yes, no = sheet.number("approved"), sheet.number("rejected")
    if rule.kind == "vote":
        if yes and yes >= rule.share * len(seats):
            return "approved"
        if len(seats) - no < rule.share * len(seats):
            return "rejected"
    elif no:
        return "rejected"
    elif rule.kind == "any":
        # Whoever was to be asked after an approval has the last word of that line.
        awaited = {id_ for seat in seats for id_ in seat.after}
        if any(seat.state == "approved" and seat.id not in awaited for seat in seats):
            return "approved"
    elif seats and yes == len(seats):
        return "approved"
    return "" if any(seat.state in UNANSWERED for seat in seats) else "rejected"
