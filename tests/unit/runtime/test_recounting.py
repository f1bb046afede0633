"""A calendar that has changed: open deadlines are counted again, the history says so, and nothing comes too early."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flowkit import FlowKit, VirtualClock
from flowkit.app.load import load_app
from flowkit.engine import follow_up
from flowkit.runtime.recounting import Recounting
from tests.unit.engine.test_business_time import PARTS

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = '{holidays: CN, mon-fri: ["08:30-12:00", "13:30-17:30"], sat: "09:00-12:00"}'
WORKED = f'{WEEK[:-1]}, overrides: {{"2026-02-16": work, "2026-02-17": work, "2026-02-18": work}}}}'
OFF = f'{WEEK[:-1]}, overrides: {{"2026-02-24": off, "2026-02-25": off}}}}'


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("2026-02-13 16:30"))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'work.db'}"


def kit(folder: Path, url: str, clock: VirtualClock, calendar: str = WEEK) -> FlowKit:
    folder.mkdir(exist_ok=True)
    assert WEEK in PARTS
    (folder / "app.yaml").write_text(PARTS.replace(WEEK, calendar), encoding="utf-8")
    return FlowKit(load_app(folder), url, clock=clock)


def dues(kit: FlowKit, case: str) -> list[str]:
    return [d.due.astimezone(ZONE).strftime("%m-%d %H:%M") for d in kit.case(case).deadlines]


def kinds(kit: FlowKit, case: str) -> list[str]:
    return [event.kind for event in kit.history(case)]


def test_open_deadlines_are_counted_again_and_the_history_says_so(
    tmp_path: Path, url: str, clock: VirtualClock
) -> None:
    """Days of a holiday that are worked after all bring deadlines forward; the sum is that of the new calendar."""
    with kit(tmp_path / "app", url, clock) as before:
        case = before.submit("订货", {}, by="员工:li").id
        assert dues(before, case) == ["02-24 10:00", "02-25 16:30"]
    with kit(tmp_path / "app", url, clock, WORKED) as after:
        line = after.advance().lines[0]
        assert "日历有变,期限重新计算" in line
        assert dues(after, case) == ["02-16 10:00", "02-17 16:30"]
        assert kinds(after, case)[-1] == "due_changed"
        told = "\n".join(after.explain(case).lines)
        assert "日历有变,期限重新计算" in told
        assert "第 2 个工作日 02-16 周一(另行安排)" in told
        assert not after.verify()
        clock.set(at("2026-02-16 10:00"))
        assert "到期" in after.advance().lines[0]


def test_the_same_calendar_is_not_counted_again(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """Opening the app again, or an app without business time, changes nothing."""
    with kit(tmp_path / "app", url, clock) as before:
        case = before.submit("订货", {}, by="员工:li").id
        known = kinds(before, case)
    for calendar in (WEEK, WEEK.replace("holidays: CN", "holidays: CN, checked: 2030")):
        with kit(tmp_path / "app", url, clock, calendar) as again:
            assert again.advance().signals == 0
            assert kinds(again, case) == known


def test_a_deadline_that_moves_back_does_not_come_early(
    tmp_path: Path, url: str, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even before anybody has counted again, a timer that was set by the old calendar waits for the new one."""
    with kit(tmp_path / "app", url, clock) as before:
        case = before.submit("订货", {}, by="员工:li").id
    monkeypatch.setattr(Recounting, "_look", lambda self, inside: None)
    with kit(tmp_path / "app", url, clock, OFF) as after:
        clock.set(at("2026-02-24 10:00"))
        after.advance()
        assert kinds(after, case)[-1] == "due_changed"
        assert "fired" not in kinds(after, case)
        assert "02-26 10:00" in dues(after, case)


def test_a_timer_that_trusts_the_old_calendar_is_caught(
    tmp_path: Path, url: str, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without counting again at the last moment the property above fails."""
    with kit(tmp_path / "app", url, clock) as before:
        case = before.submit("订货", {}, by="员工:li").id
    monkeypatch.setattr(Recounting, "_look", lambda self, inside: None)
    monkeypatch.setattr(follow_up, "recounted", lambda due, world: due)
    with kit(tmp_path / "app", url, clock, OFF) as after:
        clock.set(at("2026-02-24 10:00"))
        after.advance()
        assert "fired" in kinds(after, case)


def test_the_hours_of_a_unit_that_change_are_noticed_at_work(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """Hours that somebody imports while flowkit works count at once for what is open in that unit, and below it."""
    with kit(tmp_path / "app", url, clock) as at_work:
        above = at_work.submit("订货", {"门店": "总部"}, by="员工:li").id
        below = at_work.submit("订货", {"门店": "滨江一部"}, by="员工:li").id
        assert dues(at_work, below)[0] == "02-14 16:30"
        at_work.import_records("门店", [{"名": "滨江", "营业": "mon-sun 10:00-17:00"}])
        at_work.advance()
        assert dues(at_work, below)[0] == "02-24 12:30"
        assert "due_changed" not in kinds(at_work, above)


def test_what_stood_still_goes_on_by_the_new_calendar(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """A stage that was paused when the calendar changed counts what was left by the calendar of when it goes on."""
    with kit(tmp_path / "app", url, clock) as before:
        case = before.submit("订货", {}, by="员工:li").id
        before.act(case, "缺货", by="员工:li")
    clock.set(at("2026-02-14 08:30"))
    with kit(tmp_path / "app", url, clock, OFF) as after:
        after.advance()
        after.act(case, "到货", by="员工:li")
        # Three working days from the 13th are now the 27th; it stood still for one open hour.
        assert dues(after, case)[-1] == "02-27 17:30"
        assert date(2026, 2, 27).weekday() == 4
        assert not after.verify()
