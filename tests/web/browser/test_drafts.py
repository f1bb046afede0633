"""A draft that a browser keeps of a form: what is found in it again is what was there."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Route

import flowkit.web

STATIC = Path(flowkit.web.__file__).parent / "static"
PAGE = """<!doctype html><meta charset="utf-8"><form>
<input name="f-note"><input name="f-at" data-place><input type="hidden" name="f-at.system" data-system>
<input type="hidden" name="f-at.accuracy" data-accuracy><input type="hidden" name="f-photo.kept"></form>
<script type="module">import { draft } from "/forms.js"; draft(document.querySelector("form"));</script>"""


def answer(route: Route) -> None:
    name = route.request.url.rpartition("/")[2]
    if name.endswith(".js"):
        route.fulfill(body=(STATIC / name).read_text(encoding="utf-8"), content_type="text/javascript")
    else:
        route.fulfill(body=PAGE, content_type="text/html")


def test_a_position_comes_back_from_a_draft_with_its_system_and_accuracy(browser: Browser) -> None:
    """A phone's reading without them would be taken for one in the app's own system, half a kilometre away."""
    context = browser.new_context()
    page = context.new_page()
    page.route("**/*", answer)
    page.goto("http://form.test/")
    read = {"f-at": "30.2173,120.2079", "f-at.system": "wgs84", "f-at.accuracy": "12"}
    for name, value in read.items():
        page.eval_on_selector(f"[name='{name}']", "(box, value) => { box.value = value; }", value)
    page.fill("[name=f-note]", "在楼下")
    page.wait_for_function("localStorage.length > 0")
    page.reload()
    page.wait_for_selector(".told")
    assert {name: page.input_value(f"[name='{name}']") for name in read} == read
    context.close()
