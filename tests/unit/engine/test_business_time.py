"""Deadlines in business time: by the calendar of the case's unit, over stages and pauses, with a sum people can check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowkit.app.load import load_app
from flowkit.calendars.calendar import Calendar
from flowkit.calendars.hours import read_week
from flowkit.engine.case import Deadline, deadlines
from flowkit.engine.command import Command
from flowkit.engine.counting import Counted
from flowkit.values.durations import BusinessDuration
from tests.unit.engine.shop import Business

Make = Callable[..., Business]
ZONE = ZoneInfo("Asia/Shanghai")

CALENDAR = Calendar(ZONE, read_week("mon-fri 08:30-12:00 13:30-17:30; sat 09:00-12:00"), "CN")

PARTS = """
app: 配件公司
catcher: 经理
calendar: {holidays: CN, mon-fri: ["08:30-12:00", "13:30-17:30"], sat: "09:00-12:00"}
roles: {经理: {}, 文员: {}}
units: {entity: 门店, parent: 上级, calendar: 营业}
staff: {entity: 员工, roles: 角色}
channels: {console: {preset: console}}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: role}
rows: [{工号: boss, 角色: 经理}, {工号: li, 角色: 文员}]
---
entity: 门店
key: 名
fields: {名: text, 上级: {type: reference, entity: 门店}, 营业: hours}
rows:
  - {名: 总部}
  - {名: 滨江, 营业: "mon-sun 10:00-20:00"}
  - {名: 滨江一部, 上级: 滨江}
---
workflow: 订货
from: {门店: {type: reference, entity: 门店}, 急: switch, 何时: datetime}
unit: =门店
fields: {用时: number}
stages:
  全程: {nodes: all, timeouts: [{after: 3 business days, escalate: 经理}]}
nodes:
  下单:
    owner: 文员
    actions: {缺货: {to: 等货}, 到货: {do: [{set: {用时: "=business_hours(case.created, now)"}}], to: 完成}}
    timeouts:
      - {after: "=急 ? 1 business hours : 10 business hours", escalate: 经理, repeat: 3, every: 1 business days}
  等货:
    clock: paused
    owner: 文员
    actions: {到货: {to: 下单}}
    timeouts: [{after: 1d, escalate: 经理}]
  完成: {end: done}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def submitted(business: Make, moment: str, **values: object) -> Business:
    made = business(PARTS, "订货")
    made.now = at(moment)
    return made.submit(by="员工:li", **values)


def due(made: Business, name: str) -> datetime:
    (found,) = [d.due.astimezone(ZONE) for d in deadlines(made.case) if d.name == name]
    return found


def why(made: Business, name: str) -> tuple[str, ...]:
    (found,) = [d.why for d in deadlines(made.case) if d.name == name]
    return found


def test_a_sum_that_people_can_check(business: Make) -> None:
    """Ten business hours from Friday the 13th at half past four: each stretch, the make-up Saturday, the holiday, the end."""
    made = submitted(business, "2026-02-13 16:30")
    assert due(made, "1") == at("2026-02-24 10:00")
    assert why(made, "1") == (
        "进入 2026-02-13 16:30",
        "+ 10 个工作小时（急 ? 1 business hours : 10 business hours）",
        "02-13 周五 16:30–17:30 计 1 小时",
        "02-14 周六(调休上班) 08:30–12:00 13:30–17:30 计 7 小时 30 分钟",
        "02-15 至 02-23 放假(农历除夕、春节),不计",
        "02-24 周二 08:30–10:00 计 1 小时 30 分钟",
        "= 2026-02-24 10:00",
    )
    assert why(made, "全程/1")[2:] == (
        "第 1 个工作日 02-14 周六(调休上班)",
        "02-15 至 02-23 放假(农历除夕、春节),不计",
        "第 2 个工作日 02-24 周二",
        "第 3 个工作日 02-25 周三",
        "= 2026-02-25 16:30",
    )


def test_a_unit_has_hours_of_its_own(business: Make) -> None:
    """A shop that is open every day counts by its own hours, and so does a unit below it; others follow the app."""
    evening = "2026-03-06 19:30"
    assert due(submitted(business, evening, 急=True, 门店="滨江"), "1") == at("2026-03-07 10:30")
    assert due(submitted(business, evening, 急=True, 门店="滨江一部"), "1") == at("2026-03-07 10:30")
    assert due(submitted(business, evening, 急=True, 门店="总部"), "1") == at("2026-03-07 10:00")
    assert due(submitted(business, evening, 急=True), "1") == at("2026-03-07 10:00")


