"""Forms that are left, come back to, sent over a bad line, filled in by two people: nothing typed is lost, nothing goes twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Route

import flowkit
from tests.web.browser.conftest import Served, Somebody, serve
from tests.web.browser.person import Person

WORKSHOP = """
app: workshop
title: 车间
catcher: head
roles: {head: {title: 班长, sees: all}}
staff: {entity: employee, roles: roles}
---
entity: employee
key: code
label: name
fields: {code: text, name: text, roles: {type: list, of: role}}
rows: [{code: an, name: 安平, roles: [head]}, {code: bo, name: 柏青, roles: [head]}]
---
entity: part
key: code
label: name
fields: {code: text, name: text}
rows: [PARTS]
---
form: job
title: 派工单
fields:
  kind:  {type: choice, title: 种类, options: [小修, 大修], default: 小修}
  size:  {type: text, title: 大修范围, visible: "=kind == '大修'"}
  note:  {type: text, title: 说明}
  part:  {type: reference, title: 配件, entity: part}
  tools: {type: choices, title: 工具, options: [扳手, 电表, 梯子], default: [扳手, 电表]}
  runs:  {type: switch, title: 可以开机, default: true}
  shots: {type: media, title: 照片, accept: [image], max: 6}
  name:  {type: signature, title: 签名}
  lines: {type: rows, title: 明细, of: {what: {type: text, title: 项目, required: true}, how: {type: choices, title: 方式, options: [换, 修]}}}
  must:  {type: text, title: 必填, required: true}
---
workflow: job
title: 派工
from: job
number: "{{ sequence(4) }}"
nodes:
  do: {owner: head, actions: {finish: {to: done}}, timeouts: [{after: 1d, escalate: head}]}
  done: {end: done}
