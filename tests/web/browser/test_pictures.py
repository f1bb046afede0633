"""The pictures in the docs are taken from the pages as they are; with FLOWKIT_WRITE_DOCS=1 they are taken anew."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from PIL import Image

from tests.web.browser.conftest import Served, Somebody, picture
from tests.web.browser.person import DESKTOP, PHONE, Person
from tests.web.browser.test_one_repair import code

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
def test_pictures_are_taken(standing: Served, somebody: Somebody, tmp_path: Path) -> None:
    """The pictures of the docs show a trial with cases at many places."""
    arrived = at_inspection(standing)
    phone, desk = somebody(standing, PHONE), somebody(standing, DESKTOP)
    phone.get(code(standing)).fill(fault_type="门机故障", impact="单梯停运", description="3 楼厅门关到一半又弹开")
    take(phone, "report-390")
    case = standing.kit.case(arrived)
    phone.get(f"/progress/{standing.pages.signer.sign('progress', case.id, case.applicant)}")
    take(phone, "progress-390")
    phone.be("王磊")
    take(phone, "tasks-390")
    phone.click("已到达").fill(position="30.2099,120.2079")
    with phone.refused(422):
        phone.click("已到达")
    take(phone, "too-far-390")

    desk.get("/demo")
    take(desk, "demo-1440")
    desk.be("林悦").get("/views/dispatch_board")
    take(desk, "board-1440")
    desk.get("/desk/phone_desk?caller=13800000104")
    take(desk, "desk-1440")
    desk.be("郑洁").get(f"/cases/{arrived}/do/pass")
    take(desk, "inspection-1440")
    flagged = desk.be("方敏").get("/views/dispatch_board").page.locator(".k.red h3 a").first.get_attribute("href")
    desk.get(str(flagged))
    take(desk, "why-1440")


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


def take(person: Person, name: str) -> None:
    """What stands in the window now, in few colours."""
    person.page.wait_for_load_state("networkidle")
    shot = Image.open(io.BytesIO(person.page.screenshot())).convert("RGB")
    if person.width == DESKTOP:
        shot = shot.resize((1080, shot.height * 1080 // shot.width), Image.Resampling.LANCZOS)
    shot.quantize(255, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        DOCS / "pictures" / f"{name}.png", optimize=True
    )
