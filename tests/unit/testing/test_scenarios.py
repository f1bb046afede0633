"""Playing scenarios: what passes, what fails and how it is told, what counts as covered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flowkit.app.load import load_app
from flowkit.testing.report import Report
from flowkit.testing.scenarios import play
from tests.unit.testing.conftest import shop

WHOLE = """\
scenario: 刹车坏了
given:
  now: "2026-03-02 09:00"
  rows:
    employee: [{code: li, on_duty: true, skills: [漆面]}]
    car: [{plate: A9, owner: gov}]
steps:
  - submit: repair
    by: customer:gov
    with: {car: A9, fault: 刹车}
    expect: {refused: 请拍照}
  - submit: repair
    by: customer:gov
    as: first
    with: {car: A9, fault: 刹车, photos: [a.jpg]}
    expect: {node: waiting, owner: employee:zhang, urgency.total: 8, urgency.band: vip, sent: [], due: 15m, case.number: X20260302-001, photos: [a.jpg]}
  - {wait: 15m, expect: {sent: [hurry], owner: employee:zhang, actions: [accept, refuse]}}
  - {act: refuse, by: employee:zhang, with: {reason: 忙}, expect: {node: 待接单, owner: boss, refuse.reason: 忙}}
  - {act: accept, by: employee:zhang, expect: {refused: 不归您处理, owner: 老板}}
  - {act: 接单, by: employee:wang, case: X20260302-001, expect: {node: working, owner: employee:wang}}
  - {act: finish, by: =owner, with: {price: 0}, expect: {refused: 收费, node: working}}
  - {at: "2026-03-03 09:15", expect: {sent: []}}
  - {act: finish, by: employee:wang, with: {price: 120}, expect: {outcome: done, owner: null, due: null, incident: null, finish.price: "=100 + 20", record: {"car:A9": {history.count: 1, owner: gov}}}}
"""


def played(folder: Path, *scenarios: str) -> Report:
    return play(shop(folder, *scenarios))


def failures(report: Report) -> list[tuple[int, int, str, str, str]]:
    return [(f.step, f.place.line, f.what, f.expected, f.found) for p in report.played for f in p.failures]


def test_a_whole_story_is_played(tmp_path: Path) -> None:
    """Records laid over, refusals expected, time passed, a pool's task claimed, records changed: all as expected."""
    report = played(tmp_path, WHOLE)
    assert failures(report) == []
    assert report.ok
    assert "1 个场景: 1 个通过, 0 个失败" in report.lines()


WRONG = [
    ("node: working", ("node", "working", "waiting")),
    ("owner: employee:li", ("owner", "employee:li", "[employee:zhang]")),
    ("outcome: done", ("outcome", "done", "(空)")),
    ("urgency.total: 9", ("urgency.total", "9", "8")),
    ("sent: [hurry]", ("sent", "[hurry]", "(空)")),
    ("actions: [accept]", ("actions", "[accept]", "[accept, refuse]")),
    ("due: 20m", ("due", "20m", "15 分钟")),
    ("incident: true", ("incident", "true", "(空)")),
    ("refused: 请拍照", ("refused", "请拍照", "没有被拒绝")),
    ('record: {"car:A1": {history.count: 1}}', ("record car:A1 history.count", "1", "0")),
]


@pytest.mark.parametrize(("expected", "told"), WRONG)
def test_each_expectation_can_fail(tmp_path: Path, expected: str, told: tuple[str, str, str]) -> None:
    """Every kind of expectation, when it is wrong, is told with step, line, what was expected and what was found."""
    story = f"""\
scenario: s
given: {{now: "2026-03-02 09:00"}}
steps:
  - submit: repair
    by: customer:gov
    with: {{car: A1, fault: 刹车, photos: [a.jpg]}}
    expect:
      {expected}
"""
    report = played(tmp_path, story)
    line = (tmp_path / "app.yaml").read_text(encoding="utf-8").splitlines().index(f"      {expected}") + 1
    assert failures(report) == [(1, line, *told)]
    assert not report.ok


