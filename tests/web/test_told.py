"""What pages tell of a case that is late or was returned, and what they keep while somebody looks something up."""

from __future__ import annotations

from datetime import timedelta

from flowkit import load_app
from flowkit.testing.demo import Trial
from flowkit.web import create_app
from flowkit.web.links import progress_path
from tests.web.plain import Plain
from tests.web.trying import ELEVATORS, somebody


def reported(trial: Trial) -> str:
    report = {"elevator": "E008", "fault_type": "门机故障", "description": "门关不上", "phone": "13800000104"}
    return trial.kit.submit("repair_order", report, by="customer:P02").id


def test_a_case_is_late_from_the_first_deadline_that_calls_somebody_in(trial: Trial) -> None:
    """A reminder makes nothing late; handing it on does, and going on ends it; count and list of tasks agree."""
    case = reported(trial)
    trial.push(20)
    assert trial.kit.case(case).late is None
    trial.push(20)
    assert trial.kit.case(case).late is not None
    office = somebody(trial, "employee:lin")
    assert "超时" in office.get("/tasks").words
    assert "超时" in office.get("/views/dispatch_board").words
    assert trial.kit.count_tasks("employee:lin") == len(trial.kit.tasks("employee:lin"))
    trial.kit.act(case, "accept", by="employee:lin")
    assert trial.kit.case(case).late is None
    assert [fault for fault in trial.kit.verify() if fault.case == case] == []


def test_pushing_the_clock_a_day_signs_nobody_out(trial: Trial) -> None:
    """Whoever pushes it is still who he was."""
    office = somebody(trial, "employee:lin").get("/tasks").send("+1 天")
    assert office.get("/tasks").path == "/tasks"


def test_what_a_clerk_has_typed_stays_while_he_looks_who_calls(trial: Trial) -> None:
    """The caller's number goes into the form, and so does the device that is chosen, beside what was typed."""
    office = somebody(trial, "employee:lin").get("/desk/phone_desk")
    office.send("查找", description="门关不上", caller="13800000104")
    assert "门关不上" in office.text
    office.send("E008")
    assert "门关不上" in office.text
    assert ("f-elevator", "E008") in office.form("提交").values
    assert ("f-phone", "13800000104") in office.form("提交").values


def test_a_returned_form_comes_back_as_it_was_and_the_story_says_who_returned_it(trial: Trial) -> None:
    """Not when it is first filled in; once it was returned, with the rows of before; the opinion stands in the story."""
    kit = trial.kit
    case = kit.submit("quote", {"elevator": "E008", "why": "门机该换了"}, by="employee:wang").id
    worker = somebody(trial, "employee:wang").get(f"/cases/{case}/do/submit")
    assert "门机控制器" not in worker.text
    kit.act(case, "submit", {"lines": [{"item": "门机控制器", "amount": "5000"}]}, by="employee:wang")
    kit.act(case, "approve", by="employee:tang")
    kit.act(case, "return", {"opinion": "太贵"}, by="employee:fang")
    worker.get(f"/cases/{case}/do/submit")
    assert ("f-lines.1.item", "门机控制器") in worker.form("提交报价").values
    story = worker.get(f"/cases/{case}").words
    assert "唐勇 同意" in story
    assert "方敏 退回" in story
    assert "太贵" in story


def test_a_case_stands_once_among_the_tasks(trial: Trial) -> None:
    """Who must act and has a copy too sees one card, with what he may do and what he may mark as read."""
    case = reported(trial)
    trial.kit.act(case, "copy", {"to": ["employee:lin"]}, by="employee:lin")
    trial.push(40)
    own = [task.kind for task in trial.kit.tasks("employee:lin") if task.case == case]
    assert len(own) > 1
    words = somebody(trial, "employee:lin").get("/tasks").words
    assert words.count(trial.kit.case(case).number) == 1


def test_what_nobody_owns_tells_for_what_it_waits() -> None:
    """A case whose work a child does is said to wait for it; one that has ended waits for nothing."""
    trial = Trial(load_app(ELEVATORS.parent / "auto_repair"))
    try:
        words = somebody(trial, "员工:客服-1").get("/views/报修看板").words
    finally:
        trial.close()
    assert "等维修单办完" in words
    assert "没有负责人" not in words


def test_a_message_loses_nothing_but_its_link(trial: Trial) -> None:
    """What is sent stands on the page of messages to the last word, where the link begins right behind a sign too."""
    case = reported(trial)
    trial.kit.act(case, "assign", {"technician": "wang"}, by="employee:lin")
    trial.kit.advance()
    page = somebody(trial, "employee:lin").get("/demo/messages").words
    assert "由 王磊 上门处理，进度" in page
    assert "/progress/" not in page


def test_pushing_the_clock_leads_back_to_the_page_with_its_query(trial: Trial) -> None:
    """And to the first page from one that only took a form."""
    office = somebody(trial, "employee:lin").get("/cases?state=all")
    assert office.send("+30 分钟").path == "/cases?state=all"
    office.get("/me").send("设好代理", substitute="employee:chen", since="2026-03-02T09:00", until="0001-01-01T00:00")
    assert "年份要在 2000 到 2200 之间" in office.words
    assert office.send("+30 分钟").status == 200
    assert office.get("/me").status == 200


