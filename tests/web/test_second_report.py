"""A second report about the same thing: who is about to send it learns of the first, adds to it, or sends his all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flowkit import FlowKit, VirtualClock, load_app
from flowkit.runtime.forms import Beginning, Entering
from flowkit.runtime.under_way import MOST
from flowkit.testing.demo import Trial
from flowkit.web import create_app
from flowkit.web.links import report_path
from tests.shop import NINE
from tests.unit.uploads.made import picture
from tests.web.plain import Plain
from tests.web.trying import somebody

LIFTS = """
app: lifts
catcher: head
roles: {head: {sees: all}, clerk: {sees: all}}
staff: {entity: employee, roles: roles}
customers: {entity: customer, by: phone}
---
entity: employee
key: code
fields: {code: text, roles: {type: list, of: role}}
rows: [{code: boss, roles: [head]}]
---
entity: customer
key: code
fields: {code: text, phone: {type: phone, personal: true}}
---
entity: lift
key: code
fields: {code: text}
rows: [{code: L1}, {code: L2}]
---
form: swap
fields:
  old:   {type: reference, title: 旧梯, entity: lift}
  new:   {type: reference, title: 新梯, entity: lift}
  phone: {type: phone, personal: true}
  what:  {type: text, title: 事由}
  name:  {type: text, title: 姓名, personal: true}
  cost:  {type: text, title: 底价, hidden_from: clerk}
  why:   {type: text, title: 原因, visible: =not empty(new)}
  shots: {type: media, title: 照片, accept: [image]}
---
workflow: swap
from: swap
number: "{{ sequence(4) }}"
nodes:
  do: {owner: head, actions: {finish: {to: done}}, timeouts: [{after: 1h, escalate: head}]}
  done: {end: done}