def test_all_expectations_are_told_and_the_story_goes_on(tmp_path: Path) -> None:
    """Two wrong expectations of one step and one of a later step are three failures."""
    story = """\
scenario: s
steps:
  - {submit: repair, by: customer:gov, with: {car: A1, fault: 发动机}, expect: {node: done, owner: boss}}
  - {wait: 15m, expect: {sent: []}}
"""
    assert [(f[0], f[2]) for f in failures(played(tmp_path, story))] == [(1, "node"), (1, "owner"), (2, "sent")]


def test_an_unexpected_refusal_fails_with_its_words(tmp_path: Path) -> None:
    """A refused step that expects no refusal fails, although it expects nothing at all; so do steps without a case."""
    story = """\
scenario: s
steps:
  - {submit: repair, by: customer:gov, with: {fault: 刹车}}
  - {act: accept, by: employee:zhang, expect: {node: working}}
"""
    first, second = failures(played(tmp_path, story))
    assert "车辆" in first[4]
    assert "请拍照" in first[4]
    assert "还没有工单" in second[4]


def test_timers_fire_at_their_own_time(tmp_path: Path) -> None:
    """In one long wait every timer sees the moment it was due at, not the end of the wait."""
    story = """\
scenario: s
given: {now: "2026-03-02 09:00"}
steps:
  - {submit: repair, by: customer:gov, with: {car: A1, fault: 发动机}}
  - {wait: 2h, expect: {sent: [hurry], owner: boss}}
  - {act: accept, by: employee:wang, expect: {due: 2026-03-03 11:00}}
"""
    assert failures(played(tmp_path, story)) == []


def test_a_machine_that_gives_up_fails_the_story(tmp_path: Path) -> None:
    """An incident that no step expects is a failure in its own words; one that is expected is none."""
    story = """\
scenario: s
steps:
  - {submit: repair, by: customer:gov, with: {car: A1, fault: 发动机}}
  - {act: accept, by: employee:zhang, expect: {node: working}}
  - {act: finish, by: employee:zhang, with: {price: 1}}
"""
    app = shop(tmp_path, story)
    text = (tmp_path / "app.yaml").read_text(encoding="utf-8")
    broken = text.replace("at: =now}}}]", 'at: "=now + 24h / (finish.price - 1)"}}}]')
    assert broken != text
    (tmp_path / "app.yaml").write_text(broken, encoding="utf-8")
    (told,) = failures(play(load_app(app.source.root)))
    assert told[:2] == (3, broken.splitlines().index("  - {act: finish, by: employee:zhang, with: {price: 1}}") + 1)
    assert "流程出错" in told[4]
    expected = broken.replace("with: {price: 1}}", "with: {price: 1}, expect: {incident: true}}")
    (tmp_path / "app.yaml").write_text(expected, encoding="utf-8")
    assert failures(play(load_app(tmp_path))) == []


def test_cases_can_be_told_apart(tmp_path: Path) -> None:
    """With `as` and `case` two cases are gone through in turn."""
    story = """\
scenario: s
steps:
  - {submit: repair, by: customer:gov, as: one, with: {car: A1, fault: 发动机}}
  - {submit: repair, by: customer:zhao, as: two, with: {car: A2, fault: 漆面}, expect: {owner: boss}}
  - {act: accept, by: employee:zhang, case: one, expect: {node: working, car: A1}}
  - {wait: 1m, case: two, expect: {node: waiting, car: A2}}
"""
    assert failures(played(tmp_path, story)) == []


def test_coverage_counts_asserted_steps_only(tmp_path: Path) -> None:
    """The same story without expectations covers nothing; with one at its end, only what that step brought about."""
    silent = """\
scenario: silent
steps:
  - {submit: repair, by: customer:gov, with: {car: A1, fault: 发动机}}
  - {wait: 15m}
  - {act: accept, by: employee:zhang}
"""
    report = played(tmp_path, silent)
    assert {str(share) for share in report.coverage["repair"].values()} == {"0/4", "0/3", "0/2", "0/0"}
    asserted = silent.replace("by: employee:zhang}", "by: employee:zhang, expect: {node: working}}")
    shares = played(tmp_path, asserted).coverage["repair"]
    assert shares["nodes"].covered == {"working"}
    assert shares["exits"].covered == {"waiting.accept"}
    assert shares["timeouts"].covered == set()