def test_one_comment_pressed_twice_is_one(trial: Trial) -> None:
    """The form carries a key of its own."""
    case = reported(trial)
    office = somebody(trial, "employee:lin").get(f"/cases/{case}")
    key = next(value for name, value in office.form("评论").values if name == "_key")
    for _ in range(2):
        office.get(f"/cases/{case}").send("评论", text="已经打过电话", _key=key)
    assert [comment.text for comment in trial.kit.case(case).comments] == ["已经打过电话"]


def test_a_board_as_a_list_stays_one(trial: Trial) -> None:
    """A search keeps it, and the way back to the board begins at its beginning."""
    office = somebody(trial, "employee:lin").get("/views/dispatch_board?as=list&after=x")
    assert dict(office.form("查找").values)["as"] == "list"
    assert "after=" not in next(href for href, words in office.links if words == "看板")


def test_what_was_sent_back_says_by_whom_and_why(trial: Trial) -> None:
    """Above the case and its forms, the last who did it; a case that comes to a place for the first time says nothing."""
    kit, case = trial.kit, reported(trial)
    kit.act(case, "assign", {"technician": "wang"}, by="employee:lin")
    kit.act(case, "arrive_by_photo", {"place": [{"name": "a.jpg"}], "note": "地下室"}, by="employee:wang")
    worker = somebody(trial, "employee:wang")
    assert "又回到这里" not in worker.get(f"/cases/{case}").words
    shots = {each: [{"name": f"{each}.jpg"}] for each in ("fault", "repaired", "nameplate")}
    kit.act(case, "finish", shots, by="employee:wang")
    kit.act(case, "reject", {"reason": "铭牌看不清"}, by="employee:zheng")
    for page in (f"/cases/{case}", f"/cases/{case}/do/finish"):
        assert "郑洁 办了“驳回”，又回到这里 铭牌看不清" in worker.get(page).words
    kit.act(case, "finish", shots, by="employee:wang")
    inspector = somebody(trial, "employee:zheng").get(f"/cases/{case}")
    assert "王磊 办了“维修完成”，又回到这里" in inspector.words
    assert "驳回”，又回到这里" not in inspector.words


def test_who_reported_what_is_another_customers_is_not_asked_to_sign_it(trial: Trial) -> None:
    """The elevator is the property company's: a passer-by reads that it waits for the customer, and nothing of 请您."""
    kit = trial.kit
    given = {"fault_type": "门机故障", "description": "门关不上", "phone": "13912345678"}
    case = kit.take_in("scan", given, by=None, record="E008", key="passer-by")
    photos = {name: [f"{name}.jpg"] for name in ("fault", "repaired", "nameplate")}
    bill = {"items": [{"name": "调整", "kind": "工时", "quantity": 1, "price": 100}]}
    kit.act(case.id, "assign", {"technician": "wang"}, by="employee:lin")
    for by, action, values in (
        ("employee:wang", "arrive", {"position": "30.2075,120.2081"}),
        ("employee:wang", "finish", photos),
        ("employee:zheng", "pass", {}),
        ("employee:qian", "settle", bill),
    ):
        kit.act(case.id, action, values, by=by)
    assert case.applicant not in kit.case(case.id).owner
    pages = create_app(kit, demo=trial)
    page = Plain(pages).get(progress_path(pages.state.site.signer, case.id, case.applicant))
    assert "请您" not in page.words
    owner = kit.case(case.id).owner[0]
    assert "请您确认" in Plain(pages).get(progress_path(pages.state.site.signer, case.id, owner)).words


def test_a_substitute_stands_for_the_workflows_that_are_chosen(trial: Trial) -> None:
    """None chosen means all; the page lists for which each stands; what was chosen stays in a form that is refused."""
    office, day = somebody(trial, "employee:lin").get("/me"), trial.kit.clock.now() + timedelta(days=1)
    times = {"since": day.strftime("%Y-%m-%dT09:00"), "until": day.strftime("%Y-%m-%dT18:00")}
    office.send("设好代理", substitute="employee:lin", workflow=["repair_order"], **times)
    assert "不能请自己代理" in office.words
    assert ("workflow", "repair_order") in office.form("设好代理").values
    office.send("设好代理", substitute="employee:chen", **times)
    assert "维修工单" in office.words.partition("谁来代")[0]
    assert "所有流程" not in office.words.partition("谁来代")[0]
    office.send("设好代理", substitute="employee:fang", workflow=[], **times)
    assert "所有流程" in office.words.partition("谁来代")[0]
    found = {each.substitute: each.workflows for each in trial.kit.substitutions("employee:lin")}
    assert found == {"employee:chen": ("repair_order",), "employee:fang": None}
    assert office.send("设好代理", substitute="employee:wang", workflow=["nothing"], **times).status == 422
