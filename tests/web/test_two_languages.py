"""One repair of the example, read in English: what is Chinese there was typed, or is the name of a person, a place, a thing on file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flowkit import FlowKit, VirtualClock, load_app
from flowkit.kit import CaseView
from flowkit.web import create_app
from flowkit.web.links import report_path
from tests.shop import NINE
from tests.web.plain import Plain
from tests.web.test_languages import chinese

EXAMPLE = Path(__file__).parents[2] / "examples" / "elevator_maintenance"
HAN = re.compile(r"[\u4e00-\u9fff]+")

REPORT = {
    "elevator": "E008",
    "fault_type": "门机故障",
    "impact": "单梯停运",
    "description": "门打不开啊",
    "phone": "13800000104",
}
PHOTOS = {"fault": ["a.jpg"], "repaired": ["b.jpg"], "nameplate": ["c.jpg"]}
BILL = {"items": [{"name": "调整门机", "kind": "工时", "quantity": 1, "price": 1800}]}
TYPED = {"门打不开啊", "调整门机", "还没擦干净", "丁一", "很快", "请快一些"}
"What people typed in this story."

WRITTEN = {"到场时限"}
"Names within an author's expressions, which are shown as they are written."

STORY: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("employee:chen", "assign", {"technician": "wang"}),
    ("employee:chen", "suspend", {"reason": "请快一些"}),
    ("employee:chen", "resume", {"reason": "很快"}),
    ("employee:wang", "arrive", {"position": "30.2075,120.2081"}),
    ("employee:wang", "correct", {"fault_type": "异响", "media": ["door.mp4"], "finding": "还没擦干净"}),
    ("employee:wang", "quote", {"finding": "还没擦干净"}),
    ("employee:wang", "finish", PHOTOS),
    ("employee:zheng", "reject", {"reason": "还没擦干净"}),
    ("employee:wang", "finish", PHOTOS),
    ("employee:zheng", "pass", {}),
    ("employee:qian", "settle", BILL),
    ("employee:tang", "approve", {"opinion": "很快"}),
    ("customer:P02", "sign", {"signature": "丁一"}),
    ("customer:P02", "evaluate", {"stars": 5, "remark": "很快"}),
)
"Who did what, after it was reported and nobody had accepted it for an hour."


def on_file() -> set[str]:
    """Whatever the example's tables hold: people, buildings, customers, regions, their particulars."""
    found: set[str] = set()
    for path in (EXAMPLE / "data").glob("*.csv"):
        if path.name != "english.csv":
            with path.open(encoding="utf-8-sig") as file:
                found |= {part for row in csv.reader(file) for cell in row for part in HAN.findall(cell)}
    return found - {
        "困人",
        "冒烟",
        "异响",
        "门机故障",
        "光幕失灵",
        "平层不准",
        "按钮失灵",
        "控制系统故障",
        "进水",
        "在用",
    }


def left(browser: Plain) -> list[str]:
    """What is Chinese on a page and was neither typed nor stands on file; values are sent, and nobody reads them."""
    known = "|".join(map(re.escape, sorted(TYPED | WRITTEN | on_file(), key=len, reverse=True)))
    return [text for text in chinese(browser) if HAN.search(re.sub(rf'value="[^"]*"|{known}', "", text))]


@pytest.fixture(scope="module")
def kit() -> Iterator[FlowKit]:
    with FlowKit(load_app(EXAMPLE, scenarios=False), "sqlite://", clock=VirtualClock(NINE)) as kit:
        yield kit


@pytest.fixture(scope="module")
def case(kit: FlowKit) -> CaseView:
    """A repair from the report to the archive, all that may happen on its way."""
    case = kit.submit("repair_order", REPORT, by="customer:P02")
    assert isinstance(kit.clock, VirtualClock)
    for minutes in (16, 16, 30):
        kit.clock.move(timedelta(minutes=minutes))
        kit.advance()
    kit.act(case.id, "comment", {"text": "请快一些"}, by="employee:chen")
    for by, action, given in STORY:
        kit.clock.move(timedelta(minutes=5))
        kit.act(case.id, action, given, by=by)
        kit.advance()
    return kit.case(case.id)


