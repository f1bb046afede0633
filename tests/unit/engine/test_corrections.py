"""Deadlines keep up with what they are read from: a field that is corrected, a form that is answered again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowkit.app.load import load_app
from flowkit.engine import decide, recounting
from flowkit.engine.case import Deadline, deadlines, stopped
from flowkit.engine.command import Command
from tests.unit.engine.shop import Business

Make = Callable[..., Business]

VISITS = """
app: 上门
timezone: UTC
catcher: 主管
calendar: {mon-fri: "09:00-17:00"}
roles: {主管: {may: [suspend, resume]}, 师傅: {}}
staff: {entity: 员工, roles: 角色}
channels: {console: {preset: console}}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: role}
rows: [{工号: boss, 角色: 主管}, {工号: li, 角色: 师傅}]
---
workflow: 上门
from: {约定: {type: datetime, required: false}, 级别: text, 备注: text, 宽限: duration}
fields: {提前: duration}
stages:
  全程:
    nodes: all
    timeouts:
      - {after: "=宽限 ?? 10h", escalate: 主管}
      - {at: "=(约定 ?? case.created) + 2d", escalate: 主管}
nodes:
  预约:
    owner: 师傅
    actions:
      改约: {edit: [约定]}
      改约并等: {edit: [约定], to: 等客户}
      改级别: {edit: [级别, 备注]}
      改宽限: {edit: [宽限]}
      再约: {form: {何时: {type: datetime, required: true}}}
      催: {do: [{set: {提前: "=2h"}}]}
      等: {to: 等客户}
      做完: {to: 完成}
    timeouts:
      - {at: "=(再约.何时 ?? 约定 ?? now + 1d) - (提前 ?? 0h)", escalate: 主管, repeat: 3, every: 1h}
      - {after: "=级别 == '急' ? 2h : 4h", escalate: 主管}
      - {after: "=级别 == '急' ? 1 business hours : 3 business hours", escalate: 主管}
  等客户:
    owner: 师傅
    clock: paused
    actions: {改约: {edit: [约定]}, 改宽限: {edit: [宽限]}, 回来: {to: 预约}}
    timeouts: [{after: 90d, escalate: 主管}]
  完成: {end: done}
