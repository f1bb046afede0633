"""One repair from the scan of a code to the customer's stars, by clicks alone: every role has its turn."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.web.browser.conftest import Served, Somebody
from tests.web.browser.person import DESKTOP, PHONE, Person, until

ELEVATOR, MODEL = "E008", "KL"

Photo = Callable[[str], str]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_repair_is_played_with_every_role_by_clicks(
    served: Served, somebody: Somebody, photo: Photo, width: int
) -> None:
    """What people see and click is enough to bring a repair from the code on the elevator to its end."""
    customer, office = somebody(served, width), somebody(served, width)
    number = report(served, customer, photo)
    technician = the_owner(served)
    assert "待接单" in board(office, "林悦", number)

    accept_and_arrive(served, office, customer, technician, number)
    assert "维修中" in board(office, "林悦", number)
    ask_for_a_part(served, office, technician, number)
    finish(office, technician, number, photo)
    assert "质检" in board(office, "林悦", number)
    inspect(office, number)
    settle(office, number)
    sign_and_evaluate(served, office, customer)

    case = served.kit.cases(None, workflow="repair_order").items[0]
    assert (case.node, case.outcome) == ("archived", "done")


def report(served: Served, customer: Person, photo: Photo) -> str:
    """The customer comes by the code on his elevator, types a wrong number first, and gets his own page."""
    customer.get(code(served)).sees("星澜国际 A 座 E008", "提交之后")
    customer.fill(fault_type="门机故障", description="3 楼厅门关到一半又弹开", phone="1380000")
    customer.page.locator("#f-media-in").set_input_files(photo("厅门"))
    customer.page.get_by_text("已送达").wait_for()
    with customer.refused(422):
        customer.click("提交电梯报修")
    customer.sees("还差 1 项", "您填过的内容都已保留")
    assert customer.focused == "errors"
    assert customer.page.title().startswith("错误：")
    customer.page.locator("#errors a").first.click()
    assert customer.focused == "f-phone"
    assert customer.control("description").input_value() == "3 楼厅门关到一半又弹开"
    assert customer.page.locator('input[name="f-media.kept"]').count() == 1
    customer.fill(phone="13800000104").click("提交电梯报修")
    assert customer.path.startswith("/progress/")
    customer.sees("正在派人")
    return served.kit.cases(None, workflow="repair_order").items[0].number


def code(served: Served) -> str:
    """What the code that is stuck on the elevator says."""
    return "/report/" + served.pages.signer.sign("intake", "scan", ELEVATOR)


def the_owner(served: Served) -> str:
    """The name of whoever the case was given to."""
    owner = served.kit.cases(None, workflow="repair_order").items[0].owner[0]
    return next(name for actor, name, _ in served.trial.cast.people if actor == owner)


def board(office: Person, dispatcher: str, number: str) -> str:
    """Where the dispatcher's board shows the case: the title of its column."""
    office.be(dispatcher).get("/views/dispatch_board")
    card = office.page.locator(".col", has=office.page.locator(".k"))
    return card.first.locator("h2").inner_text()


def task(office: Person, name: str, number: str, action: str) -> None:
    """Somebody finds what waits for him and presses the button for it."""
    office.be(name).get("/tasks")
    office.page.locator("article", has_text=number).get_by_role("link", name=action, exact=True).click()
    office.page.wait_for_load_state()


def accept_and_arrive(served: Served, office: Person, customer: Person, technician: str, number: str) -> None:
    task(office, technician, number, "接单")
    office.click("接单").sees("已接单")
    customer.page.reload()
    customer.sees("已派人，正在赶来", technician)

    office.context.grant_permissions(["geolocation"])
    case = served.kit.cases(None, workflow="repair_order").items[0].id
    there = served.kit.look(case, lambda names: names["elevator"].attribute("position"))
    latitude, longitude = float(there["latitude"]), float(there["longitude"])
    office.click("已到达")
    stand(office, latitude + 0.0027, longitude)
    with office.refused(422):
        office.click("已到达")
    office.sees("距电梯", "进入 200 米范围才可签到")
    stand(office, latitude, longitude)
    office.click("已到达").sees("维修中")


def stand(office: Person, latitude: float, longitude: float) -> None:
    """Be there and let the browser say so. Phones speak WGS 84, the app's own places GCJ-02."""
    from flowkit.values.coordinates import convert

    told = convert({"latitude": latitude, "longitude": longitude, "system": "gcj02"}, "wgs84")
    office.context.set_geolocation(
        {"latitude": float(told["latitude"]), "longitude": float(told["longitude"]), "accuracy": 12}
    )
    office.page.get_by_role("button", name="用现在的位置").click()
    office.page.get_by_text("误差约 12 米").wait_for()


