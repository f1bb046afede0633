"""Quiet hours: what only reminds waits for the morning; escalations, moves and tasks do not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.calendars.calendar import Calendar
from flowkit.calendars.hours import read_spans
from flowkit.engine.case import deadlines
from flowkit.engine.command import Command
from tests.unit.engine.shop import Business

Make = Callable[..., Business]
ZONE = ZoneInfo("Asia/Shanghai")
SHOP = """
app: 铺子
catcher: 老板
quiet: "22:00-07:00"
roles: {老板: {}, 师傅: {}}
staff: {entity: 员工, roles: 角色}
channels: {console: {preset: console}}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: role}
rows: [{工号: boss, 角色: 老板}, {工号: zhang, 角色: 师傅}]
---
workflow: 工单
from: {事: text}
nodes:
  待接:
    owner: 师傅
    actions: {接单: {to: 完成}}
    timeouts:
      - {after: 30m, notify: {to: owner, text: 请接单}, repeat: 3, every: 1h}
      - {after: 40m, notify: {to: owner, text: 还没人接}, escalate: 老板}
  完成: {end: done}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def submitted(business: Make, moment: str, text: str = SHOP) -> Business:
    made = business(text, "工单")
    made.now = at(moment)
    return made.submit(by="员工:zhang")


def dues(made: Business) -> dict[str, str]:
    return {d.name: d.due.astimezone(ZONE).strftime("%d %H:%M") for d in deadlines(made.case)}


def fired(made: Business) -> list[str]:
    return [e.at.astimezone(ZONE).strftime("%d %H:%M") for e in made.events if e.kind == "fired"]


def test_a_reminder_waits_for_the_morning_and_an_escalation_does_not(business: Make) -> None:
    """At ten to ten the reminder would come at twenty past: it waits until seven, and says so; the boss hears at once."""
    made = submitted(business, "2026-03-02 21:50")
    assert dues(made) == {"1": "03 07:00", "2": "02 22:30"}
    (reminder,) = [d for d in deadlines(made.case) if d.name == "1"]
    assert reminder.why[-1] == "免打扰时段,等到 2026-03-03 07:00"


def test_an_urgent_reminder_does_not_wait(business: Make) -> None:
    """Whoever has somebody in a stuck lift is reminded at night, again and again, beside reminders that wait."""
    urgent = SHOP.replace("every: 1h}", "every: 1h, urgent: true}")
    made = submitted(business, "2026-03-02 21:50", urgent).wait(timedelta(hours=9))
    assert fired(made) == ["02 22:20", "02 22:30", "02 23:20", "03 00:20", "03 01:20"]
    assert made.history_folds()


def test_repetitions_go_on_from_the_morning(business: Make) -> None:
    """What would have been said three times at night is said in the morning, and then every hour."""
    made = submitted(business, "2026-03-02 21:50").wait(timedelta(hours=24))
    assert fired(made) == ["02 22:30", "03 07:00", "03 08:00", "03 09:00", "03 10:00"]


def test_a_repetition_that_falls_into_the_night_waits(business: Make) -> None:
    """One that was said at half past eight in the evening is said again at half past nine, then in the morning."""
    made = submitted(business, "2026-03-02 20:00").wait(timedelta(hours=24))
    assert [moment for moment in fired(made) if moment != "02 20:40"] == [
        "02 20:30",
        "02 21:30",
        "03 07:00",
        "03 08:00",
    ]


def test_a_reminder_that_is_found_due_at_night_waits(business: Make) -> None:
    """A timer of the day that a worker finds only at night disturbs nobody; the history says why it did not come."""
    made = submitted(business, "2026-03-02 20:00")
    made.now = at("2026-03-02 23:00")
    made.do(Command("timeout", "c1", "system:timer", {"deadline": "1", "visit": 1, "n": 0}))
    assert (dues(made)["1"], made.last("due_changed")["because"]) == ("03 07:00", "quiet")
    assert made.history_folds()


STORES = (
    SHOP.replace("roles: {老板", "units: {entity: 门店, parent: 上级, quiet: 免打扰}\nroles: {老板")
    .replace("from: {事: text}", "from: {事: text, 门店: {type: reference, entity: 门店}}\nunit: =门店")
    .replace(
        "---\nworkflow",
        """---
entity: 门店
key: 名
fields: {名: text, 上级: {type: reference, entity: 门店}, 免打扰: hours}
rows:
  - {名: 总部}
  - {名: 夜市, 免打扰: "04:00-12:00"}
  - {名: 夜市一部, 上级: 夜市}
  - {名: 周末, 免打扰: "mon-thu 22:00-07:00; fri 22:00-24:00; sat-sun 00:00-24:00"}
  - {名: 从不, 免打扰: "00:00-24:00"}
---
workflow""",
    )
)


@pytest.mark.parametrize(
    ("store", "due"),
    [
        ("总部", "07 07:00"),
        ("夜市", "06 22:20"),
        ("夜市一部", "06 22:20"),
        ("周末", "09 00:00"),
        ("从不", "07 07:00"),
        (None, "07 07:00"),
    ],
)
def test_a_unit_has_quiet_hours_of_its_own(business: Make, store: str | None, due: str) -> None:
    """On a Friday evening: the unit's own, else those of the unit above, else the app's; never those that never end."""
    made = business(STORES, "工单")
    made.now = at("2026-03-06 21:50")
    made.submit(by="员工:zhang", **({"门店": store} if store else {}))
    assert dues(made) == {"1": due, "2": "06 22:30"}


def test_a_reminder_of_a_unit_waits_by_the_quiet_hours_it_has_when_it_comes(business: Make) -> None:
    """The night market sleeps in the morning, and its reminders wait for noon; the others' do not."""
    for store, due in (("夜市一部", "06 12:00"), ("总部", "06 09:20")):
        made = business(STORES, "工单")
        made.now = at("2026-03-06 08:50")
        made.submit(by="员工:zhang", 门店=store)
        assert dues(made)["1"] == due
        assert made.history_folds()


def test_units_may_be_quiet_where_the_app_is_not(business: Make) -> None:
    """Without quiet hours of the app, units that have none are reminded at night."""
    text = STORES.replace('quiet: "22:00-07:00"\n', "")
    found = {}
    for store in ("总部", "周末"):
        made = business(text, "工单")
        made.now = at("2026-03-05 21:50")
        found[store] = dues(made.submit(by="员工:zhang", 门店=store))["1"]
    assert found == {"总部": "05 22:20", "周末": "06 07:00"}


def test_a_reminder_that_disturbs_is_caught(business: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """With quiet hours that nobody looks at, the properties above fail."""
    monkeypatch.setattr(Calendar, "closing", lambda self, moment: None)
    assert dues(submitted(business, "2026-03-02 21:50"))["1"] == "02 22:20"


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),
    st.sampled_from(["22:00-07:00", "00:00-06:00 22:00-24:00"]),
)
def test_the_end_of_a_quiet_night_is_no_quiet_moment(moment: datetime, quiet: str) -> None:
    """Whenever it is quiet, it is quiet up to the end of that night and not beyond, midnight or not."""
    calendar = Calendar(ZONE, (read_spans(quiet),) * 7)
    begun = moment.replace(tzinfo=ZONE)
    until = calendar.closing(begun)
    assert (until is not None) == calendar.is_open(begun)
    if until is not None:
        assert not calendar.is_open(until)
        assert calendar.between(begun, until) == until - begun
