"""A story with a table is played once for each row, each on a world of its own."""

from __future__ import annotations

from pathlib import Path

from flowkit.testing.report import Report
from flowkit.testing.scenarios import play
from tests.unit.testing.conftest import shop

STORY = """\
scenario: 轻重
given: {now: =example.at, rows: {car: [{plate: A9, owner: =example.owner}]}}
examples:
  - {fault: 刹车, owner: gov, photos: [a.jpg], total: 8, band: vip, at: "2026-03-02 09:00", wait: 15m}
  - {fault: 发动机, owner: gov, total: 3, band: normal, at: "2026-03-03 09:00", wait: 900s}
steps:
  - submit: repair
    by: customer:gov
    with: {car: A9, fault: =example.fault, photos: =example.photos}
    expect: {urgency.total: =example.total, urgency.band: "=example.total > 5 ? 'vip' : 'normal'"}
  - {wait: =example.wait, expect: {sent: [hurry]}}
"""


def played(folder: Path, story: str = STORY, names: list[str] | None = None) -> Report:
    return play(shop(folder, story), names)


def test_each_row_is_a_story_of_its_own(tmp_path: Path) -> None:
    """Moments, records, lists, values and waits come from the row; its plain values tell it from the others."""
    report = played(tmp_path)
    assert [p.name for p in report.played] == [
        "轻重 #1 (刹车, gov, 8, vip, 2026-03-02 09:00, 15m)",
        "轻重 #2 (发动机, gov, 3, normal, 2026-03-03 09:00, 900s)",
    ]
    assert [f.line() for p in report.played for f in p.failures] == []


def test_a_wrong_row_fails_alone(tmp_path: Path) -> None:
    """The failure names the row's story, the line of the step and what that row expected."""
    report = played(tmp_path, STORY.replace("total: 3,", "total: 4,"))
    assert [p.ok for p in report.played] == [True, False]
    (failure,) = report.played[1].failures
    assert (failure.step, failure.what, failure.expected, failure.found) == (1, "urgency.total", "4", "3")


def test_one_name_plays_all_rows(tmp_path: Path) -> None:
    """Asking for the story by its name plays it for every row."""
    assert len(played(tmp_path, names=["轻重"]).played) == 2