"""
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LI, BOSS = "员工:li", "员工:boss"


def begun(business: Make, **values: object) -> Business:
    made = business(VISITS, "上门")
    made.now = START
    return made.submit(by=LI, **values)


def of(made: Business, name: str) -> Deadline:
    (found,) = [d for d in deadlines(made.case) if d.name == name]
    return found


def due(made: Business, name: str) -> str:
    return of(made, name).due.strftime("%d %H:%M")


def fire(made: Business, name: str, n: int = 0, visit: int | None = None) -> Business:
    data = {"deadline": name, "visit": visit or made.case.visit, "n": n}
    return made.do(Command("timeout", "c1", "system:timer", data))


def fired(made: Business, name: str) -> list[tuple[int, str]]:
    return [
        (e.data["n"], e.at.strftime("%d %H:%M"))
        for e in made.events
        if e.kind == "fired" and e.data["deadline"] == name
    ]


def test_an_edited_field_moves_the_deadlines_that_read_it_and_no_others(business: Make) -> None:
    """In the same step, with the new sum; what does not read it is not touched."""
    made = begun(business, 约定="2026-03-03 14:00")
    others = [of(made, name) for name in ("2", "3", "全程/1")]
    made.act("改约", LI, 约定="2026-03-05 10:00")
    assert (due(made, "1"), due(made, "全程/2")) == ("05 10:00", "07 10:00")
    assert [of(made, name) for name in ("2", "3", "全程/1")] == others
    changed = made.last("due_changed")
    assert (changed["because"], {d["name"] for d in changed["deadlines"]}) == ("values", {"1", "全程/2"})
    assert of(made, "1").why[0].startswith("2026-03-05 10:00（(再约.何时 ?? 约定")
    assert made.history_folds()


def test_an_answered_form_and_a_set_field_move_them_too(business: Make) -> None:
    """What is answered or worked out without leaving the node counts like what is edited."""
    made = begun(business, 约定="2026-03-03 14:00")
    made.act("再约", LI, 何时="2026-03-04 09:00")
    assert due(made, "1") == "04 09:00"
    made.act("催", LI)
    assert due(made, "1") == "04 07:00"
    assert made.kinds().count("due_changed") == 2


def test_a_length_counts_from_where_it_always_did(business: Make) -> None:
    """`after` is counted again from entering, round the clock and in business time."""
    made = begun(business)
    assert (due(made, "2"), due(made, "3")) == ("02 13:00", "02 12:00")
    made.now += timedelta(minutes=30)
    made.act("改级别", LI, 级别="急")
    assert (due(made, "2"), due(made, "3")) == ("02 11:00", "02 10:00")
    assert of(made, "3").why[-2:] == ("03-02 周一 09:00–10:00 计 1 小时", "= 2026-03-02 10:00")


@pytest.mark.parametrize("values", [{"备注": "门卫有钥匙"}, {"级别": "缓"}])
def test_what_comes_to_the_same_moment_says_nothing(business: Make, values: dict[str, str]) -> None:
    """An edit of another field, or one after which the length is the same, leaves the history as it is."""
    made = begun(business, 级别="常").act("改级别", LI, **values)
    assert "due_changed" not in made.kinds()


def test_a_moment_that_has_become_past_fires_next_and_once(business: Make) -> None:
    """It fires when somebody looks, as the next repetition that is due; those that were missed are not made up for."""
    made = begun(business, 约定="2026-03-03 14:00")
    made.now += timedelta(hours=3, minutes=30)
    made.act("改约", LI, 约定="2026-03-02 10:00")
    assert of(made, "1").due < made.now
    fire(made, "1")
    assert (fired(made, "1"), of(made, "1").n, due(made, "1")) == ([(0, "02 12:30")], 3, "02 13:00")
    fire(made, "1")
    assert len(fired(made, "1")) == 1


def test_nothing_that_has_fired_fires_again(business: Make) -> None:
    """Later repetitions follow the new moment; one that has come stays come."""
    made = begun(business, 约定="2026-03-02 10:00").wait(timedelta(hours=2, minutes=10))
    assert fired(made, "1") == [(0, "02 10:00"), (1, "02 11:00")]
    made.act("改约", LI, 约定="2026-03-04 10:00")
    assert (of(made, "1").n, due(made, "1")) == (2, "04 12:00")
    assert "第 3 次" in of(made, "1").why
    made.wait(timedelta(days=4))
    assert [n for n, _ in fired(made, "1")] == [0, 1, 2, 3]
    made.act("改约", LI, 约定="2026-03-09 10:00")
    assert not [d for d in deadlines(made.case) if d.name == "1"]


def test_a_timer_of_the_old_moment_comes_too_early(business: Make) -> None:
    """A timer that was found due before the appointment was put off is judged by the new moment."""
    made = begun(business, 约定="2026-03-03 14:00")
    made.act("改约", LI, 约定="2026-03-05 10:00")
    made.now = datetime(2026, 3, 3, 14, tzinfo=UTC)
    fire(made, "1")
    assert not fired(made, "1")


def test_what_stood_still_is_not_forgotten(business: Make) -> None:
    """A length that changes keeps the pause and the suspension before it, and its sum shows them."""
    made = begun(business)
    made.now += timedelta(hours=1)
    made.act("等", LI)
    made.now += timedelta(hours=5)
    made.act("回来", LI)
    made.act("suspend", BOSS, reason="停电")
    made.now += timedelta(hours=2)
    made.act("resume", BOSS, reason="来电")
    assert due(made, "全程/1") == "03 02:00"
    made.act("改宽限", LI, 宽限="20h")
    assert due(made, "全程/1") == "03 12:00"
    assert [line for line in of(made, "全程/1").why if line.startswith("+")] == [
        "+ 20 小时（宽限 ?? 10h）",
        "+ 暂停 5 小时（2026-03-02 10:00 起）",
        "+ 挂起 2 小时（2026-03-02 15:00 起）",
    ]
    assert made.history_folds()


def test_business_time_keeps_what_stood_still_too(business: Make) -> None:
    """Three open hours instead of one, and the open hour for which the case was suspended."""
    made = begun(business, 级别="急")
    made.now += timedelta(minutes=30)
    made.act("suspend", BOSS, reason="停电")
    made.now += timedelta(hours=1)
    made.act("resume", BOSS, reason="来电")
    assert due(made, "3") == "02 11:00"
    made.act("改级别", LI, 级别="常")
    assert due(made, "3") == "02 13:00"
    assert of(made, "3").why[-3:] == (
        "+ 挂起 1 小时（2026-03-02 09:30 起）,其中工作时间 1 小时",
        "03-02 周一 12:00–13:00 计 1 小时",
        "= 2026-03-02 13:00",
    )
    assert made.history_folds()


def test_a_reminder_that_moves_into_quiet_hours_waits(business: Make) -> None:
    """What is said anew to fall into the night is said in the morning, like what was set so at first."""
    text = VISITS.replace("catcher: 主管\n", 'catcher: 主管\nquiet: "22:00-06:00"\n')
    text = text.replace(
        "escalate: 主管, repeat: 3, every: 1h", "notify: {to: owner, text: 快到了}, repeat: 3, every: 1h"
    )
    made = business(text, "上门")
    made.now = START
    made.submit(by=LI, 约定="2026-03-03 14:00").act("改约", LI, 约定="2026-03-03 23:00")
    assert due(made, "1") == "04 06:00"
    assert of(made, "1").why[-1] == "免打扰时段,等到 2026-03-04 06:00"


def test_what_changes_while_the_clock_stands_still_holds_when_it_goes_on(business: Make) -> None:
    """A longer length has the whole pause added; a moment that was said during the pause only what came after that."""
    made = begun(business, 约定="2026-03-03 14:00")
    made.now += timedelta(hours=1)
    made.act("等", LI)
    made.now += timedelta(hours=5)
    made.act("改宽限", LI, 宽限="20h")
    made.act("改约", LI, 约定="2026-03-05 10:00")
    assert made.history_folds()
    made.now += timedelta(hours=3)
    made.act("回来", LI)
    assert (due(made, "全程/1"), due(made, "全程/2")) == ("03 13:00", "07 13:00")


def test_what_is_edited_on_the_way_out_counts_for_what_stands_still(business: Make) -> None:
    """An edit by an exit that leads to a paused node moves the stage's deadline, and it stands still from then on."""
    made = begun(business, 约定="2026-03-03 14:00")
    made.act("改约并等", LI, 约定="2026-03-05 10:00")
    made.now += timedelta(hours=3)
    made.act("回来", LI)
    assert due(made, "全程/2") == "07 13:00"


