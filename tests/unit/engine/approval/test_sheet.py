"""Sheets and sign rules as plain values: whatever happens to a sheet, nobody is lost and nothing is approved unsigned."""

from __future__ import annotations

import json
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from flowkit.engine.approval import changes
from flowkit.engine.approval.rules import Rule, verdict
from flowkit.engine.approval.sheet import UNANSWERED, Seat, Sheet, difference, patched

RULES = st.one_of(
    st.sampled_from([Rule("all"), Rule("any"), Rule("in_turn")]),
    st.builds(lambda n, d: Rule("vote", Fraction(min(n, d), d)), st.integers(1, 7), st.integers(1, 7)),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["approve", "reject", "before", "after", "beside", "remove", "pass", "reassign", "delegate"]),
        st.integers(0, 9),
        st.integers(1, 3),
    ),
    max_size=14,
)


def step(sheet: Sheet, kind: str, which: int, many: int, name: str) -> Sheet:
    """The sheet after one change to one of those who are asked; of removals to any who has not answered."""
    seat = sheet.open[which % len(sheet.open)]
    ids = changes.together(sheet, seat)
    match kind:
        case "approve" | "reject":
            if seat.back_to:
                return changes.advised(sheet, ids, "h", kind, "", "t")
            return changes.answered(sheet, ids, "approved" if kind == "approve" else "rejected", "h", "t")
        case "before" | "after" | "beside":
            return changes.added(sheet, ids, [f"{name}{n}" for n in range(many)], "h", kind)
        case "remove":
            left = [each for each in sheet if each.state in UNANSWERED]
            return changes.removed(sheet, left[which % len(left)].id) if len(sheet.live) > 1 else sheet
        case "pass" | "delegate":
            return changes.passed(sheet, ids, seat.holders[0], name, back=kind == "delegate")
    return changes.reassigned(sheet, (name,))


def holds(before: Sheet, sheet: Sheet, rule: Rule) -> None:
    """What must be true of every sheet that came of another."""
    assert patched(before, json.loads(json.dumps(difference(before, sheet)))) == sheet
    assert Sheet.from_json(json.loads(json.dumps(sheet.as_json()))) == sheet
    assert len({seat.id for seat in sheet}) == len(sheet.seats)
    outcome = verdict(sheet, rule)
    if outcome == "approved":
        assert sheet.number("approved") > 0
    if not outcome:
        assert sheet.open, "it is not decided, and nobody is asked"
    if not any(seat.state in UNANSWERED for seat in sheet):
        assert outcome, "everybody has answered, and it is not decided"
    assert all(len(set(seat.passed)) == len(seat.passed) for seat in sheet)


@settings(max_examples=500)
@given(rule=RULES, people=st.integers(1, 6), steps=STEPS)
def test_nobody_is_lost_and_nothing_is_approved_unsigned(rule: Rule, people: int, steps: list[tuple]) -> None:
    """Until it is decided somebody is asked; an approval has a signature; an event tells the whole of each change."""
    sheet = changes.begun([Seat(0, (f"p{n}",), (f"p{n}",)) for n in range(people)], rule)
    holds(Sheet(), sheet, rule)
    for number, (kind, which, many) in enumerate(steps):
        if verdict(sheet, rule):
            break
        before, sheet = sheet, step(sheet, kind, which, many, f"s{number}-")
        holds(before, sheet, rule)
    done = changes.closed(sheet)
    assert not done.open
    assert done.owner == ()


@given(rule=RULES, answers=st.lists(st.booleans(), min_size=1, max_size=7))
def test_a_decision_is_never_taken_back_by_those_who_answer_later(rule: Rule, answers: list[bool]) -> None:
    """An early decision is the one that would have come out had everybody answered."""
    sheet = changes.begun([Seat(0, (f"p{n}",), (f"p{n}",)) for n in range(len(answers))], rule)
    early = ""
    for number, yes in enumerate(answers, 1):
        if rule.kind == "any" and early:
            break
        sheet = changes.answered(sheet, [number], "approved" if yes else "rejected", f"p{number}", "t")
        now = verdict(sheet, rule)
        assert not early or now == early
        early = early or now
    assert early


@given(share=st.fractions(min_value="1/100", max_value=1), asked=st.integers(1, 30), yes=st.integers(0, 30))
def test_a_vote_counts_exactly(share: Fraction, asked: int, yes: int) -> None:
    """Approved when the approvals are at least that share of all who are asked, without any rounding."""
    yes = min(yes, asked)
    seats = [Seat(n, ("p",), ("p",), "approved" if n < yes else "rejected", by="p") for n in range(asked)]
    expected = "approved" if yes and Fraction(yes, asked) >= share else "rejected"
    assert verdict(Sheet(tuple(seats)), Rule("vote", share)) == expected


def test_a_sheet_of_a_later_version_still_folds() -> None:
    """What a seat holds that this version does not know is passed over."""
    assert Seat.from_json({"id": 1, "asked": ["a"], "holders": ["a"], "state": "open", "mood": "good"}).id == 1