def test_a_pause_counts_as_long_as_it_was_open(business: Make) -> None:
    """Waiting from Monday at ten to Tuesday at eleven is eight and a half open hours: three working days end so much later, and say where."""
    made = submitted(business, "2026-03-02 09:00")
    assert due(made, "全程/1") == at("2026-03-05 09:00")
    made.now = at("2026-03-02 10:00")
    made.act("缺货", "员工:li")
    made.now = at("2026-03-03 11:00")
    made.act("到货", "员工:li")
    assert due(made, "全程/1") == at("2026-03-06 10:00")
    assert why(made, "全程/1")[-4:] == (
        "+ 暂停 1 天 1 小时（2026-03-02 10:00 起）,其中工作时间 8 小时 30 分钟",
        "03-05 周四 09:00–12:00 13:30–17:30 计 7 小时",
        "03-06 周五 08:30–10:00 计 1 小时 30 分钟",
        "= 2026-03-06 10:00",
    )


def test_a_pause_over_a_closed_weekend_changes_nothing(business: Make) -> None:
    """Whoever waits while nobody works loses nothing and gains nothing."""
    made = submitted(business, "2026-03-06 09:00")
    before = due(made, "全程/1")
    made.now = at("2026-03-07 12:00")
    made.act("缺货", "员工:li")
    made.now = at("2026-03-09 08:30")
    made.act("到货", "员工:li")
    assert due(made, "全程/1") == before


def test_repetitions_are_counted_in_business_time(business: Make) -> None:
    """Each repetition comes one working day after the one before, at the same time, and the history says which it is."""
    made = submitted(business, "2026-03-05 09:00", 急=True)
    fired = []
    for _ in range(4):
        fired.append(due(made, "1"))
        made.wait(fired[-1] - made.now)
    assert fired == [at(f"2026-03-{day} 10:00") for day in ("05", "06", "07", "09")]
    assert not [d for d in deadlines(made.case) if d.name == "1"]


def test_repetitions_that_were_missed_are_not_made_up_for(business: Make) -> None:
    """After two working days of silence one repetition comes, not three."""
    made = submitted(business, "2026-03-02 09:00", 急=True)
    made.wait(due(made, "1") - made.now)
    made.now = at("2026-03-05 09:59")
    (stood,) = [d for d in deadlines(made.case) if d.name == "1"]
    made.do(Command("timeout", "c1", "system:timer", {"deadline": stood.name, "visit": stood.visit, "n": stood.n}))
    assert (due(made, "1"), [e.data.get("skipped") for e in made.events if e.kind == "fired"]) == (
        at("2026-03-05 10:00"),
        [None, 1],
    )


def test_business_hours_between_two_moments(business: Make) -> None:
    """`business_hours(from, to)` counts as deadlines do."""
    made = submitted(business, "2026-02-13 16:30")
    made.now = at("2026-02-24 09:30")
    made.act("到货", "员工:li")
    assert Decimal(made.case.values["用时"]) == Decimal("9.5")


def test_a_provisional_year_is_told_in_the_sum(business: Make) -> None:
    """A deadline over a new year whose holidays nobody knows yet says so."""
    made = submitted(business, "2026-12-30 10:00")
    assert "2027 年的放假安排尚未公布,暂按法定节日计算" in why(made, "全程/1")


def test_a_long_sum_is_cut_in_the_middle(business: Make) -> None:
    """A sum of many days tells its beginning, its end, and how many lines were left out."""
    made = business(PARTS.replace("10 business hours", "400 business hours"), "订货")
    made.submit(by="员工:li")
    assert len(why(made, "1")) < 20
    assert any("行略" in line for line in why(made, "1"))


@given(
    st.datetimes(datetime(2026, 1, 5), datetime(2026, 11, 1)),
    st.one_of(
        st.builds(BusinessDuration, st.integers(1, 9), st.just("days")),
        st.timedeltas(timedelta(microseconds=1), timedelta(days=30)),
    ),
)
def test_how_a_deadline_was_counted_survives_the_store(since: datetime, span: object) -> None:
    """A deadline read from its stored form counts as before; one of earlier versions reads as round the clock."""
    counted = Counted(since.replace(tzinfo=ZONE), span)  # type: ignore[arg-type]
    stood = Deadline("1", 1, 0, at("2026-03-02 09:00"), ("x",), counted)
    read = Deadline.from_json(stood.as_json())
    assert (str(read.counted.span), read.counted.since) == (str(counted.span), counted.since)  # type: ignore[union-attr]
    plain = Deadline("1", 1, 0, at("2026-03-02 09:00"), ("x",))
    assert plain.as_json().keys() == {"name", "visit", "n", "due", "why"}
    assert Deadline.from_json(plain.as_json()).counted is None


