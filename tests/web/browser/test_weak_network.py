"""In a lift shaft: what is typed and photographed stays on the phone until it has gone, and nothing goes half."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Route

from tests.web.browser.conftest import Served, Somebody
from tests.web.browser.person import Person
from tests.web.browser.test_one_repair import code

Photo = Callable[[str], str]


@contextmanager
def no_uploads(person: Person) -> Iterator[list[Route]]:
    """Pictures are under way as long as this lasts: what is held up is given."""
    held: list[Route] = []
    over: list[bool] = []
    person.page.route("**/uploads", lambda route: route.continue_() if over else held.append(route))
    yield held
    over.append(True)
    for each in held:
        each.continue_()


def filled(served: Served, person: Person) -> Person:
    return person.get(code(served)).fill(fault_type="门机故障", description="厅门关不上", phone="13800000104")


def under_way(person: Person, held: list[Route]) -> None:
    for _ in range(500):
        if held:
            return
        person.page.wait_for_timeout(20)
    raise AssertionError("no picture was sent")


def press(person: Person) -> Person:
    person.wanted("提交电梯报修").click()
    return person


def test_without_a_network_nothing_is_sent_and_nothing_is_lost(served: Served, somebody: Somebody) -> None:
    person = filled(served, somebody(served))
    person.context.set_offline(True)
    press(person).sees("现在没有网络：填的内容都还在")
    assert person.control("description").input_value() == "厅门关不上"
    person.context.set_offline(False)
    person.page.get_by_text("网络恢复了，请再点一次").wait_for()
    press(person).page.wait_for_url("**/progress/**")


def test_who_presses_again_sends_although_the_browser_says_there_is_no_network(
    served: Served, somebody: Somebody
) -> None:
    """Browsers may be wrong: on a machine that serves itself there is none, and it works."""
    person = filled(served, somebody(served))
    person.page.evaluate("Object.defineProperty(navigator, 'onLine', { get: () => false })")
    press(person).sees("现在没有网络：填的内容都还在")
    press(person).page.wait_for_url("**/progress/**")


def test_a_form_waits_for_its_pictures_and_goes_by_itself(served: Served, somebody: Somebody, photo: Photo) -> None:
    person = filled(served, somebody(served))
    with no_uploads(person) as held:
        person.page.locator("#f-media-in").set_input_files([photo("厅门"), photo("轿厢")])
        under_way(person, held)
        press(person).sees("照片还在发送，发完会自动提交")
        assert person.path.startswith("/report/")
    person.page.wait_for_url("**/progress/**")
    (case,) = served.kit.cases(None, workflow="repair_order").items
    assert len(served.kit.look(case.id, lambda names: names["media"])) == 2


def test_a_picture_that_did_not_go_is_told_before_the_form_goes(
    served: Served, somebody: Somebody, photo: Photo
) -> None:
    person = filled(served, somebody(served))
    with no_uploads(person) as held:
        person.page.locator("#f-media-in").set_input_files(photo("厅门"))
        under_way(person, held)
        press(person)
        held.pop().abort()
        person.page.get_by_text("有照片没有发出去").wait_for()
    person.faults.clear()
    person.page.get_by_role("button", name="再试").click()
    person.page.get_by_text("已送达").wait_for()
    press(person).page.wait_for_url("**/progress/**")


def test_an_answer_that_got_lost_on_the_way_makes_no_second_report(served: Served, somebody: Somebody) -> None:
    """It went, and he cannot know: he comes back, finds what he typed, and sends it again."""
    person = filled(served, somebody(served))

    def lost(route: Route) -> None:
        if route.request.method == "POST" and "_show" not in (route.request.post_data or ""):
            route.fetch(max_redirects=0)
            person.context.clear_cookies(name="flowkit_done")  # It came with the answer.
            route.abort()
        else:
            route.continue_()

    person.page.route("**/report/**", lost)
    press(person)
    person.page.wait_for_url("chrome-error://**")
    assert len(served.kit.cases(None, workflow="repair_order").items) == 1
    person.page.unroute("**/report/**")
    person.faults.clear()
    person.get(code(served)).page.get_by_text("已恢复您上次没有提交的内容").wait_for()
    press(person).page.wait_for_url("**/progress/**")
    assert len(served.kit.cases(None, workflow="repair_order").items) == 1