"""

Photo = Callable[[str], str]
NEW = "/new/job"


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Served]:
    parts = ", ".join(f"{{code: P{n:03}, name: 零件 {n}}}" for n in range(1, 80))
    (tmp_path / "app.yaml").write_text(WORKSHOP.replace("PARTS", parts), encoding="utf-8")
    with ExitStack() as stack:
        yield serve(flowkit.load_app(tmp_path), stack, sample=False)


@pytest.fixture
def clerk(workshop: Served, somebody: Somebody) -> Person:
    return somebody(workshop).be("安平").get(NEW)


def cases(workshop: Served) -> int:
    return workshop.kit.count(None, workflow="job")


def kept(person: Person, words: str) -> Person:
    return person.until(f"Object.values({{...sessionStorage}}).join().includes('{words}')")


def restored(person: Person) -> Person:
    person.page.get_by_text("已恢复您上次没有提交的内容").wait_for()
    return person


def press(person: Person) -> None:
    person.wanted("提交派工").click()


def test_looking_for_something_in_a_list_chooses_nothing(clerk: Person) -> None:
    part, box = clerk.control("part"), clerk.page.locator('[name="q-part"]')
    box.fill("P01")
    clerk.until("document.querySelector('[name=\"f-part\"]').options.length == 11")
    assert part.input_value() == ""
    part.select_option("P012")
    box.fill("P07")
    clerk.until("[...document.querySelector('[name=\"f-part\"]').options].some(each => each.value == 'P070')")
    assert part.input_value() == "P012"


def test_an_answer_of_a_search_that_was_overtaken_is_not_shown(clerk: Person) -> None:
    held: list[Route] = []

    def slow(route: Route) -> None:
        if "P01" in (route.request.post_data or "") and not held:
            held.append(route)
        else:
            route.continue_()

    clerk.page.route("**/new/job", slow)
    box = clerk.page.locator('[name="q-part"]')
    box.fill("P01")
    for _ in range(200):
        if held:
            break
        clerk.page.wait_for_timeout(20)
    box.fill("P02")
    clerk.until("[...document.querySelector('[name=\"f-part\"]').options].some(each => each.value == 'P020')")
    held[0].continue_()
    clerk.page.wait_for_timeout(500)
    assert clerk.page.locator('[name="f-part"] option[value="P010"]').count() == 0


def test_the_key_enter_takes_no_row_away(workshop: Served, clerk: Person, somebody: Somebody) -> None:
    """With scripts it goes on to the next field, without it shows the form again."""
    plain = somebody(workshop, scripts=False).be("安平").get(NEW)
    for person in (clerk, plain):
        person.fill(lines__1__what="换油").click("加一行").fill(lines__2__what="换滤芯")
        person.control("lines.1.what").press("Enter")
        person.page.wait_for_load_state()
        person.page.keyboard.press("Enter")
        person.page.wait_for_load_state()
        assert [person.control(f"lines.{n}.what").input_value() for n in (1, 2)] == ["换油", "换滤芯"]
    assert cases(workshop) == 0


def test_pictures_under_way_stay_where_they_are_when_another_field_changes(
    workshop: Served, clerk: Person, photo: Photo
) -> None:
    held: list[Route] = []
    over: list[bool] = []

    def second(route: Route) -> None:
        held.append(route)
        if len(held) == 1 or over:
            route.continue_()

    clerk.page.route("**/uploads", second)
    clerk.page.locator("#f-shots-in").set_input_files([photo("一"), photo("二"), photo("三")])
    clerk.page.get_by_text("已送达").wait_for()
    clerk.fill(kind="大修", must="好")
    clerk.control("size").wait_for()
    assert clerk.page.locator(".shot").count() == 3
    press(clerk)
    clerk.sees("照片还在发送")
    over.append(True)
    held[1].continue_()
    clerk.page.wait_for_url("**/cases/**")
    (case,) = workshop.kit.cases(None, workflow="job").items
    assert len(workshop.kit.look(case.id, lambda names: names["shots"])) == 3


def test_a_draft_outlives_a_line_that_broke_while_the_form_was_sent(workshop: Served, clerk: Person) -> None:
    """And the form that did arrive is not done twice, whether he comes back to it by a link or otherwise."""

    def lost(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
            clerk.context.clear_cookies(name="flowkit_done")  # It came with the answer.
            route.abort()
        else:
            route.continue_()

    clerk.fill(note="轴承发热", must="好")
    clerk.page.route("**/new/job", lost)
    press(clerk)
    clerk.page.wait_for_url("chrome-error://**")
    assert cases(workshop) == 1
    clerk.page.unroute("**/new/job")
    clerk.faults.clear()
    restored(clerk.get("/tasks").get(NEW))
    assert clerk.control("note").input_value() == "轴承发热"
    press(clerk)
    clerk.page.wait_for_url("**/cases/**")
    assert cases(workshop) == 1
    clerk.get(NEW)
    clerk.page.wait_for_load_state("networkidle")
    assert clerk.control("note").input_value() == "", "once it has gone there is no draft any more"


def test_a_draft_that_cannot_be_brought_back_just_now_is_not_lost(clerk: Person) -> None:
    kept(clerk.fill(note="轴承发热"), "轴承发热")
    clerk.page.route("**/new/job", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    clerk.get(NEW).page.get_by_text("现在取不回来").wait_for()
    kept(clerk.fill(must="好", note="轴承很热"), "轴承很热")
    clerk.page.unroute("**/new/job")
    clerk.faults.clear()
    clerk.page.get_by_role("button", name="再试").click()
    restored(clerk)
    assert [clerk.control(name).input_value() for name in ("note", "must")] == ["轴承很热", "好"]


def test_what_is_typed_while_a_draft_comes_back_stays(clerk: Person) -> None:
    """And where somebody has only gone into a field, it comes back there too."""
    kept(clerk.fill(note="轴承发热"), "轴承发热")
    held: list[Route] = []
    clerk.page.route(
        "**/new/job", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    clerk.get(NEW).fill(must="好")
    clerk.control("note").focus()
    clerk.page.wait_for_timeout(600)
    for route in held:
        route.continue_()
    restored(clerk)
    assert [clerk.control(name).input_value() for name in ("note", "must")] == ["轴承发热", "好"]


def test_a_picture_taken_while_a_draft_comes_back_stands_beside_those_of_the_draft(clerk: Person, photo: Photo) -> None:
    clerk.page.locator("#f-shots-in").set_input_files(photo("一"))
    clerk.page.get_by_text("已送达").wait_for()
    kept(clerk, ".kept")
    shown: list[Route] = []
    sent: list[Route] = []
    over: list[bool] = []

    def later(held: list[Route], route: Route) -> None:
        if route.request.method == "POST" and not over:
            held.append(route)
        else:
            route.continue_()

    clerk.page.route("**/new/job", lambda route: later(shown, route))
    clerk.page.route("**/uploads", lambda route: later(sent, route))
    clerk.get(NEW).page.locator("#f-shots-in").set_input_files(photo("二"))
    for _ in range(200):
        if shown and sent:
            break
        clerk.page.wait_for_timeout(20)
    over.append(True)
    shown[0].continue_()
    restored(clerk)
    sent[0].continue_()
    clerk.page.get_by_text("已送达").wait_for()
    assert clerk.page.locator('[name="f-shots.kept"]').count() == 2


def test_a_draft_that_was_undone_before_it_could_be_brought_back_is_none(clerk: Person) -> None:
    """He tries again, and nothing goes wrong for there being nothing."""
    kept(clerk.fill(note="轴承发热"), "轴承发热")
    clerk.page.route("**/new/job", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    clerk.get(NEW).page.get_by_text("现在取不回来").wait_for()
    kept(clerk.fill(note="轴承很热"), "轴承很热").fill(note="")
    clerk.until("!Object.keys(sessionStorage).length")
    clerk.page.unroute("**/new/job")
    clerk.faults.clear()
    clerk.page.get_by_role("button", name="再试").click()
    clerk.page.get_by_role("button", name="再试").wait_for(state="detached")
    assert clerk.control("note").input_value() == ""


def test_a_draft_has_what_was_unticked_unticked(clerk: Person) -> None:
    for label in ("扳手", "电表", "可以开机"):
        clerk.page.locator("label.pick", has_text=label).click()
    kept(clerk, "runs")
    restored(clerk.get("/tasks").get(NEW))
    assert clerk.page.locator('[name="f-tools"]:checked').count() == 0
    assert not clerk.control("runs").is_checked()


def test_a_draft_is_whose_it_is(clerk: Person) -> None:
    """Two who share a browser do not find each other's words; he who wrote them does."""
    kept(clerk.fill(note="轴承发热"), "轴承发热")
    clerk.be("柏青").get(NEW)
    clerk.page.wait_for_load_state("networkidle")
    assert clerk.control("note").input_value() == ""
    restored(clerk.be("安平").get(NEW))
    assert clerk.control("note").input_value() == "轴承发热"