def test_a_pause_is_told_by_the_calendar_itself(business: Make) -> None:
    """What is left when the clock stops is what is left when it goes on: counted by the calendar, not by the engine."""
    made = submitted(business, "2026-02-12 15:00")
    made.now = at("2026-02-13 17:00")
    left = CALENDAR.between(made.now, due(made, "全程/1"))
    made.act("缺货", "员工:li")
    made.now = at("2026-02-26 21:00")
    made.act("到货", "员工:li")
    assert CALENDAR.between(made.now, due(made, "全程/1")) == left
    assert made.history_folds()


def test_a_suspended_case_goes_on_with_what_was_left(business: Make) -> None:
    """Suspended on Monday at ten, resumed on Wednesday at ten: the deadline is later by the open hours in between."""
    made = submitted(business, "2026-03-02 09:00")
    made.now = at("2026-03-02 10:00")
    made.act("suspend", "员工:boss", reason="等答复")
    made.now = at("2026-03-04 10:00")
    made.act("resume", "员工:boss", reason="已答复")
    assert due(made, "1") == at("2026-03-05 11:30")
    assert any("挂起" in line and "其中工作时间 15 小时" in line for line in why(made, "1"))


@pytest.mark.parametrize("moment", ["2026-03-02 12:30", "2026-03-02 22:00", "2026-03-08 10:00"])
def test_what_begins_outside_hours_says_so(business: Make, moment: str) -> None:
    """Counting that begins with the next opening is told as such."""
    assert why(submitted(business, moment), "1")[2].startswith("不在上班时间,等到 03-0")


@pytest.mark.parametrize(("moment", "first"), [("2026-02-14 20:00", "02-15"), ("2026-02-17 02:00", "02-17")])
def test_holidays_before_counting_begins_are_told(business: Make, moment: str, first: str) -> None:
    """Whoever comes in the evening before the festival, or during it, reads why counting begins only after it."""
    lines = why(submitted(business, moment), "1")[2:4]
    assert lines[0].startswith(f"{first} 至 02-23 放假(")
    assert lines[1] == "不在上班时间,等到 02-24 周二 08:30 起算"


def test_in_another_unit_its_hours_hold(business: Make) -> None:
    """A case that is moved to a shop with other hours has its deadlines counted by these, and its history says so."""
    made = submitted(business, "2026-03-06 16:30", 门店="总部")
    assert due(made, "1") == at("2026-03-09 16:00")
    made.act("move", "员工:boss", unit="滨江", reason="就近")
    assert due(made, "1") == at("2026-03-07 16:30")
    assert (made.last("due_changed")["because"], made.history_folds()) == ("unit", True)
    assert "按现在的日历重新计算: 自 2026-03-06 16:30" in why(made, "1")


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 3000)), min_size=1, max_size=4), st.booleans())
def test_whatever_stands_still_is_added_in_business_time(pauses: list[tuple[int, int]], suspend: bool) -> None:
    """However often the clock stands still: until it is due it is open as long as was agreed, and as long as it stood."""
    stop, go_on = ("suspend", "resume") if suspend else ("缺货", "到货")
    with TemporaryDirectory() as folder:
        text = PARTS.replace("3 business days", "400 business hours").replace("10 business hours", "390 business hours")
        (Path(folder) / "app.yaml").write_text(text.replace("{after: 1d, escalate", "{after: 90d, escalate"))
        made = Business(load_app(folder), "订货")
    made.now = at("2026-02-10 09:10")
    made.submit(by="员工:li")
    begun, stood = made.now, timedelta(0)
    reason = {"reason": "等"} if suspend else {}
    for first, second in pauses:
        made.now += timedelta(minutes=first)
        since = made.now
        made.act(stop, "员工:boss" if suspend else "员工:li", **reason)
        made.now += timedelta(minutes=second)
        stood += CALENDAR.between(since, made.now)
        made.act(go_on, "员工:boss" if suspend else "员工:li", **reason)
    assert CALENDAR.between(begun, due(made, "全程/1")) == timedelta(hours=400) + stood
    assert made.history_folds()