---
intake: scan
title: 扫码
per: lift
opens: {workflow: swap, with: {old: =row}}
"""

AGAIN = {"fault_type": "门机故障", "description": "门又夹人", "phone": "13800000104"}


@pytest.fixture
def lifts(tmp_path: Path) -> Iterator[FlowKit]:
    (tmp_path / "app.yaml").write_text(LIFTS, encoding="utf-8")
    with FlowKit(load_app(tmp_path), "sqlite://", clock=VirtualClock(NINE)) as kit:
        yield kit


def boss(kit: FlowKit) -> Plain:
    return Plain(create_app(kit, authenticate=lambda _: "employee:boss"))


def reported(trial: Trial, elevator: str = "E008") -> tuple[str, str]:
    """Id and number of a report that somebody is on his way for."""
    report = {"elevator": elevator, "fault_type": "门机故障", "description": "门关不上", "phone": "13800000104"}
    case = trial.kit.submit("repair_order", report, by="customer:P02")
    trial.kit.act(case.id, "assign", {"technician": "wang"}, by="employee:lin")
    return case.id, case.number


def count(trial: Trial) -> int:
    return trial.kit.count(None, workflow="repair_order")


def visitor(trial: Trial, elevator: str) -> Plain:
    pages = create_app(trial.kit, demo=trial)
    return Plain(pages).get(report_path(pages.state.site.signer, "scan", elevator))


def test_a_desk_is_told_before_it_sends_a_second_report(trial: Trial) -> None:
    """Number, when, who, how far: nothing is sent, what was typed stays, and sending it again sends it."""
    _, number = reported(trial)
    desk = somebody(trial, "employee:lin").get("/desk/phone_desk")
    assert "在办" not in desk.words
    desk.send("提交", elevator="E008", **AGAIN)
    assert desk.status == 409
    assert count(trial) == 1
    for said in ("电梯 E008 已有 1 件在办", number, "报的", "已派人，正在赶来", "王磊", "门又夹人"):
        assert said in desk.words + desk.text
    desk.send("提交")
    assert desk.path.startswith("/cases/")
    assert count(trial) == 2


def test_a_desk_is_told_when_the_device_is_chosen(trial: Trial) -> None:
    """Nobody types a whole report to learn that there is one; another device tells of nothing."""
    _, number = reported(trial)
    desk = somebody(trial, "employee:lin").get("/desk/phone_desk")
    desk.send("查找", caller="13800000104").send("E008")
    assert f"补充到 {number}" in desk.text
    desk.send("E009")
    assert "已有" not in desk.words


def test_each_thing_has_its_own_cases_below_it(lifts: FlowKit) -> None:
    """Two fields that hold things: what is under way about the second stands below the second."""
    for given in ({"old": "L1"}, {"old": "L1", "new": "L2"}):
        lifts.submit("swap", given, by="employee:boss")
    page = boss(lifts).get("/new/swap?with.old=L1&with.new=L2")
    assert "旧梯 L1 已有 2 件在办" in page.words
    assert "新梯 L2 已有 1 件在办" in page.words


def test_what_was_typed_is_added_to_the_first_and_no_case_begun(trial: Trial) -> None:
    """The words become a comment there and whoever has it is urged; without any words he is urged alone."""
    case, number = reported(trial)
    desk = somebody(trial, "employee:lin").get("/desk/phone_desk")
    desk.send("提交", elevator="E008", **AGAIN).send(f"补充到 {number}")
    assert desk.path == f"/cases/{case}"
    assert "门又夹人" in desk.words
    trial.push(30)
    desk.get("/desk/phone_desk").send("提交", elevator="E008").send(f"补充到 {number}")
    assert desk.path == f"/cases/{case}"
    assert count(trial) == 1
    kinds = [event.kind for event in trial.kit.history(case)]
    assert kinds.count("commented") == 1
    assert kinds.count("urged") == 2


def test_a_comment_tells_nobody_what_is_not_for_all_to_read(lifts: FlowKit) -> None:
    """Of what was typed, personal values, those hidden from some and those that are not asked stay out of the comment."""
    case = lifts.submit("swap", {"old": "L1"}, by="employee:boss")
    page = boss(lifts).get("/new/swap?with.old=L1")
    page.send("补充到", what="门又响", name="李女士", cost="九百", why="没有问")
    assert page.path == f"/cases/{case.id}"
    (comment,) = lifts.case(case.id).comments
    assert "门又响" in comment.text
    for kept in ("李女士", "九百", "没有问"):
        assert kept not in comment.text


def test_nothing_is_begun_in_place_of_adding_to_what_has_ended(lifts: FlowKit) -> None:
    """Where the case is no longer under way the page says so; what was typed stays, and is sent as usual when he says so."""
    case = lifts.submit("swap", {"old": "L1"}, by="employee:boss")
    page = boss(lifts).get("/new/swap?with.old=L1")
    lifts.act(case.id, "finish", by="employee:boss")
    page.send("补充到", what="门又响")
    assert page.status == 409
    assert "没有补充" in page.words
    assert ("f-what", "门又响") in page.form("提交").values
    assert lifts.count(None) == 1
    page.send("提交")
    assert page.path.startswith("/cases/")
    assert lifts.count(None) == 2


def test_files_are_not_lost_in_adding(lifts: FlowKit) -> None:
    """They do not go along: that is said at their field before anything is added, and they stay until he takes them out."""
    case = lifts.submit("swap", {"old": "L1"}, by="employee:boss")
    page = boss(lifts).get("/new/swap?with.old=L1")
    page.send("补充到", what="门又响", files={"shots": ("a.png", picture("PNG"), "image/png")})
    assert page.status == 422
    assert "照片：照片和文件不会随补充带过去" in page.words
    assert not lifts.case(case.id).comments
    (kept,) = [value for name, value in page.form("提交").values if name == "f-shots.kept"]
    page.send("补充到", **{"f-shots.drop": kept})
    assert page.path == f"/cases/{case.id}"
    assert len(lifts.case(case.id).comments) == 1


def test_what_is_under_way_is_looked_for_once_a_request(lifts: FlowKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the page needs it: when it warns, and when it shows again what was refused."""
    lifts.submit("swap", {"old": "L1"}, by="employee:boss")
    page, asked, alike = boss(lifts).get("/new/swap"), [], lifts.alike

    def counted(*given: Any, **named: Any) -> Any:
        asked.append(given)
        return alike(*given, **named)

    monkeypatch.setattr(lifts, "alike", counted)
    page.send("提交", old="L1")
    assert (page.status, len(asked)) == (409, 1)
    page.send("提交", phone="x")
    assert (page.status, len(asked)) == (422, 2)


def test_the_key_enter_adds_to_nothing(trial: Trial) -> None:
    """It presses the first button of a form: that shows the form again, and neither sends nor takes anything away."""
    reported(trial)
    office = somebody(trial, "employee:lin").get("/new/repair_order?with.elevator=E008")
    names = [name for name, _, _ in office.form("补充到").buttons]
    assert names[0] == "_show"
    assert "_add" in names


def test_the_code_on_a_device_tells_how_far_it_is_and_nothing_else(trial: Trial) -> None:
    """In the words that customers read: no number, no name, no link; reporting goes on as before."""
    _, number = reported(trial)
    page = visitor(trial, "E008")
    assert "已有 1 件在办" in page.words
    assert "已派人，正在赶来" in page.words
    for hidden in (number, "王磊", "补充到"):
        assert hidden not in page.words
    page.send("提交", **AGAIN)
    assert page.path.startswith("/progress/")
    assert count(trial) == 2
    assert "已有" not in visitor(trial, "E009").words