def test_a_refusal_covers_only_the_check_that_spoke(tmp_path: Path) -> None:
    """A step refused for another reason, or one that expects nothing, covers no refusal of a check."""
    missing = """\
scenario: s
steps:
  - {submit: repair, by: customer:gov, with: {fault: 漆面}, expect: {refused: 车辆}}
"""
    silent = """\
scenario: s
steps:
  - {submit: repair, by: customer:gov, with: {car: A1, fault: 刹车}}
"""
    asserted = silent.replace("fault: 刹车}", "fault: 刹车}, expect: {refused: 请拍照}")
    covered = [played(tmp_path, s).coverage["repair"]["checks_refused"].covered for s in (missing, silent, asserted)]
    assert covered == [frozenset(), frozenset(), {"submit.checks[0]"}]


def test_a_check_that_does_not_apply_was_not_tried(tmp_path: Path) -> None:
    """A check with a `when` counts as held only for a form to which it applies."""
    story = """\
scenario: s
steps:
  - {submit: repair, by: customer:gov, with: {car: A1, fault: 漆面}, expect: {node: waiting}}
"""
    held = played(tmp_path, story).coverage["repair"]["checks_held"]
    assert (held.all, held.covered) == (("submit.checks[0]", "working.finish.checks[0]"), frozenset())
    with_photo = story.replace("fault: 漆面", "fault: 刹车, photos: [a.jpg]")
    assert played(tmp_path, with_photo).coverage["repair"]["checks_held"].covered == {"submit.checks[0]"}


def test_coverage_names_what_is_missing(tmp_path: Path) -> None:
    """A whole story covers nodes, exits, timeouts and checks both ways; what it left out stands by name."""
    shares = played(tmp_path, WHOLE).coverage["repair"]
    assert {kind: share.missing for kind, share in shares.items()} == {
        "nodes": (),
        "exits": (),
        "timeouts": ("waiting.timeouts[1]", "waiting.timeouts[2]"),
        "answered": (),
        "failed": (),
        "joined": (),
        "checks_held": (),
        "checks_refused": (),
    }


def test_a_name_that_no_scenario_has_is_a_failure(tmp_path: Path) -> None:
    """Asking for a story that is not there is answered, with the one probably meant; the others are not played."""
    report = play(shop(tmp_path, WHOLE), ["刹车坏"])
    assert not report.ok
    assert [p.name for p in report.played] == ["刹车坏"]
    assert "刹车坏了" in report.played[0].failures[0].found


def test_progress_is_told_and_json_is_plain(tmp_path: Path) -> None:
    """`on_progress` hears of each scenario; the report can be printed as JSON."""
    heard: list[tuple[int, int]] = []
    report = play(shop(tmp_path, WHOLE), on_progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 1)]
    assert json.loads(json.dumps(report.as_json()))["ok"] is True


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each scenario's database is gone when it has been played."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    (tmp_path / "app").mkdir()
    played(tmp_path / "app", WHOLE)
    assert list(scratch.iterdir()) == []


FOUND = "[hurry → employee:zhang: X20260302-001 请接单]"


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("[{notification: hurry, to: employee:zhang}]", None),
        ("{notification: hurry, to: [=owner], text: 001 请}", None),
        ("[{notification: hurry, to: []}]", FOUND),
        ("[{notification: hurry, to: [employee:zhang, employee:wang]}]", FOUND),
        ("[{notification: hurry, text: 请快}]", FOUND),
        ("[hurry, {notification: hurry, to: employee:zhang}]", FOUND),
    ],
)
def test_who_got_a_message_can_be_expected(tmp_path: Path, expected: str, found: str | None) -> None:
    """All whom it went to, and words of its text; each message that was sent stands for one that was expected."""
    story = f"""\
scenario: s
given: {{now: "2026-03-02 09:00"}}
steps:
  - {{submit: repair, by: customer:gov, with: {{car: A1, fault: 发动机}}}}
  - {{wait: 15m, expect: {{sent: {expected}}}}}
"""
    assert [f[4] for f in failures(played(tmp_path, story))] == ([] if found is None else [found])
