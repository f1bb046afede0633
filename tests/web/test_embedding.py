"""The pages as a guest: mounted under a path of a FastAPI host, whose login says who asks. Two businesses in one process."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse
from PIL import Image
from starlette.types import ASGIApp

from flowkit import FlowKit, VirtualClock, load_app
from flowkit.web import create_app
from tests.shop import NINE
from tests.web.plain import Plain

PEOPLE = {"mei": "employee:lin", "owner": "customer:G01"}
"Who the host's users are to the business."

SHOP = """
app: 修鞋铺
catcher: 师傅
roles: {师傅: {title: 师傅, sees: all}}
staff: {entity: 员工, roles: 角色}
---
entity: 员工
key: 号
fields: {号: text, 角色: role}
rows: [{号: lin, 角色: 师傅}]
---
form: 来修
fields: {什么: {type: text, required: true, help: 哪一双、坏在哪里}}
---
workflow: 修鞋
from: 来修
nodes:
  在修:
    owner: 师傅
    actions: {修好: {to: 完}}
    timeouts: [{after: 1d, notify: {to: owner, text: 该修好了}}]
  完: {end: done}
"""


def host(**mounted: ASGIApp) -> FastAPI:
    """A host with a login of its own, and pages mounted where their names say."""
    app = FastAPI()

    @app.post("/login")
    def login(user: Annotated[str, Form()]) -> RedirectResponse:
        answer = RedirectResponse("/hello", 303)
        answer.set_cookie("host_user", user, httponly=True)
        return answer

    @app.get("/hello")
    def hello() -> dict[str, str]:
        return {"says": "the host's own page"}

    for path, pages in mounted.items():
        app.mount(f"/{path}", pages)
    return app


def who(request: Request) -> str | None:
    return PEOPLE.get(request.cookies.get("host_user", ""))


async def cobbler(request: Request) -> str | None:
    """As a host does that looks people up in a store of its own."""
    return "员工:lin" if who(request) else None


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FlowKit, FlowKit]]:
    """The elevator company, and a cobbler."""
    folder = tmp_path_factory.mktemp("cobbler")
    (folder / "app.yaml").write_text(SHOP, encoding="utf-8")
    with ExitStack() as stack:
        lifts = FlowKit(
            load_app("examples/elevator_maintenance", scenarios=False), "sqlite://", clock=VirtualClock(NINE)
        )
        shop = FlowKit(load_app(folder), "sqlite://", clock=VirtualClock(NINE))
        yield stack.enter_context(lifts), stack.enter_context(shop)


@pytest.fixture
def app(kits: tuple[FlowKit, FlowKit]) -> FastAPI:
    lifts, shop = kits
    service = create_app(lifts, authenticate=who, sign_in="/login")
    return host(service=service, shoes=create_app(shop, authenticate=cobbler))


def signed_in(app: FastAPI, user: str) -> Plain:
    browser = Plain(app)
    browser.client.post("/login", data={"user": user})
    return browser


def leaving(browser: Plain, prefix: str) -> list[str]:
    """What the page refers to that lies outside its prefix, but for numbers to call and places to be led to."""
    found = re.findall(r'(?:href|src|action)="([^"]*)"', browser.text) + re.findall(
        r'data-live="([^"]*)"', browser.text
    )
    paths = [urlsplit(each).path for each in found if not each.startswith(("#", "tel:", "geo:"))]
    return [path for path in paths if path and not path.startswith(f"{prefix}/")]


def photo() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (80, 60), "red").save(held, "JPEG")
    return held.getvalue()


def test_the_login_of_the_host_says_who_asks(app: FastAPI) -> None:
    """Nobody is led to the host's login and back to the page he wanted; there is no sign-in page and no sign-out of ours."""
    browser = Plain(app)
    answer = browser.client.get("/service/cases", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fservice%2Fcases")
    assert browser.get("/shoes/tasks").status == 403  # where no login of the host's was named
    browser = signed_in(app, "mei")
    assert browser.get("/service/sign-in").status == 404
    assert browser.get("/service/me").status == 200
    assert "/sign-out" not in browser.text
    assert "/me/password" not in browser.text
    assert signed_in(app, "somebody else").get("/shoes/tasks").status == 403


@pytest.mark.parametrize("path", ["", "/", "/tasks", "/cases", "/views/dispatch_board", "/desk/phone_desk", "/me"])
def test_every_page_stays_under_its_prefix(app: FastAPI, path: str) -> None:
    """Links, forms, scripts, pictures and redirects all lead below /service; the host's own pages are where they were."""
    browser = signed_in(app, "mei")
    browser.get(f"/service{path}")
    assert browser.status == 200
    assert browser.path.startswith("/service/")
    assert leaving(browser, "/service") == []
    assert 'data-root="/service"' in browser.text
    assert browser.client.get("/hello").json() == {"says": "the host's own page"}


def test_styles_and_scripts_are_served_under_the_prefix(app: FastAPI) -> None:
    """What a page loads is there, and what its style sheet and modules load in turn."""
    browser = signed_in(app, "mei").get("/service/tasks")
    loaded = re.findall(r'(?:href|src)="(/service/static/[^"#]*)', browser.text)
    assert any(path.endswith("page.js") for path in loaded)
    for path in dict.fromkeys(loaded):
        answer = browser.client.get(path)
        assert answer.status_code == 200
        for other in re.findall(r'from "\./([^"]*)"', answer.text):
            assert browser.client.get(path.rpartition("/")[0] + "/" + other).status_code == 200


def test_a_repair_is_reported_and_taken_up_below_the_prefix(app: FastAPI, kits: tuple[FlowKit, FlowKit]) -> None:
    """A code's link leads to the form, the form with its photo to the customer's page, and staff act on the case."""
    site = next(route.app for route in app.routes if getattr(route, "path", "") == "/service").state.site
    customer = Plain(app)
    customer.get(f"/service/report/{site.signer.sign('intake', 'scan', 'E001')}")
    picture = {"media": ("a.jpg", photo(), "image/jpeg")}
    customer.send("提交", fault_type="门关不上", description="关到一半又弹开", phone="13800000100", files=picture)
    assert customer.status == 200
    assert customer.path.startswith("/service/progress/")
    assert leaving(customer, "/service") == []
    assert "http://testserver/service/progress/" in customer.text
    shown = re.search(r'src="(/service/progress/[^"]*/uploads/[^"]*)"', customer.text)
    assert shown is not None
    assert customer.client.get(shown[1]).headers["content-type"] == "image/jpeg"
    found = kits[0].cases(None).items[0]
    clerk = signed_in(app, "mei").get(f"/service/cases/{found.id}")
    assert leaving(clerk, "/service") == []
    clerk.get(f"/service/cases/{found.id}/do/comment").send("评论", text="已经打过电话")
    assert clerk.path.startswith(f"/service/cases/{found.id}")
    assert clerk.get(f"/service/cases/{found.id}").words.count("已经打过电话") >= 1


def test_codes_that_are_printed_lead_below_the_prefix(app: FastAPI, kits: tuple[FlowKit, FlowKit]) -> None:
    """A code holds the whole address, with the host's path in it; with `base` it is the address that was named."""
    PEOPLE["head"] = next(
        actor for actor, _ in kits[0].colleagues() if kits[0].app.business.catcher in kits[0].roles(actor)
    )
    browser = signed_in(app, "head").get("/service/codes")
    link = next(href for href, said in browser.links if said == "打开")
    assert link.startswith("http://testserver/service/report/")
    assert browser.get(urlsplit(link).path).status == 200
    named = host(service=create_app(kits[0], authenticate=who, base="https://lift.example.com/service/"))
    codes = signed_in(named, "head").get("/service/codes")
    assert all(h.startswith("https://lift.example.com/service/report/") for h, said in codes.links if said == "打开")


def test_cookies_of_ours_stay_below_the_prefix(app: FastAPI) -> None:
    """Every cookie that the pages set is for their own path, so that neither the host nor a neighbour gets it."""
    browser = signed_in(app, "mei").get("/service/me")
    browser.send("English", language="en")
    jar = browser.client.cookies.jar
    ours = {cookie.name: cookie.path for cookie in jar if cookie.name.startswith("flowkit_")}
    assert {"flowkit_visitor", "flowkit_language"} <= set(ours)
    assert set(ours.values()) == {"/service"}
    assert 'lang="en"' in browser.get("/service/me").text
    assert 'lang="zh-CN"' in browser.get("/shoes/me").text


def test_two_businesses_in_one_process_do_not_mix(app: FastAPI, kits: tuple[FlowKit, FlowKit]) -> None:
    """Each mount shows its own cases and takes its own tokens: a form of the one is refused by the other."""
    browser = signed_in(app, "mei").get("/shoes/new/修鞋")
    assert "哪一双、坏在哪里" in browser.words
    theirs = signed_in(app, "mei").get("/service/me").form("English").values
    before = kits[1].count(None)
    refused = browser.client.post("/shoes/new/修鞋", data=dict(theirs) | {"f-什么": "左脚"})
    assert refused.status_code == 403
    assert kits[1].count(None) == before
    browser.send("提交", 什么="左脚开胶")
    assert browser.path.startswith("/shoes/cases/")
    assert leaving(browser, "/shoes") == []
    found = kits[1].cases(None).items[0]
    assert f"/shoes/cases/{found.id}" in browser.get("/shoes/cases").text
    assert found.id not in signed_in(app, "mei").get("/service/cases?state=all").text
    assert browser.get(f"/service/cases/{found.id}").status == 404
