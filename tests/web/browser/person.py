"""Somebody at a browser: what he sees, clicks and types. Whatever went wrong on the way is kept in `faults`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, Request, Response

PHONE, DESKTOP = 390, 1440
HEIGHTS = {320: 640, PHONE: 844, DESKTOP: 900}


def until(true: Callable[[], object]) -> None:
    """Something else is at work, and done before long."""
    for _ in range(400):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it never came about")


class Person:
    """One browser of its own: cookies, place and colours are nobody else's."""

    def __init__(
        self, browser: Browser, base: str, width: int = PHONE, *, scripts: bool = True, dark: bool = False
    ) -> None:
        self.base, self.width, self._scripts = base, width, scripts
        self.faults: list[str] = []
        self.loaded: list[Response] = []
        self._expected: set[int] = set()
        self.context = browser.new_context(
            viewport={"width": width, "height": HEIGHTS[width]},
            locale="zh-CN",
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            has_touch=width < DESKTOP,
        )
        self.context.set_default_timeout(30_000)
        self.context.route("**/*", self._stay_here)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda said: self._said(said.type, said.text))
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("response", self._answered)

    def close(self) -> None:
        self.context.close()

    # --- what may not happen ----------------------------------------------------------------------------------------

    def _stay_here(self, route: Any, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.base).netloc:
            self.faults.append(f"asked another host: {request.url}")
            route.abort()
        else:
            route.continue_()

    def _said(self, kind: str, text: str) -> None:
        refused = re.search(r"responded with a status of (\d+)", text)
        if kind == "error" and not (refused and int(refused[1]) in self._expected):
            self.faults.append(f"console: {text}")

    def _answered(self, response: Response) -> None:
        self.loaded.append(response)
        if response.status >= 400 and response.status not in self._expected:
            self.faults.append(f"{response.status} {response.request.method} {response.url}")

    @contextmanager
    def refused(self, *statuses: int) -> Iterator[None]:
        """Answers of these kinds are what is wanted here, and one of them comes."""
        before, self._expected = len(self.loaded), set(statuses or (422,))
        yield
        self.page.wait_for_load_state()
        assert any(r.status in self._expected for r in self.loaded[before:]), "nothing was refused"
        self._expected = set()

    # --- going about ------------------------------------------------------------------------------------------------

    def get(self, path: str) -> Person:
        self.page.goto(path if path.startswith("http") else self.base + path)
        return self

    def be(self, name: str) -> Person:
        """Another person of the trial, by the bar above every page."""
        if not self.page.locator("#persona").count():
            self.get("/demo")
        chosen = self.page.locator("#persona option", has_text=name).first.get_attribute("value")
        if self._scripts:
            with self.page.expect_navigation():
                self.page.select_option("#persona", chosen)
        else:
            self.page.select_option("#persona", chosen)
            self.page.get_by_role("button", name="换成他").click()
        return self

    def click(self, words: str, *, within: str = "main") -> Person:
        """The first link or button that says so, and the page it leads to."""
        self.wanted(words, within=within).click()
        self.page.wait_for_load_state()
        return self

    def wanted(self, words: str, *, within: str = "main") -> Locator:
        exact = re.compile(rf"^\s*{re.escape(words)}\s*$")
        place = self.page.locator(within)
        for role in ("button", "link"):
            if (found := place.get_by_role(role, name=exact)).count():
                return found.first
        return place.get_by_role("link", name=words).or_(place.get_by_role("button", name=words)).first

    def control(self, field: str) -> Locator:
        return self.page.locator(f'[name="f-{field}"]')

    def fill(self, **typed: str) -> Person:
        """Type into fields, or choose in them, by their names with `__` for a dot of a row."""
        for name, text in typed.items():
            path = name.replace("__", ".")
            found = self.control(path)
            kind = found.first.get_attribute("type")
            if kind == "radio":
                self.page.locator(f'label.pick:has([name="f-{path}"][value="{text}"])').click()
            elif found.first.evaluate("each => each.tagName") == "SELECT":
                found.first.select_option(text)
            else:
                found.first.fill(text)
        return self

    def read(self, selector: str = "main") -> str:
        return self.page.locator(selector).first.inner_text()

    def sees(self, *words: str, within: str = "main") -> Person:
        text = " ".join(self.read(within).split())
        for each in words:
            assert each in text, f"no {each!r} in: {text[:1200]}"
        return self

    def until(self, script: str) -> Person:
        """Wait until a script says true. The pages' own policy forbids what Playwright would wait with."""
        until(lambda: self.page.evaluate(script))
        return self

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def focused(self) -> str:
        """The id of what has the focus."""
        return str(self.page.evaluate("document.activeElement?.id || ''"))

    @property
    def wide(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


__all__ = ["DESKTOP", "PHONE", "Person", "until"]
