"""Cases of a story that steps did not begin themselves: children, what is expected of them, how steps call them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit.app.load import load_app
from flowkit.testing.report import Report
from flowkit.testing.scenarios import play
from tests.unit.testing.buying import buying

TWO = """\
scenario: s
given: {replies: {erp.stock: [{quantity: 9}, {quantity: 1}], supplier.order: {order: SO}}}
steps:
  - {submit: job, by: employee:wang, as: it, with: {lines: [{part: A}, {part: B}]}}
"""


def played(folder: Path, *steps: str) -> Report:
    return play(buying(folder, TWO + "".join(f"  - {step}\n" for step in steps)))


def told(report: Report) -> list[tuple[int, str, str, str]]:
    return [(f.step, f.what, f.expected, f.found) for p in report.played for f in p.failures]


def test_children_are_seen_from_their_parent(tmp_path: Path) -> None:
    """Their number, or what is expected of each in the order of the rows."""
    steps = [
        "{wait: 1m, expect: {children: {request: 2}}}",
        "{wait: 1m, expect: {children: {request: [{node: 待审核, owner: 采购, due: 118m}, {node: ordered, placed.order: SO}]}}}",
    ]
    assert told(played(tmp_path, *steps)) == []


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("{request: 3}", ("children request", "3 个", "2 个")),
        ("{request: [{node: review}]}", ("children request", "1 个", "2 个")),
        ("{request: [{node: review}, {node: review}]}", ("children request.2 node", "review", "ordered")),
        ("{request: [{outcome: done}, {}]}", ("children request.1 outcome", "done", "(空)")),
    ],
)
def test_each_expectation_of_children_can_fail(tmp_path: Path, expected: str, found: tuple[str, str, str]) -> None:
    """A wrong number or a wrong child is told with what was there."""
    assert told(played(tmp_path, f"{{wait: 1s, expect: {{children: {expected}}}}}")) == [(2, *found)]


def test_steps_go_to_children_and_back(tmp_path: Path) -> None:
    """By workflow the only open one, by number any; from a child its brothers are called alike; the parent by its name."""
    steps = [
        "{act: refuse, by: employee:bao, case: request.1, expect: {outcome: rejected}}",
        "{receive: supplier.shipped, with: {tracking: X}, case: request, expect: {outcome: done, part: B}}",
        "{wait: 1s, case: request.1, expect: {part: A}}",
        "{wait: 1s, case: it, expect: {node: fitting, children: {request: [{outcome: rejected}, {outcome: done}]}}}",
    ]
    assert told(played(tmp_path, *steps)) == []


@pytest.mark.parametrize(
    ("called", "words"),
    [
        ("request", "2 个未结束的 request, 请写明是第几个"),
        ("request.3", "没有第 3 个 request, 只有 2 个"),
        ("nobody", "没有名为 nobody 的工单"),
    ],
)
def test_a_case_that_cannot_be_told_is_a_failure(tmp_path: Path, called: str, words: str) -> None:
    """Several open ones, a number beyond the last, an unknown name."""
    ((step, _, _, found),) = told(played(tmp_path, f"{{wait: 1s, case: {called}}}"))
    assert step == 2
    assert words in found


def test_children_called_off_are_still_seen(tmp_path: Path) -> None:
    """A stage's exit ends the case and its children; what became of them can be expected."""
    steps = [
        "{wait: 1s, expect: {stage: [open, whole], actions: [取消]}}",
        "{act: 取消, by: employee:wang, expect: {outcome: cancelled, stage: [], children: {request: [{outcome: cancelled}, {outcome: cancelled}]}}}",
    ]
    assert told(played(tmp_path, *steps)) == []


def test_stages_are_expected_by_name_or_title(tmp_path: Path) -> None:
    """All of them, in any order; one too few is a failure."""
    assert told(played(tmp_path, "{wait: 1s, expect: {stage: [全程, 未了结]}}")) == []
    assert told(played(tmp_path, "{wait: 1s, expect: {stage: whole}}")) == [(2, "stage", "whole", "[open, whole]")]


def test_messages_of_children_are_sent_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What a step brings about in any case of the story counts; nobody is told of it."""
    assert told(played(tmp_path, "{wait: 2h, expect: {sent: [hurry]}}")) == []
    assert capfd.readouterr().out == ""


def test_only_the_children_of_the_latest_visit_count(tmp_path: Path) -> None:
    """Coming by again a case begins others; those of the visit before are called no more."""
    steps = [
        "{act: refuse, by: employee:bao, case: request.1}",
        "{receive: supplier.shipped, with: {tracking: X}, case: request.2}",
        (
            "{act: again, by: employee:wang, case: it, replies: {erp.stock: {refused: 停}}, "
            "expect: {children: {request: [{node: review}, {node: review}]}}}"
        ),
        "{act: refuse, by: employee:bao, case: request.2, expect: {part: B, outcome: rejected}}",
    ]
    assert told(played(tmp_path, *steps)) == []


def test_what_goes_wrong_in_a_child_fails_the_story(tmp_path: Path) -> None:
    """An incident of a child is a failure, unless the step or what it expects of the child says so."""
    buying(tmp_path)
    text = (tmp_path / "app.yaml").read_text(encoding="utf-8")
    text = text.replace("within: 5m", "within: =pause").replace(
        "fields: {part: text,", "fields: {part: text, pause: duration,"
    )
    for expected, failures in (("{request: 1}", 1), ("{request: [{incident: true}]}", 0)):
        step = f"{{submit: job, by: employee:wang, with: {{lines: [{{part: A}}]}}, expect: {{children: {expected}}}}}"
        (tmp_path / "app.yaml").write_text(f"{text}---\nscenario: s\nsteps:\n  - {step}\n", encoding="utf-8")
        report = told(play(load_app(tmp_path)))
        assert len(report) == failures
        assert all("流程出错" in found for _, _, _, found in report)