def test_nobody_learns_of_a_device_by_typing_its_number(trial: Trial) -> None:
    """Outside, only the device's own door tells of it; a customer is told of what he sees himself."""
    case, _ = reported(trial)
    kit, given = trial.kit, {"elevator": "E008"}
    assert [each.row for each in kit.alike(Entering("scan", "E008"), None, {})] == [None]
    assert kit.alike(Entering("scan", "E009"), None, given) == ()
    assert kit.alike(Beginning("repair_order"), "customer:P01", given) == ()
    (own,) = kit.alike(Beginning("repair_order"), "customer:P02", given)
    assert own.row is not None
    assert own.row.id == case


def test_cases_that_wait_for_the_customer_hide_no_other(trial: Trial) -> None:
    """However many of them are more urgent, one that is being worked on is told of."""
    for _ in range(MOST):
        case, _ = reported(trial)
        kit = trial.kit
        kit.act(case, "arrive", {"position": "30.2073,120.2079"}, by="employee:wang")
        kit.act(case, "finish", {name: ["a.jpg"] for name in ("fault", "repaired", "nameplate")}, by="employee:wang")
        kit.act(case, "pass", by="employee:zheng")
        items = [{"name": "检修", "kind": "工时", "quantity": "1", "price": "120"}]
        kit.act(case, "settle", {"items": items}, by="employee:qian")
    trial.clock.move(timedelta(days=4))
    case, _ = reported(trial)
    (told,) = trial.kit.alike(Beginning("repair_order"), "employee:lin", {"elevator": "E008"})
    assert told.row is not None
    assert told.row.id == case


def test_staff_learn_of_no_case_that_they_may_not_see(trial: Trial) -> None:
    """Who sees open repairs is told of one; to finance, who sees those that have ended, a device's number tells nothing."""
    reported(trial)
    given = {"elevator": "E008"}
    assert len(trial.kit.alike(Beginning("repair_order"), "employee:lin", given)) == 1
    assert trial.kit.alike(Beginning("repair_order"), "employee:qian", given) == ()


def test_the_same_report_again_is_no_second_one(trial: Trial) -> None:
    """Whoever presses twice, or comes back to the page, is led to what he has begun."""
    desk = somebody(trial, "employee:lin").get("/desk/phone_desk")
    key = dict(desk.form("提交").values)["_key"]
    first = desk.send("提交", elevator="E008", **AGAIN).path
    desk.get("/desk/phone_desk").send("提交", elevator="E008", _key=key, **AGAIN)
    assert desk.path == first
    page = visitor(trial, "E009")
    door, key = page.path, dict(page.form("提交").values)["_key"]
    page.send("提交", **AGAIN)
    again = page.get(door).send("提交", _key=key, _told="", **AGAIN)
    assert again.path.startswith("/progress/")
    assert count(trial) == 2


def test_what_waits_for_the_customer_alone_warns_nobody(trial: Trial) -> None:
    """A repair that is done and waits for a signature is no reason not to report a new fault."""
    case, _ = reported(trial)
    kit = trial.kit
    kit.act(case, "arrive", {"position": "30.2073,120.2079"}, by="employee:wang")
    shots = {name: ["a.jpg"] for name in ("fault", "repaired", "nameplate")}
    kit.act(case, "finish", shots, by="employee:wang")
    assert len(kit.alike(Entering("scan", "E008"), None, {})) == 1
    kit.act(case, "pass", by="employee:zheng")
    items = [{"name": "检修", "kind": "工时", "quantity": "1", "price": "120"}]
    kit.act(case, "settle", {"items": items}, by="employee:qian")
    assert kit.case(case).owner == ("customer:P02",)
    assert kit.alike(Entering("scan", "E008"), None, {}) == ()


def test_a_form_that_went_before_with_something_else_in_it_goes_again_only_when_asked(lifts: FlowKit) -> None:
    """Who goes back in his browser and changes a word finds the form of before: neither is it lost nor sent for him."""
    clerk = boss(lifts).get("/new/swap")
    key = dict(clerk.form("提交").values)["_key"]
    clerk.send("提交", what="换钢丝绳")
    clerk.get("/new/swap").send("提交", what="换曳引轮", _key=key)
    assert clerk.status == 409
    assert "已经提交过一次" in clerk.words
    assert lifts.count(None, workflow="swap") == 1
    clerk.send("提交")
    assert lifts.count(None, workflow="swap") == 2
