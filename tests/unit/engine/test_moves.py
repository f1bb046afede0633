"""Going from place to place: what failed stays where it failed, kept signals are heard, who was left out is not asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flowkit import DefinitionError, FlowKit, VirtualClock
from flowkit.app.load import load_app
from tests.shop import NINE

APP = """
app: 店
catcher: 老板
channels: {console: {preset: console}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 客户}
roles: {师傅: {title: 师傅}, 老板: {title: 老板}}
---
entity: 员工
key: 号
fields: {号: text, 角色: role, 电话: {type: phone, personal: true}}
rows: [{号: boss, 角色: 老板}, {号: w0, 角色: 师傅, 电话: "13711112222"}, {号: w1, 角色: 师傅}]
---
entity: 客户
key: 号
fields: {号: text}
rows: [{号: li}]
---
entity: 车
key: 牌
fields: {牌: text, 里程: {type: number, min: 0}, 电话: text}
rows: [{牌: A1, 里程: 10}]
---
form: 报修
fields:
  故障: {type: text, required: true}
  电话: {type: phone, personal: true}
  生日: {type: date, personal: true}
  车: {type: reference, entity: 车}
---
workflow: 工单
from: 报修
fields: {备: text, 约: {type: phone, personal: true}}
nodes:
  派:
    owner: {dispatch: {among: 师傅, otherwise: 老板}}
    DO
    actions:
      接: {to: 做, EXIT}
    EVENTS
    timeouts: [{after: 10m, to: 做}]
  做:
    owner: =派.owner
    actions:
      退: {to: 派, not: owner}
      完: {to: 完, LAST}
    EVENTS
    timeouts: [{after: 1d, escalate: 老板}]
  完: {end: done}
"""

Open = Callable[..., FlowKit]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


@pytest.fixture
def open_(tmp_path: Path, clock: VirtualClock) -> Iterator[Open]:
    opened: list[FlowKit] = []

    def kit(do: str = "", exit_: str = "title: 接", last: str = "title: 完", events: str = "") -> FlowKit:
        text = APP.replace("DO", do).replace("EXIT", exit_).replace("LAST", last).replace("EVENTS", events)
        (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
        opened.append(FlowKit(load_app(tmp_path), "sqlite://", clock=clock))
        return opened[-1]

    yield kit
    for one in opened:
        one.close()


def begin(kit: FlowKit, **values: str) -> str:
    return kit.submit("工单", {"故障": "x", "车": "A1", **values}, by="客户:li").id


FAILS = "do: [{record: =车, set: {里程: =车.里程 - 100}}]"


def test_what_failed_is_not_tried_again_once_the_case_has_gone_on(open_: Open, clock: VirtualClock) -> None:
    """Time took it elsewhere: a retry says that the fault is seen to, and does nothing at the new place."""
    kit = open_(exit_=FAILS)
    case = begin(kit)
    assert kit.act(case, "接", by=kit.case(case).owner[0]).incident
    clock.move(timedelta(minutes=11))
    kit.advance(messages=False)
    assert kit.case(case, by=kit.case(case).owner[0]).actions  # it can be worked on meanwhile
    before = len(kit.history(case))
    assert kit.retry(case, by="员工:boss").incident is None
    assert [e.kind for e in kit.history(case)[before:]] == ["resolved"]


def test_a_kept_signal_is_heard_as_a_new_one_is(open_: Open) -> None:
    """Its `when` counts, and one that moves nothing lets the next be heard."""
    kit = open_(
        do="do: [{set: {备: x}}]",
        events="events: {来: {when: 备 == 'y', set: {故障: '=event.n'}}}",
        exit_="set: {备: y}",
    )
    case = begin(kit)
    for n in "12":
        kit.signal(case, "来", {"n": n}, by="connector:x", key=n)
    assert "来" in str(kit.history(case)[-1].data)
    assert kit.act(case, "接", by=kit.case(case).owner[0]).values["故障"] == "2"
    kit.act(case, "退", by=kit.case(case).owner[0])
    kit.signal(case, "来", {"n": "3"}, by="connector:x", key="3")
    assert [e.kind for e in kit.history(case)].count("consumed") == 2
    assert kit.history(case)[-1].kind == "kept"


def test_who_gives_back_is_not_asked_at_the_next_place(open_: Open) -> None:
    """Also where that is not the place at which he gave it back."""
    kit = open_()
    case = begin(kit)
    (first,) = kit.case(case).owner
    kit.act(case, "接", by=first)
    assert kit.act(case, "退", by=first).owner not in ((first,), ())


def test_a_condition_that_cannot_be_judged_hides_its_action_only(open_: Open) -> None:
    """A to-do list is shown whatever stands in one case."""
    kit = open_(exit_="when: number(故障) > 3")
    (worker,) = kit.case(begin(kit)).owner
    assert [task.actions for task in kit.tasks(worker)] == [()]


@pytest.mark.parametrize("setting", ["=车", "=派.owner"])
def test_a_record_is_no_text(open_: Open, setting: str) -> None:
    """What a field cannot hold leaves a fault that people see to, never a crash."""
    kit = open_(exit_=f'set: {{备: "{setting}"}}')
    case = begin(kit)
    assert "应为文字" in (kit.act(case, "接", by=kit.case(case).owner[0]).incident or "")


@pytest.mark.parametrize("exit_", ["set: {约: \"=电话 + '9'\"}", "reassign: =电话"])
def test_a_fault_tells_nothing_personal(open_: Open, exit_: str) -> None:
    """Its words stand in the history, where all can read them."""
    kit = open_(exit_=exit_)
    case = begin(kit, 电话="13899990001")
    incident = kit.act(case, "接", by=kit.case(case).owner[0]).incident
    assert incident
    assert "1389999" not in incident


def test_why_tells_nothing_personal(open_: Open) -> None:
    """Whatever its type and length."""
    score = "do: [{score: {factors: [{when: 生日 < today, points: 1}]}}]"
    kit = open_(do=score)
    case = begin(kit, 生日="1990-01-02")
    (scored,) = [e.data for e in kit.history(case) if e.kind == "scored"]
    assert scored["why"][0]["read"] == {"today": "2026-03-02", "生日": "***"}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"last": "set: {备: \"='电' + 派.owner.电话\"}"}, "派.owner.电话"),
        ({"exit_": "do: [{record: =车, set: {电话: =电话}}]"}, "电话"),
    ],
    ids=["the owner of a place", "a field of the same name elsewhere"],
)
def test_what_is_personal_is_followed_wherever_it_is_reached_from(
    open_: Open, place: dict[str, str], said: str
) -> None:
    """Through places and records, and whatever a field of another entity is called."""
    with pytest.raises(DefinitionError) as refused:
        open_(**place)
    assert [d.code for d in refused.value.diagnostics] == ["personal-in-the-open"]
    assert f'"{said}"' in refused.value.diagnostics[0].message


def test_nothing_is_asked_of_nobody(open_: Open) -> None:
    """A form in an event or a timeout would never be shown."""
    with pytest.raises(DefinitionError) as refused:
        open_(events="events: {来: {form: {a: text}, to: 完}}")
    assert {d.code for d in refused.value.diagnostics} == {"wrong-key"}
