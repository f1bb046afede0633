"""The same repair in a browser that runs no script: links, forms and native controls are enough."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.browser.conftest import Served, Somebody
from tests.web.browser.person import PHONE
from tests.web.browser.test_one_repair import code, the_owner


def test_a_repair_is_played_with_scripts_switched_off(
    served: Served, somebody: Somebody, photo: Callable[[str], str]
) -> None:
    """A report with an error mended, acceptance, position by hand, three photos, inspection, rows, a typed name, stars."""
    customer, office = somebody(served, PHONE, scripts=False), somebody(served, PHONE, scripts=False)
    customer.get(code(served)).fill(fault_type="门机故障", description="关不上", phone="138")
    customer.page.locator("#f-media-in").set_input_files(photo("厅门"))
    with customer.refused(422):
        customer.click("提交电梯报修")
    customer.sees("还差 1 项")
    assert customer.control("description").input_value() == "关不上"
    customer.page.locator("#errors a").first.click()
    customer.fill(phone="13800000104").click("提交电梯报修").sees("正在派人", "厅门.jpg")

    worker = the_owner(served)
    office.be(worker).get("/tasks").click("接单").click("接单").click("已到达")
    office.fill(position="30.2093,120.2079")
    with office.refused(422):
        office.click("已到达")
    office.sees("进入 200 米范围才可签到").fill(position="30.2073,120.2079").click("已到达")
    office.click("维修完成")
    for field in ("fault", "repaired", "nameplate"):
        office.page.locator(f"#f-{field}-in").set_input_files(photo(field))
    office.click("维修完成").sees("已维修完成")
    office.be("郑洁").click("通过").sees("故障点", "修复后", "铭牌").click("通过")
    office.be("钱立").click("提交结算单")
    office.fill(items__1__name="门机调整", items__1__kind="工时", items__1__quantity="1.5", items__1__price="120")
    office.click("加一行").click("提交结算单")
    customer.page.reload()
    customer.sees("请您确认").click("签字确认").fill(signature="丁一").click("签字确认").sees("已收到，谢谢您")
    customer.click("评价").fill(stars="4").click("评价").sees("已完成，谢谢您")
    assert served.kit.cases(None).items[0].outcome == "done"