def ask_for_a_part(served: Served, office: Person, technician: str, number: str) -> None:
    """Rows are added and taken away; the buyer agrees; the supplier ships and delivers; the repair goes on."""
    task(office, technician, number, "缺件申请")
    office.click("加一行").fill(
        lines__1__part="GL-04", lines__1__quantity="2", lines__2__part="PD-03", lines__2__quantity="1"
    )
    office.page.get_by_role("button", name="删掉这一行").nth(1).click()
    office.page.wait_for_load_state()
    assert office.page.locator(".rowcard").count() == 1
    assert office.control("lines.1.part").input_value() == "GL-04"
    office.click("缺件申请")
    until(lambda: [c.node for c in served.kit.cases(None, workflow="parts_request").items] == ["review"])

    office.be("韩雪").get("/tasks").click("同意").sees("门刀滚轮")
    office.fill(way="紧急采购").click("同意")
    until(lambda: served.kit.cases(None, workflow="parts_request", open=False).items)
    office.be(technician).get("/tasks").sees("维修中")


def finish(office: Person, technician: str, number: str, photo: Photo) -> None:
    task(office, technician, number, "维修完成")
    for field, name in (("fault", "故障点"), ("repaired", "修复后"), ("nameplate", "铭牌")):
        office.page.locator(f"#f-{field}-in").set_input_files(photo(name))
        office.page.locator(f"#f-{field}").get_by_text("已送达").wait_for()
    office.click("维修完成").sees("已维修完成")


def inspect(office: Person, number: str) -> None:
    """Three photos, each under its name, beside what is on file of the elevator."""
    task(office, "郑洁", number, "通过")
    office.sees("故障点", "修复后", "铭牌", "档案", MODEL)
    pictures = office.page.locator(".shot img")
    for number_ in range(pictures.count()):
        pictures.nth(number_).scroll_into_view_if_needed()
    office.until("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert pictures.count() >= 3
    office.click("通过").sees("已通过")


def settle(office: Person, number: str) -> None:
    task(office, "钱立", number, "提交结算单")
    office.fill(items__1__name="门机调整", items__1__kind="工时", items__1__quantity="1.5", items__1__price="120")
    office.click("加一行").fill(
        items__2__name="门刀滚轮", items__2__kind="配件", items__2__quantity="2", items__2__price="85"
    )
    # What others are computed from has changed: the sums follow without a click.
    office.page.locator('[name="f-items.2.price"]').press("Tab")
    office.page.locator("#f-total", has_text="350.00").wait_for()
    office.page.locator("#f-items-2-amount", has_text="170.00").wait_for()
    office.click("提交结算单").sees("已提交结算单")


def sign_and_evaluate(served: Served, office: Person, customer: Person) -> None:
    """The customer signs by the link in the message he would have got, with a finger, and says how it was."""
    until(lambda: any(message["title"] == "请签字确认" for message in served.trial.messages))
    office.get("/demo/messages").sees("合计 350.00 元")
    link = office.page.locator("article", has_text="请签字确认").get_by_role("link", name="客户看到的").first
    customer.get(office.base + str(link.get_attribute("href"))).sees("请您确认")
    customer.click("签字确认")
    pad = customer.page.locator("canvas[data-pad]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    mouse = customer.page.mouse
    mouse.move(box["x"] + 40, box["y"] + 60)
    mouse.down()
    for step in range(1, 8):
        mouse.move(box["x"] + 40 + 30 * step, box["y"] + (60 if step % 2 else 110))
    mouse.up()
    customer.until("document.querySelector('input[name=\"f-signature.drawn\"]').files.length === 1")
    customer.click("签字确认").sees("已收到，谢谢您", "请您评价")
    customer.click("评价").fill(stars="5", remark="来得快").click("评价").sees("已完成，谢谢您")


def test_dispatcher_and_phone_desk_have_a_repair_at_hand(served: Served, somebody: Somebody, photo: Photo) -> None:
    """The dispatcher gives a case to somebody else, claims one that nobody took; the desk knows who calls."""
    customer, office = somebody(served, PHONE), somebody(served, DESKTOP)
    report(served, customer, photo)
    first = the_owner(served)
    office.be("林悦").get("/views/dispatch_board")
    office.page.locator(".k h3 a").first.click()
    office.click("指派")
    other = "zhao" if first != "赵军" else "wang"
    office.fill(technician=other).click("指派").sees("已指派")
    assert the_owner(served) == {"zhao": "赵军", "wang": "王磊"}[other]

    office.get("/desk/phone_desk")
    office.page.locator("#caller").fill("13800000104")
    office.click("查找").sees("星澜物业", "他的设备", "还没办完的", "待到场")
    office.page.locator("section", has_text="他的设备").get_by_role("button", name="E008").first.click()
    assert office.control("elevator").first.input_value() == "E008"
    assert office.control("phone").input_value() == "13800000104"


def test_a_case_nobody_takes_comes_to_the_dispatchers_who_claim_it(
    served: Served, somebody: Somebody, photo: Photo
) -> None:
    """Pushed on by the bar, the clock brings what the rules say: after half an hour a dispatcher claims the case."""
    customer, office = somebody(served, PHONE), somebody(served, DESKTOP)
    report(served, customer, photo)
    office.be("林悦").get("/views/dispatch_board")
    for _ in range(2):
        office.page.get_by_role("button", name="+30 分钟").click()
        office.page.wait_for_load_state()
    office.sees("时钟已拨到 3 月 2 日 10:").sees("调度员")
    office.page.locator(".k .ck").first.check()
    office.page.select_option("#bulk", "claim")
    office.click("一起办").sees("已办 1 件")
    assert the_owner(served) == "林悦"
