"""The pictures in the docs are taken from the pages as they are; with FLOWKIT_WRITE_DOCS=1 they are taken anew."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from PIL import Image

from flowkit import FlowKit
from tests.web.browser.conftest import Served, Somebody, picture
from tests.web.browser.person import DESKTOP, PHONE, Person

DOCS = Path(__file__).parents[3] / "docs"
MOST = 120_000
"Bytes of one picture."


def test_the_page_about_pages_shows_pictures_that_are_there_and_small() -> None:
    """Each picture in the docs is shown by the page about pages, exists, and weighs little."""
    shown = set(re.findall(r"\(\.\./pictures/([\w-]+\.png)\)", (DOCS / "how-to" / "pages.md").read_text("utf-8")))
    there = {each.name: each.stat().st_size for each in (DOCS / "pictures").glob("*.png")}
    assert shown == set(there)
    assert not [name for name, size in there.items() if size > MOST]


@pytest.mark.skipif(not os.environ.get("FLOWKIT_WRITE_DOCS"), reason="pictures are taken only when docs are written")
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_pictures_are_taken(standing: Served, somebody: Somebody, width: int) -> None:
    """The pictures of the docs show a trial with cases at many places, to customers and to people of the company."""
    arrived, unsigned = at_inspection(standing), at_inspection(standing)
    to_be_signed(standing.kit, unsigned)
    as_a_customer(standing, somebody(standing, width), arrived, unsigned)
    as_the_company(somebody(standing, width), arrived)
    if width == DESKTOP:
        desk = somebody(standing, width)
        take(desk.get("/demo"), "demo")
        take(desk.be("林悦").get("/desk/phone_desk?caller=13800000104"), "desk")


def as_a_customer(served: Served, customer: Person, arrived: str, unsigned: str) -> None:
    # One at which nothing is being done yet.
    door = "/report/" + served.pages.signer.sign("intake", "scan", "E009")
    customer.get(door).fill(fault_type="门机故障", impact="单梯停运", description="3 楼厅门关到一半又弹开")
    take(customer, "report")
    for case, name in ((arrived, "progress"), (unsigned, "sign")):
        applicant = served.kit.case(case).applicant
        customer.get(f"/progress/{served.pages.signer.sign('progress', case, applicant)}")
        if name == "sign":
            customer.click("签字确认")
        take(customer, name)


def as_the_company(person: Person, arrived: str) -> None:
    take(person.be("王磊"), "tasks")
    person.click("已到达").fill(position="30.2099,120.2079")
    with person.refused(422):
        person.click("已到达")
    take(person, "too-far")
    take(person.be("郑洁").get(f"/cases/{arrived}/do/pass"), "inspection")
    take(person.be("林悦").get("/views/dispatch_board"), "board")
    flagged = person.be("方敏").get("/views/dispatch_board").page.locator(".k.red h3 a").first.get_attribute("href")
    take(person.get(str(flagged)), "why")


def at_inspection(served: Served) -> str:
    """A repair that waits for its inspector, with photos."""
    kit = served.kit
    given = {"elevator": "E008", "fault_type": "门机故障", "description": "3 楼厅门关到一半又弹开"}
    case = kit.submit("repair_order", {**given, "phone": "13800000104"}, by="customer:P02")
    kit.act(case.id, "assign", {"technician": "wang"}, by="employee:lin")
    kit.act(case.id, "arrive", {"position": "30.2073,120.2079"}, by="employee:wang")
    shots = {}
    for field, name in (("fault", "门刀断了"), ("repaired", "换上新门刀"), ("nameplate", "铭牌")):
        kept = kit.upload(picture(name, (1200, 900)), f"{name}.jpg", "employee:wang", accept=("image",))
        shots[field] = [{"name": kept.name, "kind": kept.kind, "upload": kept.id}]
    kit.act(case.id, "finish", shots, by="employee:wang")
    return case.id


def to_be_signed(kit: FlowKit, case: str) -> None:
    """On to where its customer signs for what was done and what it costs."""
    kit.act(case, "pass", by="employee:zheng")
    items = [
        {"name": "门机调整", "kind": "工时", "quantity": "1.5", "price": "120"},
        {"name": "门刀滚轮", "kind": "配件", "quantity": "2", "price": "85"},
    ]
    (settle, _), *_ = kit.case(case, "employee:qian").actions
    kit.act(case, settle, {"items": items}, by="employee:qian")


def take(person: Person, name: str) -> None:
    """What stands in the window now, in few colours."""
    person.page.wait_for_load_state("networkidle")
    shot = Image.open(io.BytesIO(person.page.screenshot())).convert("RGB")
    if person.width == DESKTOP:
        shot = shot.resize((1080, shot.height * 1080 // shot.width), Image.Resampling.LANCZOS)
    shot.quantize(255, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        DOCS / "pictures" / f"{name}-{person.width}.png", optimize=True
    )