def test_what_entering_works_out_late_counts(business: Make) -> None:
    """A field that is set after the first message, when the deadlines stand already, moves them in the same step."""
    text = VISITS.replace("  预约:\n", "  预约:\n    do: [{notify: {to: owner, text: 来了}}, {set: {级别: 急}}]\n")
    made = business(text, "上门")
    made.now = START
    made.submit(by=LI)
    assert due(made, "2") == "02 11:00"


EMPTY = VISITS.replace('"=(再约.何时 ?? 约定 ?? now + 1d) - (提前 ?? 0h)"', '"=约定 - (提前 ?? 0h)"')


def test_a_moment_that_has_become_empty_leaves_the_deadline_and_somebody_looks(business: Make) -> None:
    """The edit is accepted, the deadline stays as it was, the case can go on, and a good value sets it right."""
    made = business(EMPTY, "上门")
    made.now = START
    made.submit(by=LI, 约定="2026-03-03 14:00").act("改约", LI, 约定=None)
    assert made.case.values["约定"] is None
    assert due(made, "1") == "03 14:00"
    assert made.case.incident is not None
    assert "2026-03-03 14:00 没有重新计算: “约定 - (提前 ?? 0h)”是空的" in made.case.incident["message"]
    assert not stopped(made.case)
    known = made.case.incident
    made.act("催", LI)
    assert made.case.incident == known
    made.act("改约", LI, 约定="2026-03-05 10:00")
    assert due(made, "1") == "05 08:00"
    made.retry(BOSS)
    assert made.case.incident is None
    assert made.history_folds()


