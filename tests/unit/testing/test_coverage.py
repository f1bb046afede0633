"""What a story covered of stages, calls and children."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from flowkit.testing.report import Report
from flowkit.testing.scenarios import play
from tests.unit.testing.buying import buying

GIVEN = "given: {replies: {erp.stock: {quantity: 1}, supplier.order: {order: SO}}}"
SUBMIT = "submit: job, by: employee:wang, as: it, with: {lines: [{part: A}]}"


def played(folder: Path, *steps: str, given: str = GIVEN) -> Report:
    return play(buying(folder, f"scenario: s\n{given}\nsteps:\n" + "".join(f"  - {{{s}}}\n" for s in steps)))


def covered(report: Report, workflow: str, kind: str) -> set[str]:
    return set(report.coverage[workflow][kind].covered)


def test_calls_are_covered_by_their_answer_and_by_their_failure(tmp_path: Path) -> None:
    """Answered and failed are two things; a call that nobody asserted counts as neither."""
    expected = f"{SUBMIT}, expect: {{node: waiting}}"
    assert covered(played(tmp_path, SUBMIT), "request", "answered") == set()
    assert covered(played(tmp_path, expected), "request", "answered") == {"checking", "ordering"}
    assert covered(played(tmp_path, expected), "request", "failed") == set()
    refused = GIVEN.replace("{quantity: 1}", "{refused: 冻结}")
    assert covered(played(tmp_path, expected, given=refused), "request", "failed") == {"checking"}


def test_silence_is_a_failure_of_the_call(tmp_path: Path) -> None:
    """A call that is not answered within its time counts as failed when that time is up, not before."""
    slow = GIVEN.replace("{quantity: 1}", "{slow: 1h, quantity: 1}")
    early = played(tmp_path, SUBMIT, "wait: 4m, expect: {node: waiting}", given=slow)
    assert covered(early, "request", "failed") == set()
    late = played(tmp_path, SUBMIT, "wait: 6m, expect: {node: waiting}", given=slow)
    assert covered(late, "request", "failed") == {"checking"}


def test_a_run_is_covered_when_its_children_are_joined(tmp_path: Path) -> None:
    """Waiting for children is not enough; the last one's end is."""
    shipped = "receive: supplier.shipped, case: request, with: {tracking: X}, expect: {outcome: done}"
    assert covered(played(tmp_path, f"{SUBMIT}, expect: {{node: waiting}}"), "job", "joined") == set()
    report = played(tmp_path, SUBMIT, shipped)
    assert covered(report, "job", "joined") == {"waiting"}
    assert covered(report, "request", "exits") == {"ordered.supplier.shipped"}


def test_exits_and_timeouts_of_stages_stand_under_their_stage(tmp_path: Path) -> None:
    """They count once, whatever node the case is at."""
    report = played(
        tmp_path, SUBMIT, "wait: 25h, expect: {node: waiting}", "signal: called_off, expect: {outcome: cancelled}"
    )
    assert covered(report, "job", "timeouts") == {"whole.timeouts[0]"}
    assert covered(report, "job", "exits") == {"open.called_off"}
    dropped = played(tmp_path, SUBMIT, "act: drop, by: employee:wang, expect: {outcome: cancelled}")
    assert covered(dropped, "job", "exits") == {"open.drop"}
    assert covered(dropped, "job", "joined") == set()
    assert {"open.drop", "open.called_off"} <= set(dropped.coverage["job"]["exits"].all)


def test_the_whole_is_told_in_percent(tmp_path: Path) -> None:
    """All kinds of all workflows together, rounded down."""
    report = played(tmp_path, f"{SUBMIT}, expect: {{node: waiting}}")
    assert report.covered == (6, 29)
    assert report.percent == Decimal("20.6")
    assert report.lines()[-1] == "合计覆盖 6/29 (20.6%)"
