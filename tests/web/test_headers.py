"""What every answer says to browsers, and that no page brings a script or a style of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from flowkit.app.app import App
from flowkit.errors import StoreError
from flowkit.web import guard
from flowkit.web.pages import PAGES
from tests.web.branch import WAVE, Branch, Browser, at_work
from tests.web.test_guard import addresses


@pytest.fixture(scope="module")
def branch(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    made = at_work(app, tmp_path_factory.mktemp("work"), demo=True)
    yield made
    made.kit.close()


def answers(branch: Branch, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Any]]:
    """Pages, files, refusals, failures: one of each kind of answer there is."""
    dora, nobody = branch.browser(WAVE), branch.browser()
    for page in (page for page in PAGES if page.get):
        for path in addresses(branch, page):
            yield path, dora.get(path)
            yield f"nobody {path}", nobody.get(path)
    version = branch.served.state.site.version
    for name in ("flowkit.css", "page.js", "icons.svg", "mark.svg", "nothing.css"):
        yield name, nobody.get(f"/static/{version}/{name}")
    yield "health", nobody.get("/health")
    yield "not there", nobody.get("/nothing")
    yield "not so", nobody.put("/tasks")
    yield "forged", nobody.post("/uploads")
    yield "refused", dora.submit("/new/万能", {})
    yield "an event", nobody.post("/events/x/y", content=b"x")
    yield "bad host", nobody.get("/tasks", headers={"host": "["})
    for error in (StoreError("disk"), RuntimeError("ours")):

        def fail(*given: object, told: Exception = error, **more: object) -> None:
            raise told

        monkeypatch.setattr(branch.kit, "tasks", fail)
        yield repr(error), dora.get("/tasks")


OWN = ("/files/", "/uploads/")
"Files of people: they are shut into a sandbox."


def test_every_answer_carries_what_keeps_it_to_itself(branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages, files, refusals and failures alike."""
    seen = set[int]()
    for path, answer in answers(branch, monkeypatch):
        seen.add(answer.status_code)
        for name, value in guard.HEADERS.items():
            if name == "content-security-policy" and any(part in path for part in OWN) and answer.status_code == 200:
                assert answer.headers[name] == "default-src 'none'; sandbox", path
            else:
                assert answer.headers[name] == value, (path, name)
        assert "unsafe" not in answer.headers["content-security-policy"]
        lasting = path.startswith(("flowkit.", "page.", "icons", "mark")) or any(part in path for part in OWN)
        assert lasting or answer.headers["cache-control"] == "no-store", path
        assert "Traceback" not in answer.text, path
    assert seen >= {200, 303, 400, 403, 404, 405, 422, 500, 503}


def test_tls_is_kept_to(branch: Branch) -> None:
    """Who came by TLS comes by TLS for a year."""
    browser = Browser(branch, base_url="https://testserver")
    assert browser.get("/sign-in").headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in branch.browser().get("/sign-in").headers


class _Scan(HTMLParser):
    """What of a page would act by itself, or lies elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found += [f"{tag} {name}" for name in given if name.startswith("on") or name in ("style", "srcdoc")]
        inline = tag == "script" and not given.get("src") and given.get("type") != "application/json"
        if inline or tag in ("style", "base", "object", "embed", "iframe", "frame"):
            self.found.append(tag)
        for name in ("src", "href", "action", "formaction", "data"):
            value = given.get(name, "")
            elsewhere = re.match(r"\s*([a-z][a-z0-9+.-]*:|//)", value, re.IGNORECASE)
            if elsewhere and not value.startswith(("http://testserver/", *(("tel:", "geo:") if tag == "a" else ()))):
                self.found.append(f"{tag} {name}={value[:60]}")


def scan(page: str) -> list[str]:
    found = _Scan()
    found.feed(page)
    return found.found


def test_the_scan_finds_what_acts() -> None:
    """Else it would prove nothing."""
    bad = '<p style="x"><img onerror=a src=//evil><style></style><script>1</script><a href=" javascript:x">'
    assert scan(bad) == ["p style", "img onerror", "img src=//evil", "style", "script", "a href= javascript:x"]


def test_no_page_brings_a_script_or_a_style_of_its_own(branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in line, nothing from another host; what the policy would refuse is not there either."""
    pages = 0
    for actor in ("员工:boss", WAVE, ""):
        browser = branch.browser(actor)
        for page in (page for page in PAGES if page.get):
            for path in addresses(branch, page):
                answer = browser.get(path)
                if "text/html" in answer.headers.get("content-type", ""):
                    assert scan(answer.text) == [], path
                    pages += 1
    for path, answer in answers(branch, monkeypatch):
        if "text/html" in answer.headers.get("content-type", ""):
            assert scan(answer.text) == [], path
    assert pages > 30