def test_who_goes_back_after_it_has_gone_finds_an_empty_form(workshop: Served, clerk: Person) -> None:
    clerk.fill(note="轴承发热", must="好")
    press(clerk)
    clerk.page.wait_for_url("**/cases/**")
    clerk.page.go_back()
    clerk.page.wait_for_load_state("networkidle")
    assert clerk.control("note").input_value() == ""
    assert cases(workshop) == 1


def test_a_tap_is_no_signature_and_a_drawn_one_outlives_a_refusal(workshop: Served, clerk: Person) -> None:
    pad = clerk.page.locator("[data-pad]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    x, y = box["x"] + 40, box["y"] + 40
    drawn = "document.querySelector('[name=\"f-name.drawn\"]').files.length"
    clerk.page.mouse.click(x, y)
    assert clerk.page.evaluate(drawn) == 0
    clerk.page.mouse.move(x, y)
    clerk.page.mouse.down()
    clerk.page.mouse.move(x + 80, y + 30, steps=6)
    clerk.page.mouse.up()
    assert clerk.page.evaluate(drawn) == 1
    with clerk.refused(422):
        press(clerk)
    assert clerk.control("name").input_value() == ""
    clerk.fill(must="好")
    press(clerk)
    clerk.page.wait_for_url("**/cases/**")
    (case,) = workshop.kit.cases(None, workflow="job").items
    assert workshop.kit.look(case.id, lambda names: names["name"])["upload"]