def english(kit: FlowKit, actor: str) -> Plain:
    browser = Plain(create_app(kit, authenticate=lambda _: actor))
    browser.client.headers["accept-language"] = "en"
    return browser


@pytest.mark.parametrize("tab", ["story", "values", "messages"])
def test_the_story_of_a_repair_is_english(kit: FlowKit, case: CaseView, tab: str) -> None:
    """Its steps, reasons, sums, values and messages hold no Chinese but what was typed, and names."""
    assert case.outcome == "done"
    assert left(english(kit, "employee:fang").get(f"/cases/{case.id}?tab={tab}")) == []


@pytest.mark.parametrize(
    ("actor", "path"),
    [
        ("employee:chen", "/views/dispatch_board"),
        ("employee:chen", "/views/dispatch_board?as=list"),
        ("employee:wang", "/views/my_region"),
        ("employee:han", "/views/parts_progress"),
        ("employee:wang", "/tasks"),
        ("employee:wang", "/cases/{open}/do/accept"),
        ("employee:wang", "/cases/{open}/do/refuse"),
        ("employee:wang", "/cases/{there}/do/arrive"),
        ("employee:wang", "/cases/{there}?tab=values"),
        ("employee:tang", "/cases?state=all"),
        ("employee:chen", "/desk/phone_desk?caller=13800000104"),
        ("employee:fang", "/coming"),
        ("employee:fang", "/me"),
        ("employee:fang", "/codes"),
        ("employee:fang", "/incidents"),
        ("customer:P02", "/cases/{open}"),
    ],
)
def test_a_page_of_the_example_is_english(
    kit: FlowKit, case: CaseView, opened: dict[str, str], actor: str, path: str
) -> None:
    """Whoever looks, at what he is called for first, finds his author's texts in English."""
    browser = english(kit, actor).get(path.format_map(opened))
    assert browser.status == 200
    assert left(browser) == []


@pytest.fixture(scope="module")
def opened(kit: FlowKit, case: CaseView) -> dict[str, str]:
    """A repair that nobody has accepted, and one to which somebody is on his way."""
    first, second = (kit.submit("repair_order", REPORT, by="customer:P02", key=key).id for key in ("1", "2"))
    kit.act(second, "accept", by=kit.case(second).owner[0])
    return {"open": first, "there": second}


def test_a_customer_reports_and_follows_in_english(kit: FlowKit) -> None:
    """The form behind a code, what is wrong with it, and the page on which he follows his case."""
    browser = english(kit, "")
    site = browser.client.app.state.site
    browser.get(report_path(site.signer, "scan", "E008"))
    assert left(browser) == []
    assert 'value="冒烟"' in browser.text
    assert "Smoke" in browser.words
    browser.send("Submit Elevator fault", fault_type="冒烟", description="", phone="")
    assert browser.status == 422
    assert "Please film it (30 s at most)" in browser.words
    assert left(browser) == []
    browser.send("Submit Elevator fault", fault_type="门机故障", description="门打不开啊", phone="13800000104")
    assert browser.status == 200
    assert "Finding somebody" in browser.words
    assert "Door fault" in browser.words
    assert left(browser) == []
    (told,) = kit.cases(None, limit=1).items
    assert kit.case(told.id).values["fault_type"] == "门机故障"


def test_a_customer_chooses_his_language_on_his_own_pages(kit: FlowKit) -> None:
    """He has no account and so no page of his own to choose it on; where he reports, follows and signs he stays in it."""
    browser = Plain(create_app(kit, authenticate=lambda _: ""))
    browser.client.headers["accept-language"] = "zh"
    browser.get(report_path(browser.client.app.state.site.signer, "scan", "E008")).send("English")
    assert "Submit Elevator fault" in browser.words
    browser.send("中文")
    assert "提交电梯报修" in browser.words
