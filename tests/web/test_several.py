"""Several cases at once, from a board: each is done by itself, and what could not be done is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit import FlowKit, VirtualClock, load_app
from flowkit.web import create_app
from tests.shop import NINE
from tests.web.plain import Plain
from tests.web.test_languages import APP


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "app.yaml").write_text(APP, encoding="utf-8")
    return tmp_path


def test_one_form_does_the_same_with_all_that_were_chosen(app: Path) -> None:
    """The action is carried out on each chosen case, and the page says on how many."""
    with FlowKit(load_app(app), "sqlite://", clock=VirtualClock(NINE)) as kit:
        given = {"what": "Door stuck", "phone": "13800000001"}
        cases = [kit.submit("repair", given, by="employee:ann").id for _ in range(3)]
        browser = Plain(create_app(kit, authenticate=lambda _: "employee:ann"))
        browser.get("/views/board").send("一起办", action="fix", case=cases)
        assert "同时办理另外 2 件" in browser.words
        assert [n for n in (kit.case(case).number for case in cases) if n not in browser.text] == [], browser.words
        kit.act(cases[2], "fix", by="employee:ann")
        browser.send("Fix")
        assert "已Fix" in browser.words
        assert "另外 1 件也已办" in browser.words
        assert "1 件没有办成" in browser.words
        assert f"{kit.case(cases[2]).number} · " in browser.words
        assert "工单已结束，不能再操作" in browser.words
        assert browser.click("继续").path == "/views/board"
        assert [kit.case(case).outcome for case in cases] == ["done"] * 3


def test_what_was_not_claimed_is_named_case_by_case(app: Path) -> None:
    """Each that stayed as it was stands by its number with its own reason; one that he cannot see has neither."""
    with FlowKit(load_app(app), "sqlite://", clock=VirtualClock(NINE)) as kit:
        given = {"what": "Door stuck", "phone": "13800000001"}
        cases = [kit.submit("repair", given, by="employee:ann").id for _ in range(3)]
        kit.act(cases[1], "fix", by="employee:ann")
        browser = Plain(create_app(kit, authenticate=lambda _: "employee:ann"))
        browser.get("/views/board").send("一起办", action="claim", case=[*cases, "nothing"])
        assert "已办 2 件" in browser.words, browser.words
        assert f"{kit.case(cases[1]).number} · " in browser.words
        assert "一件您看不到的工单" in browser.words


def test_the_form_is_that_of_a_case_that_is_open_to_him(app: Path) -> None:
    """The first that was ticked has ended meanwhile: the others are done all the same, and it is named."""
    with FlowKit(load_app(app), "sqlite://", clock=VirtualClock(NINE)) as kit:
        given = {"what": "Door stuck", "phone": "13800000001"}
        cases = [kit.submit("repair", given, by="employee:ann").id for _ in range(3)]
        browser = Plain(create_app(kit, authenticate=lambda _: "employee:ann")).get("/views/board")
        kit.act(cases[0], "fix", by="employee:ann")
        browser.send("一起办", action="fix", case=cases).send("Fix")
        assert "另外 1 件也已办" in browser.words
        assert f"{kit.case(cases[0]).number} · " in browser.words
        assert [kit.case(case).outcome for case in cases] == ["done"] * 3
