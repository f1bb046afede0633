"""Beginning a case by hand."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from flowkit.runtime.forms import Beginning
from flowkit.web.filling import Filling
from flowkit.web.pages.page import Page
from flowkit.web.site import Ask


def start(ask: Ask) -> Response:
    workflow = ask.param("workflow")

    def send(given: dict[str, Any], key: str) -> Response:
        done = ask.kit.submit(workflow, given, by=ask.by, key=key)
        return ask.go(f"/cases/{done.id}", ask.language.text("已提交：{number}", number=done.number))

    return Filling(ask, Beginning(workflow), ask.by, warns=True).answer("start.html", send)


PAGES = (Page("/new/{workflow}", start, post=True),)
