"""A draft that a browser keeps of a form: what is found in it again is what was there, until the form has gone."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.browser.conftest import Served, Somebody
from tests.web.browser.person import Person
from tests.web.browser.test_one_repair import code, report, task, the_owner


def typed(person: Person, words: str) -> Person:
    """It lies in the browser a moment after it was typed."""
    return person.until(f"Object.values({{...localStorage, ...sessionStorage}}).join().includes('{words}')")


def test_what_a_customer_typed_and_sent_ahead_is_there_again_when_he_comes_back(
    served: Served, somebody: Somebody, photo: Callable[[str], str]
) -> None:
    """Pictures that have arrived too: they are the dearest part on a weak network."""
    person = somebody(served).get(code(served))
    person.fill(fault_type="门机故障", description="厅门关不上")
    person.page.locator("#f-media-in").set_input_files(photo("厅门"))
    person.page.get_by_text("已送达").wait_for()
    typed(person, ".kept").get("/demo").get(code(served))
    person.page.get_by_text("已恢复您上次没有提交的内容").wait_for()
    assert person.control("description").input_value() == "厅门关不上"
    assert person.control("fault_type").input_value() == "门机故障"
    assert person.page.locator('[name="f-media.kept"]').count() == 1


def test_who_does_not_want_it_back_begins_afresh(served: Served, somebody: Somebody) -> None:
    person = somebody(served).get(code(served)).fill(description="厅门关不上")
    typed(person, "厅门关不上").get(code(served))
    person.page.get_by_role("button", name="不要，重新填写").click()
    person.until("!document.querySelector('.told') && document.readyState === 'complete'")
    assert person.control("description").input_value() == ""


def test_a_draft_is_gone_once_the_form_has_gone_and_not_before(
    served: Served, somebody: Somebody, photo: Callable[[str], str]
) -> None:
    """The number is refused first: a page that tells so is no reason to forget."""
    person = somebody(served)
    report(served, person, photo)
    person.get(code(served))
    person.page.wait_for_load_state("networkidle")
    assert person.control("description").input_value() == ""
    assert not person.page.locator(".told").count()


def test_a_position_comes_back_from_a_draft_with_its_system_and_accuracy(
    served: Served, somebody: Somebody, photo: Callable[[str], str]
) -> None:
    """A phone's reading without them would be taken for one in the app's own system, half a kilometre away."""
    customer, office = somebody(served), somebody(served)
    number = report(served, customer, photo)
    task(office, the_owner(served), number, "接单")
    office.click("接单").click("已到达")
    at = office.page
    at.context.grant_permissions(["geolocation"])
    at.context.set_geolocation({"latitude": 30.2173, "longitude": 120.2079, "accuracy": 12})
    at.get_by_role("button", name="用现在的位置").click()
    at.get_by_text("误差约 12 米").wait_for()
    name = str(at.locator("[data-place]").get_attribute("name"))
    read = {part: at.locator(f'[name="{name}{part}"]').input_value() for part in ("", ".system", ".accuracy")}
    assert read == {"": "30.217300,120.207900", ".system": "wgs84", ".accuracy": "12"}
    typed(office, "wgs84").page.reload()
    at.get_by_text("已恢复您上次没有提交的内容").wait_for()
    assert {part: at.locator(f'[name="{name}{part}"]').input_value() for part in read} == read