def test_what_a_machine_gave_up_on_before_stays_to_be_tried_again(business: Make) -> None:
    """An exit that fails after its edit was accepted keeps its own retry beside the deadline that cannot be told."""
    failing = EMPTY.replace(
        "改约: {edit: [约定]}\n", '改约: {edit: [约定], do: [{set: {提前: "=1h / (empty(约定) ? 0 : 1)"}}]}\n', 1
    )
    made = business(failing, "上门")
    made.now = START
    made.submit(by=LI, 约定="2026-03-03 14:00").act("改约", LI, 约定=None)
    incident = made.case.incident
    assert incident is not None
    assert incident["resume"]["trigger"] == "act:改约"
    assert "没有重新计算" in incident["message"]
    assert stopped(made.case)


def test_claiming_or_handing_over_moves_no_deadline(business: Make) -> None:
    """Whoever gets a task gets it with its deadlines as they stand."""
    made = begun(business, 约定="2026-03-03 14:00").act("claim", LI)
    made.act("hand_over", LI, to=BOSS)
    assert "due_changed" not in made.kinds()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("级别"), st.sampled_from(["急", "常"])),
        st.tuples(st.just("宽限"), st.integers(100, 400)),
        st.tuples(st.just("约定"), st.integers(0, 500)),
        st.tuples(st.just("等"), st.integers(0, 300)),
        st.tuples(st.just("挂起"), st.integers(0, 300)),
        st.tuples(st.just("过"), st.integers(0, 300)),
    ),
    max_size=14,
)


@pytest.fixture(scope="module")
def quiet() -> object:
    with TemporaryDirectory() as folder:
        text = VISITS.replace("repeat: 3, every: 1h", "repeat: 0")
        (Path(folder) / "app.yaml").write_text(text, encoding="utf-8")
        return load_app(folder)


def play(app: object, steps: list[tuple[str, object]]) -> None:
    """Walk a case and compare the stage's deadlines with what is agreed and how long it stood still."""
    made = Business(app, "上门")  # type: ignore[arg-type]
    made.now = START
    made.submit(by=LI, 宽限="200h", 约定="2026-03-20 00:00")
    length, stood = timedelta(hours=200), timedelta(0)
    for what, by in steps:
        match what, by:
            case "级别", str():
                made.act("改级别", LI, 级别=by)
            case "宽限", int():
                length = timedelta(hours=by)
                made.act("改宽限", LI, 宽限=f"{by}h")
            case "约定", int():
                said, before = START + timedelta(hours=by), made.case.values["约定"]
                made.act("改约", LI, 约定=said.isoformat())
                # Saying again what was said moves nothing.
                assert of(made, "1").due == said or made.case.values["约定"] == before
            case "等" | "挂起", int():
                stop, go_on, who = ("等", "回来", LI) if what == "等" else ("suspend", "resume", BOSS)
                given = {"reason": "等"} if what == "挂起" else {}
                if START + length + stood <= made.now:
                    continue
                made.act(stop, who, **given)
                made.now += timedelta(minutes=by)
                made.act(go_on, who, **given)
                stood += timedelta(minutes=by)
            case "过", int():
                made.now += timedelta(minutes=by)
        assert of(made, "全程/1").due == START + length + stood
        assert made.history_folds()


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_a_length_is_always_what_is_agreed_and_what_stood_still(quiet: object, steps: list[tuple[str, object]]) -> None:
    """However often it is corrected, paused and suspended: entered, plus the length as it is now, plus the pauses."""
    play(quiet, steps)


def test_a_pause_that_is_forgotten_is_caught(quiet: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting a corrected length again without the pauses before fails the property above."""
    forget = recounting.anew
    monkeypatch.setattr(
        recounting, "anew", lambda stood, *rest: forget(Deadline(stood.name, stood.visit, stood.n, stood.due), *rest)
    )
    with pytest.raises(AssertionError):
        play(quiet, [("等", 60), ("宽限", 300)])


def test_a_deadline_that_does_not_keep_up_is_caught(quiet: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving deadlines as they were set fails the property above."""
    monkeypatch.setattr(decide, "keep_up", lambda draft, before: None)
    with pytest.raises(AssertionError):
        play(quiet, [("约定", 30)])
