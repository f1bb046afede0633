"""Nobody does by a page what is not his to do: every address, every way in."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote

import pytest

from flowkit.app.app import App
from flowkit.web.links import progress_path
from flowkit.web.pages import PAGES
from flowkit.web.pages.page import Page
from flowkit.web.signing import Signer
from tests.web.branch import STRANGERS, WAVE, WORD, Branch, Browser, at_work

DOES: Mapping[str, tuple[str, dict[str, str]]] = {
    "/cases/{case}/do/{action}": (WAVE, {"f-费用": "5"}),
    "/new/{workflow}": (WAVE, {"f-门店": "西湖", "f-品类": "空调", "f-说明": "新的"}),
    "/report/{token}": ("", {"f-品类": "空调", "f-说明": "扫的", "f-电话": "13800000001"}),
    "/open/{intake}": ("", {"f-品类": "空调", "f-说明": "网上的", "f-电话": "13800000001"}),
    "/desk/{intake}": ("员工:boss", {"f-品类": "空调", "f-说明": "打来的", "f-电话": "13800000001"}),
    "/progress/{token}/do/{action}": ("", {}),
    "/views/{view}/several": ("员工:hugo", {"action": "claim", "case": "FREE"}),
    "/incidents/retry": ("员工:boss", {"key": "DEAD"}),
    "/me/substitute": (WAVE, {"substitute": "员工:hugo", "since": "2026-04-01T09:00", "until": "2026-04-02T09:00"}),
    "/me/end-substitute": (WAVE, {"id": "STANDING"}),
    "/me/password": (WAVE, {"old": WORD, "new": "another long word"}),
    "/language": ("", {"language": "en", "back": "/sign-in"}),
    "/sign-in": ("", {"name": "dora", "password": WORD}),
    "/sign-out": (WAVE, {}),
    "/uploads": ("", {}),
    "/demo/be": ("", {"actor": WAVE}),
    "/demo/clock": ("", {"minutes": "5"}),
}
"""By address that changes something: who may, and what the form then sends. Written by hand, so that a new address is a
failure until somebody has thought of it.
"""

OF_THE_CASE = ("/cases/{case}", "/views/{view}/several", "/incidents/retry", "/me/end-substitute", "/demo")
"Where what is asked for is not everybody's: strangers are refused."

SENT_BY = [page for page in PAGES if page.post]

Attack = Callable[[Branch, Browser, str, dict[str, str]], Any]


def _headers(**headers: str) -> Attack:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda b, browser, path, given: browser.submit(path, given, headers=named)


def _unmarked(b: Branch, browser: Browser, path: str, given: dict[str, str]) -> Any:
    mark = browser.cookies["flowkit_visitor"]
    browser.cookies.delete("flowkit_visitor")
    answer = browser.post(path, data={"_token": browser.token, **given})
    browser.cookies.delete("flowkit_visitor")
    browser.plant("flowkit_visitor", mark)
    return answer


ATTACKS: Mapping[str, Attack] = {
    "no token": lambda b, browser, path, given: browser.post(path, data=given),
    "empty token": lambda b, browser, path, given: browser.post(path, data={"_token": "", **given}),
    "wrong token": lambda b, browser, path, given: browser.post(path, data={"_token": "0" * 64, **given}),
    "no ASCII": lambda b, browser, path, given: browser.post(path, data={"_token": "令" * 64, **given}),
    "token of another browser": lambda b, browser, path, given: browser.post(
        path, data={"_token": b.browser().token, **given}
    ),
    "token in the address": lambda b, browser, path, given: browser.post(f"{path}?_token={browser.token}", data=given),
    "JSON as text": lambda b, browser, path, given: browser.post(
        path, content=repr({"_token": browser.token, **given}), headers={"content-type": "text/plain"}
    ),
    "a browser without a mark": _unmarked,
    "another site": _headers(origin="https://evil.example"),
    "another port": _headers(origin="http://testserver:8080"),
    "no site": _headers(origin="null"),
    "sent across sites": _headers(sec_fetch_site="cross-site"),
    "sent from a neighbouring site": _headers(sec_fetch_site="same-site"),
    "GET": lambda b, browser, path, given: browser.get(path, params={"_token": browser.token, **given}),
    "HEAD": lambda b, browser, path, given: browser.head(path, params={"_token": browser.token, **given}),
    "PUT": lambda b, browser, path, given: browser.put(path, data={"_token": browser.token, **given}),
    "DELETE": lambda b, browser, path, given: browser.request("DELETE", path, data={"_token": browser.token, **given}),
    "PATCH": lambda b, browser, path, given: browser.patch(path, data={"_token": browser.token, **given}),
    "called otherwise": lambda b, browser, path, given: browser.submit(
        path, given, headers={"x-http-method-override": "POST", "sec-fetch-site": "cross-site"}
    ),
}
"""Ways to make a browser that somebody uses send what he does not want."""

SHOWS = ("GET", "HEAD")
"Ways that may be answered by a page, as long as nothing changes."


@pytest.fixture(scope="module")
def branch(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    made = at_work(app, tmp_path_factory.mktemp("work"), demo=True)
    yield made
    made.kit.close()


@pytest.fixture(scope="module")
def spent(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    """One on which things are done, each once."""
    made = at_work(app, tmp_path_factory.mktemp("spent"), demo=True)
    yield made
    made.kit.close()


def given_to(branch: Branch, page: Page) -> dict[str, str]:
    named = {"FREE": branch.free, "DEAD": branch.dead, "STANDING": branch.standing}
    return {name: named.get(value, value) for name, value in DOES[page.path][1].items()}


def named(page: Page) -> str:
    return page.path


def state(branch: Branch) -> dict[str, Any]:
    """What there is, and what time it is to the business."""
    return {**branch.dump(), "now": branch.clock.now()}


def test_each_address_that_changes_something_is_in_the_table() -> None:
    """A new one is a failure until somebody says who may use it and how."""
    assert {page.path for page in SENT_BY} == DOES.keys()


@pytest.mark.parametrize("page", SENT_BY, ids=named)
def test_who_may_does(spent: Branch, page: Page) -> None:
    """Sent as its own page sends it, it is done: what the attacks leave undone could have been done."""
    browser, before = spent.browser(DOES[page.path][0]), state(spent)
    files = {"file": ("a.pdf", b"%PDF-1.7\n%%EOF")} if page.path == "/uploads" else None
    answer = browser.submit(spent.path(page), given_to(spent, page), files)
    assert answer.status_code in (200, 303), answer.text
    changed = state(spent) != before or "flowkit_language" in answer.headers.get("set-cookie", "")
    assert changed


def forge(branch: Branch, browser: Browser, page: Page) -> None:
    """Each attack by a browser that could do it rightly: refused, and all is as it was; only to look may be answered."""
    for name, attack in ATTACKS.items():
        before = state(branch)
        answer = attack(branch, browser, branch.path(page), given_to(branch, page))
        assert state(branch) == before, name
        assert answer.status_code in ({200, 303, 404, 405} if name in SHOWS else {403, 405}), name
        assert browser.cookies.get("flowkit_language") is None, name
    assert browser.submit("/language", {"language": "zh"}).status_code == 303, "its token was good all the time"
    if browser.actor:
        assert browser.get("/me").status_code == 200, "signed out"


@pytest.mark.parametrize("page", SENT_BY, ids=named)
def test_no_forged_request_does_anything(branch: Branch, page: Page) -> None:
    """Whoever tricks a browser that somebody uses gets nothing done with it."""
    forge(branch, branch.browser(DOES[page.path][0]), page)


@pytest.mark.parametrize("who", STRANGERS, ids=str)
@pytest.mark.parametrize("page", [p for p in SENT_BY if p.path.startswith(OF_THE_CASE) and not p.demo], ids=named)
def test_no_stranger_does_it(branch: Branch, page: Page, who: str) -> None:
    """With a page and a token of his own: refused or sent to sign in, and everything is as it was."""
    browser = branch.browser(STRANGERS[who])
    before = branch.dump()
    answer = browser.submit(branch.path(page), given_to(branch, page))
    assert branch.dump() == before
    if page.path == "/views/{view}/several" and who != "signed out":
        # The view is for everybody who works here; the cases that were sent are each refused by themselves.
        assert answer.status_code in (200, 303, 404)
    else:
        signs_in = "/sign-in" in answer.headers.get("location", "") or 'name="password"' in answer.text
        assert answer.status_code in (403, 404) or (who == "signed out" and signs_in)
    assert not traces(branch, answer.text, branch.path(page) + str(given_to(branch, page)))


# --- looking -----------------------------------------------------------------------------------------------------------

LOOKED_AT = [page for page in PAGES if page.get]

LOOKS = {
    "/cases/{case}": ("", "?tab=values", "?tab=messages", "?print=1"),
    "/cases/{case}/uploads/{upload}": ("", "?small=1"),
    "/cases": ("", "?q=绝密", "?q=NUMBER", "?state=all&unit=西湖", "?state=all&workflow=工单&node=处理中"),
    "/views/{view}": ("", "?q=绝密", "?lane=处理中", "?as=list", "?f.unit=西湖"),
    "/desk/{intake}": ("", "?caller=13987654321"),
    "/tasks": ("",),
}
"""Ways to ask more of a page."""


def addresses(branch: Branch, page: Page) -> list[str]:
    return [branch.path(page) + more.replace("NUMBER", branch.number) for more in LOOKS.get(page.path, ("",))]


def traces(branch: Branch, text: str, path: str) -> list[str]:
    """What of the foreign case stands in a page; what was asked for is no news."""
    return [mark for mark in branch.marks if mark in text and mark not in unquote(path)]


@pytest.mark.parametrize("page", LOOKED_AT, ids=named)
def test_to_look_changes_nothing(branch: Branch, page: Page) -> None:
    """Chat apps and browsers open links ahead: to who may see it, and to who may not, by GET and by HEAD."""
    for actor in (WAVE, "员工:boss", ""):
        browser, before = branch.browser(actor), state(branch)
        for path in addresses(branch, page):
            for _ in range(2):
                assert browser.get(path, headers={"purpose": "prefetch"}).status_code < 500
                assert browser.head(path).status_code < 500
        assert state(branch) == before


@pytest.mark.parametrize("who", STRANGERS, ids=str)
@pytest.mark.parametrize("page", [p for p in LOOKED_AT if "{token}" not in p.path], ids=named)
def test_no_stranger_sees_a_trace(branch: Branch, page: Page, who: str) -> None:
    """Not there, or his own things, or the page to sign in by: nothing of the foreign case."""
    browser = branch.browser(STRANGERS[who])
    for path in addresses(branch, page):
        answer = browser.get(path)
        assert not traces(branch, answer.text, path), path
        if not STRANGERS[who] and not page.public:
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/sign-in"), path
        if "{case}" in page.path and STRANGERS[who]:
            assert answer.status_code == 404, path


def test_who_may_sees_it(branch: Branch) -> None:
    """Who works on it finds it by these ways, so that a walk which looks past it would be noticed."""
    found = set()
    for browser in (branch.browser("员工:boss"), branch.browser(WAVE)):
        for page in LOOKED_AT:
            if "{token}" not in page.path:
                found |= {page.path for path in addresses(branch, page) if traces(branch, browser.get(path).text, path)}
    assert found >= {"/cases/{case}", "/cases/{case}/files/{file:path}", "/cases", "/views/{view}", "/tasks"}


# --- signed links ------------------------------------------------------------------------------------------------------


def bad_tokens(branch: Branch, purpose: str) -> dict[str, str]:
    """Tokens that nobody should believe, by what is wrong with them."""
    good = branch.progress if purpose == "progress" else branch.report
    body, _, signature = good.partition(".")
    other = Signer(b"k" * 32, branch.clock)
    plain = base64.urlsafe_b64encode(f'["{purpose}","","{branch.case}","客户:wu"]'.encode()).decode().rstrip("=")
    last = signature[:-1] + ("A" if signature[-1] != "A" else "B")
    return {
        "none": "x",
        "no signature": body,
        "empty signature": f"{body}.",
        "only a signature": f".{signature}",
        "another signature": f"{body}.{last}",
        "half a signature": f"{body}.{signature[:-4]}",
        "another body": f"{body[:-2]}AA.{signature}",
        "a body of one's own": f"{plain}.{signature}",
        "another key": other.sign(purpose, branch.case, "客户:wu"),
        "another purpose": branch.report if purpose == "progress" else branch.progress,
        "ended": branch.signer.sign(purpose, branch.case, "客户:wu", lasts=timedelta(0)),
        "longer than any": "A" * 5000,
        "twice": f"{good}.{signature}",
        "with a newline": f"{good}%0a",
        "no ASCII": "令牌.签名",
        "padded": f"{body}=.{signature}",
        "another spelling": f"{body}.{signature}=",
    }


TOKEN_PAGES = [page for page in PAGES if "{token}" in page.path]


@pytest.mark.parametrize("page", TOKEN_PAGES, ids=named)
def test_no_token_but_ours_opens_anything(branch: Branch, page: Page) -> None:
    """Looked at or sent, it is as if there were no such page."""
    purpose = "progress" if page.path.startswith("/progress") else "intake"
    good = branch.progress if purpose == "progress" else branch.report
    browser, before = branch.browser(), branch.dump()
    for wrong, token in bad_tokens(branch, purpose).items():
        path = branch.path(page).replace(good, token)
        asked = [browser.get(path)] + ([browser.submit(path, DOES[page.path][1])] if page.post else [])
        for answer in asked:
            assert answer.status_code == 404, wrong
            assert not traces(branch, answer.text, path), wrong
    assert branch.dump() == before


def test_a_link_to_follow_a_case_ends(fresh: Branch) -> None:
    """The link that a customer gets holds for half a year, not for ever."""
    browser, path = fresh.browser(), f"/progress/{fresh.progress}"
    assert browser.get(path).status_code == 200
    fresh.clock.move(timedelta(days=179))
    assert browser.get(path).status_code == 200
    fresh.clock.move(timedelta(days=2))
    assert browser.get(path).status_code == 404


def test_a_link_of_a_customer_is_his_alone(branch: Branch) -> None:
    """One who does not see the case gets nothing by a link that names it and him, even signed by us."""
    path = progress_path(branch.signer, branch.case, "客户:li")
    answer = branch.browser().get(path)
    assert answer.status_code == 404
    assert not traces(branch, answer.text, path)


def test_a_code_opens_a_report_and_no_history(branch: Branch) -> None:
    """Whoever scans the code of a machine reads nothing of what was done on it, nor of who reported what."""
    browser = branch.browser()
    page = browser.get(f"/report/{branch.report}")
    assert page.status_code == 200
    assert "二号机" in page.text
    assert not traces(branch, page.text, "")
    for path in (f"/progress/{branch.report}", f"/cases/{branch.case}", "/codes", "/tasks", "/cases", "/views/看板"):
        answer = browser.get(path)
        assert answer.status_code in (303, 404)
        assert not traces(branch, answer.text, path)


# --- with a host's login -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hosted(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    made = at_work(
        app,
        tmp_path_factory.mktemp("hosted"),
        authenticate=lambda request: unquote(request.headers.get("x-host-user", "")),
    )
    yield made
    made.kit.close()


def as_user(browser: Browser, actor: str) -> Browser:
    browser.headers["x-host-user"] = quote(actor)
    browser.read_token()
    return browser


@pytest.mark.parametrize(
    "page", [p for p in SENT_BY if not p.demo and p.path not in ("/sign-in", "/sign-out")], ids=named
)
def test_no_forged_request_does_anything_in_a_host(hosted: Branch, page: Page) -> None:
    """Who is signed in with the host is not tricked either."""
    forge(hosted, as_user(hosted.browser(), DOES[page.path][0]), page)


@pytest.mark.parametrize("who", STRANGERS, ids=str)
def test_no_stranger_of_a_host_sees_or_does(hosted: Branch, who: str) -> None:
    """The same walk with the host's login: nothing to see, nothing done, and nobody is sent to a page to sign in by."""
    browser = as_user(hosted.browser(), STRANGERS[who])
    before = hosted.dump()
    for page in PAGES:
        if page.demo or "{token}" in page.path:
            continue
        asked = [browser.get(path) for path in addresses(hosted, page)] if page.get else []
        if page.post and page.path.startswith(OF_THE_CASE):
            asked.append(browser.submit(hosted.path(page), given_to(hosted, page)))
            browser.cookies.delete("flowkit_said")  # repeats the ids that were sent
        for answer in asked:
            assert not traces(hosted, answer.text, str(answer.url)), page.path
            assert "/sign-in" not in answer.headers.get("location", "")
            if not STRANGERS[who] and not page.public:
                assert answer.status_code == 403, page.path
    assert hosted.dump() == before
    signed = [browser.get("/sign-in"), browser.submit("/sign-in", {"name": "dora", "password": WORD})]
    assert [answer.status_code for answer in signed] == [404, 404]
