"""Fields that follow others: what somebody types while the answer is under way is his, and is followed too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Browser, Page, Route

import flowkit.web

STATIC = Path(flowkit.web.__file__).parent / "static"
PAGE = """<!doctype html><meta charset="utf-8"><form method="post"><div data-fields>{fields}</div></form>
<script type="module">import {{ follow }} from "/forms.js"; follow(document.querySelector("form"), () => {{}});</script>"""
FIELDS = """<div class="field" data-path="quantity"><input id="f-quantity" name="f-quantity" value="{quantity}" data-follow></div>
<div class="field" data-path="price"><input id="f-price" name="f-price" value="{price}" data-follow></div>
<div class="field" data-path="note"><input id="f-note" name="f-note" value="{note}"></div>
<div class="field"><output>{total}</output></div>"""


class Sums:
    """A server that multiplies, and answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[Route] = []

    def __call__(self, route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name.endswith(".js"):
            route.fulfill(body=(STATIC / name).read_text(encoding="utf-8"), content_type="text/javascript")
        elif route.request.method == "POST":
            self.asked.append(route)
        else:
            route.fulfill(body=page({}), content_type="text/html")

    def answer(self, which: int) -> None:
        """Answer one request, by what it told when it was sent."""
        request = self.asked[which].request
        told = {
            name.removeprefix("f-"): value
            for name, value in form_values(request.post_data or "", request.headers["content-type"]).items()
        }
        self.asked[which].fulfill(body=page(told), content_type="text/html")


def form_values(body: str, kind: str) -> dict[str, str]:
    if "boundary=" not in kind:
        return dict(parse_qsl(body, keep_blank_values=True))
    parts = body.split("--" + kind.partition("boundary=")[2])[1:-1]
    split = (part.strip("\r\n").partition("\r\n\r\n") for part in parts)
    return {head.partition('name="')[2].partition('"')[0]: value for head, _, value in split}


def page(told: dict[str, str]) -> str:
    quantity, price = told.get("quantity", ""), told.get("price", "")
    total = str(int(quantity) * int(price)) if quantity and price else ""
    fields = FIELDS.format(quantity=quantity, price=price, note=told.get("note", ""), total=total)
    return PAGE.format(fields=fields)


@pytest.fixture
def sums() -> Sums:
    return Sums()


@pytest.fixture
def bill(browser: Browser, sums: Sums) -> Iterator[Page]:
    context = browser.new_context()
    opened = context.new_page()
    opened.route("**/*", sums)
    opened.goto("http://form.test/")
    yield opened
    context.close()


def quantity_is_sent(bill: Page, sums: Sums) -> None:
    bill.locator("[name=f-quantity]").fill("2")
    with bill.expect_request(lambda request: request.method == "POST"):
        bill.locator("[name=f-quantity]").press("Tab")
    bill.wait_for_timeout(50)


def sent(bill: Page, sums: Sums, count: int) -> None:
    for _ in range(100):
        if len(sums.asked) >= count:
            return
        bill.wait_for_timeout(50)
    raise AssertionError(f"asked {len(sums.asked)} times instead of {count}")


def test_what_was_typed_and_left_while_the_answer_was_under_way_stays(bill: Page, sums: Sums) -> None:
    quantity_is_sent(bill, sums)
    bill.locator("[name=f-note]").fill("加急")
    bill.locator("[name=f-price]").focus()
    sums.answer(0)
    bill.wait_for_timeout(300)
    assert bill.input_value("[name=f-note]") == "加急"


def test_a_field_being_typed_in_when_the_answer_comes_is_followed_when_it_is_left(bill: Page, sums: Sums) -> None:
    """Putting it back into the page makes the browser forget that it was changed: it tells of no change."""
    quantity_is_sent(bill, sums)
    bill.locator("[name=f-price]").fill("85")
    sums.answer(0)
    bill.wait_for_timeout(300)
    assert bill.evaluate("document.activeElement.name") == "f-price"
    bill.locator("[name=f-price]").press("Tab")
    sent(bill, sums, 2)
    sums.answer(1)
    bill.locator("output", has_text="170").wait_for()


def test_an_answer_overtaken_by_a_later_one_is_not_shown(bill: Page, sums: Sums) -> None:
    quantity_is_sent(bill, sums)
    bill.locator("[name=f-price]").fill("85")
    bill.locator("[name=f-price]").press("Tab")
    sent(bill, sums, 2)
    sums.answer(1)
    bill.locator("output", has_text="170").wait_for()
    sums.answer(0)
    bill.wait_for_timeout(300)
    assert (bill.inner_text("output"), bill.input_value("[name=f-price]")) == ("170", "85")


def test_words_under_composition_are_not_torn_apart(bill: Page, sums: Sums) -> None:
    """Chinese is typed by a method that composes: a box that is moved meanwhile loses what is composed."""
    quantity_is_sent(bill, sums)
    bill.locator("[name=f-note]").focus()
    keys = bill.context.new_cdp_session(bill)
    keys.send("Input.imeSetComposition", {"text": "jia ji", "selectionStart": 6, "selectionEnd": 6})
    sums.answer(0)
    bill.wait_for_timeout(300)
    assert bill.input_value("[name=f-note]") == "jia ji"
    keys.send("Input.insertText", {"text": "加急"})
    sent(bill, sums, 2)
    sums.answer(1)
    bill.wait_for_timeout(300)
    assert bill.input_value("[name=f-note]") == "加急"


def test_a_line_that_is_down_takes_nothing_away(bill: Page, sums: Sums) -> None:
    faults: list[str] = []
    bill.on("pageerror", lambda error: faults.append(str(error)))
    quantity_is_sent(bill, sums)
    sums.asked[0].abort()
    bill.wait_for_timeout(300)
    assert (bill.input_value("[name=f-quantity]"), faults) == ("2", [])
