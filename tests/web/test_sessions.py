"""Who is signed in, for how long, and that nobody else is."""

from __future__ import annotations

import html
import re
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from flowkit.runtime.accounts import IDLE, LONGEST, MOST_TRIES
from flowkit.web import create_app, guard
from flowkit.web.pages import signing_in
from flowkit.web.passwords import kept
from tests.unit.uploads.made import picture
from tests.web.branch import WAVE, WORD, Branch, Browser

MARKS = (guard.SESSION, guard.VISITOR)


def sign_in(browser: Browser, password: str = WORD, name: str = "dora", **more: str) -> Any:
    answer = browser.submit("/sign-in", {"name": name, "password": password, **more})
    browser.read_token()
    return answer


def is_signed_in(browser: Browser) -> bool:
    return bool(browser.get("/me").status_code == 200)


# --- beginning and ending ------------------------------------------------------------------------------------------------


def test_marks_that_were_planted_are_worth_nothing_afterwards(fresh: Branch) -> None:
    """Who plants his own marks in somebody's browser is not signed in with them, and can forge no form of it."""
    attacker, victim = fresh.browser(WAVE), fresh.browser()
    planted = {name: attacker.cookies[name] for name in MARKS}
    for name, value in planted.items():
        victim.plant(name, value)
    victim.read_token()
    assert sign_in(victim).status_code == 303
    assert all(victim.cookies[name] != planted[name] for name in MARKS)
    assert not is_signed_in(attacker), "the planted session has ended"
    assert victim.post("/sign-out", data={"_token": attacker.token}).status_code == 403
    assert is_signed_in(victim)


def test_a_mark_that_is_none_of_ours_is_replaced(fresh: Branch) -> None:
    """A browser is told apart by chance of ours alone: no text that somebody chose, however long, gets into the database."""
    for planted in ("x", "a" * 4000, "../../etc", "%00", "a" * 31 + "."):
        browser = fresh.browser()
        answer = browser.get("/sign-in", headers={"cookie": f"{guard.VISITOR}={planted}"})
        assert f"{guard.VISITOR}=" in answer.headers["set-cookie"]


def test_signing_out_ends_it_here_and_on_the_server(fresh: Branch) -> None:
    """A copy of the marks is worth nothing afterwards."""
    browser, copy = fresh.browser(WAVE), fresh.browser()
    for name in MARKS:
        copy.plant(name, browser.cookies[name])
    assert is_signed_in(copy)
    assert browser.submit("/sign-out").status_code == 303
    assert not is_signed_in(browser)
    assert not is_signed_in(copy)
    assert guard.SESSION not in browser.cookies
    assert browser.cookies[guard.VISITOR] != copy.cookies[guard.VISITOR]


def test_a_new_password_ends_all_others(fresh: Branch) -> None:
    """Whoever has the old one is out at once; who changed it stays, under new marks."""
    here, there = fresh.browser(WAVE), fresh.browser(WAVE)
    before = here.cookies[guard.SESSION]
    assert here.submit("/me/password", {"old": WORD, "new": "another long word"}).status_code == 303
    assert is_signed_in(here)
    assert here.cookies[guard.SESSION] != before
    assert not is_signed_in(there)
    assert sign_in(fresh.browser()).status_code == 422
    assert sign_in(fresh.browser(), "another long word").status_code == 303


@pytest.mark.parametrize("new", ["short", "", "x" * 201])
def test_a_poor_password_changes_nothing(fresh: Branch, new: str) -> None:
    """Too short or too long is refused in words; the old one holds."""
    answer = fresh.browser(WAVE).submit("/me/password", {"old": WORD, "new": new})
    assert answer.status_code == 422
    assert "密码为 8 到 200 个字符" in answer.text
    assert sign_in(fresh.browser()).status_code == 303


def test_an_account_that_is_gone_signs_out(fresh: Branch) -> None:
    """Whose account was taken away is out with his next click."""
    browser = fresh.browser(WAVE)
    fresh.kit.accounts.remove("dora")
    assert not is_signed_in(browser)


def test_sessions_end(fresh: Branch) -> None:
    """After twelve hours without a click, and after fourteen days in any case."""
    idle, busy = fresh.browser(WAVE), fresh.browser(WAVE)
    for _ in range(int(LONGEST / timedelta(hours=11))):
        fresh.clock.move(timedelta(hours=11))
        assert is_signed_in(busy)
    assert not is_signed_in(idle)
    fresh.clock.move(timedelta(hours=11))
    assert not is_signed_in(busy)
    last = fresh.browser(WAVE)
    fresh.clock.move(IDLE - timedelta(minutes=1))
    assert is_signed_in(last)
    fresh.clock.move(IDLE + timedelta(minutes=6))
    assert not is_signed_in(last)


def test_no_session_lies_open(fresh: Branch) -> None:
    """Who reads the database finds neither what a browser keeps nor a password."""
    browser = fresh.browser(WAVE)
    assert browser.cookies[guard.SESSION] not in repr(fresh.dump())
    assert WORD not in repr(fresh.dump())


# --- guessing ------------------------------------------------------------------------------------------------------------


def test_five_wrong_passwords_lock_an_account_for_a_while(fresh: Branch) -> None:
    """Then the right one is refused too, with the same words; a minute later it is right again."""
    browser = fresh.browser()
    for number in range(MOST_TRIES):
        assert sign_in(browser, f"wrong {number}").status_code == 422
    locked = sign_in(browser)
    assert locked.status_code == 422
    fresh.clock.move(timedelta(minutes=1, seconds=1))
    assert sign_in(browser).status_code == 303


def test_the_lock_lasts_longer_each_time(fresh: Branch) -> None:
    """Who goes on guessing waits two minutes, then three."""
    browser = fresh.browser()
    for _ in range(MOST_TRIES):
        sign_in(browser, "wrong")
    fresh.clock.move(timedelta(seconds=61))
    sign_in(browser, "wrong")
    fresh.clock.move(timedelta(seconds=61))
    assert sign_in(browser).status_code == 422
    fresh.clock.move(timedelta(seconds=61))
    assert sign_in(browser).status_code == 303


def test_many_guesses_at_once_are_no_more_than_one_after_another(
    fresh: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of twelve at the same moment five are looked at, for none is looked at before it was counted."""
    browsers, looked = [fresh.browser() for _ in range(12)], list[str | None]()
    together = threading.Barrier(12, timeout=20)

    def slowly(kept_: str | None, password: str) -> bool:
        looked.append(kept_)
        return False

    monkeypatch.setattr(signing_in, "is_right", slowly)

    def guess(browser: Browser) -> None:
        together.wait()
        browser.submit("/sign-in", {"name": "dora", "password": "guess"})

    threads = [threading.Thread(target=guess, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([each for each in looked if each is not None]) == MOST_TRIES


def test_nobody_learns_which_names_there_are(fresh: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong name, a wrong password and a locked account are answered alike, and each is held against a password."""
    asked = list[str | None]()
    right = signing_in.is_right
    monkeypatch.setattr(signing_in, "is_right", lambda held, typed: asked.append(held) or right(held, typed))
    browser = fresh.browser()
    told = [
        plain(sign_in(browser, "wrong", name)) for name in ("nobody", *["dora"] * 7, "nobody", "", "\x00", "x" * 5000)
    ]
    assert len(set(told)) == 1
    assert len(asked) == len(told)


def plain(answer: Any) -> str:
    return re.sub(r'data-(token|now)="\w+"|name="_token" value="\w+"', "", answer.text)


def test_only_two_passwords_are_checked_at_once(fresh: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes 64 MB: whoever sends many at once waits."""
    now, most, lock = [0], [0], threading.Lock()

    def counted(held: str | None, typed: str) -> bool:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        threading.Event().wait(0.02)
        with lock:
            now[0] -= 1
        return False

    monkeypatch.setattr(signing_in, "is_right", counted)
    browsers = [fresh.browser() for _ in range(8)]
    threads = [threading.Thread(target=b.submit, args=("/sign-in", {"name": "x", "password": "y"})) for b in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2


# --- cookies and addresses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["https", "behind TLS"])
def test_cookies_are_for_this_site_and_no_script(fresh: Branch, how: str) -> None:
    """Each is HttpOnly and SameSite=Lax, leaves by TLS only, and names no domain."""
    app = create_app(fresh.kit, base="https://service.example.com" if how == "behind TLS" else "")
    browser = Browser(fresh, app=app, base_url="https://testserver" if how == "https" else "http://testserver")
    answers = [browser.get("/sign-in", headers={"cookie": ""}), browser.submit("/language", {"language": "en"})]
    # What a browser behind TLS would send although the test's own does not.
    jar = {"cookie": f"{guard.VISITOR}={'v' * 32}"}
    token = re.search(r'data-token="(\w+)"', browser.get("/sign-in", headers=jar).text)
    assert token is not None
    answers.append(browser.post("/sign-in", data={"_token": token[1], "name": "dora", "password": WORD}, headers=jar))
    cookies = [c for answer in answers for c in answer.headers.get_list("set-cookie")]
    assert {c.partition("=")[0] for c in cookies} >= set(MARKS)
    for cookie in cookies:
        flags = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "secure", "path=/"} <= flags
        assert "domain" not in cookie.lower()


AWAY = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "http:evil.example",
    "/\t/evil.example",
)
AWAY += (
    "/\n/evil.example",
    "/\r\nset-cookie: a=b",
    "javascript:alert(1)",
    " //evil.example",
    "///evil.example",
    "/%0d%0aa: b",
)
AWAY += (
    "//evil.example/%2f..",
    "/a\\..\\\\evil.example",
    "\u2044/evil.example",
    "/\u0000",
    "/\x85/evil",
    "data:text/html,x",
)


@pytest.mark.parametrize("address", AWAY)
def test_no_address_leads_away(fresh: Branch, address: str) -> None:
    """Wherever a page is told to go on, after signing in or choosing a language, it stays here."""
    browser = fresh.browser()
    answers = [browser.submit("/language", {"language": "zh", "back": address}), sign_in(browser, next=address)]
    for answer in answers:
        where = answer.headers["location"]
        assert answer.status_code == 303
        assert re.fullmatch(r"/([\w%][\w%:.-]*)?(/[\w%:.-]*)*", where), where
        assert "evil" not in where.lower() or where.startswith("/%0d%0a") or not re.match(r"/[/\\]", where)
        assert "a=b" not in str(answer.headers.get("set-cookie"))


def test_it_goes_on_where_it_was_stopped(fresh: Branch) -> None:
    """A link that was opened signed out is opened after signing in, with its query."""
    browser = fresh.browser()
    sent = browser.get(f"/cases/{fresh.case}?tab=values")
    browser.get(sent.headers["location"])
    page = browser.get(sent.headers["location"]).text
    after = html.unescape(re.search(r'name="next" value="([^"]*)"', page)[1])  # type: ignore[index]
    assert sign_in(browser, next=after).headers["location"] == f"/cases/{fresh.case}?tab=values"


HOSTS = (
    "evil.example/x?",
    "evil example",
    "a@b",
    "[",
    "[::1",
    "evil.example:99999999",
    "<script>",
    "a\\b",
    "",
    "a,b",
    "a/b",
)


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_no_name_is_refused(fresh: Branch, host: str) -> None:
    """By 400 and never by a failure, wherever it would have got into a link."""
    for path in ("/sign-in", f"/progress/{fresh.progress}", "/static/x/flowkit.css", "/none"):
        answer = fresh.browser().get(path, headers={"host": host})
        assert answer.status_code == 400
        assert "nosniff" in answer.headers["x-content-type-options"]


def test_links_that_leave_begin_as_we_say(fresh: Branch) -> None:
    """With `base` no header of a request gets into a code or a link that is kept."""
    app = create_app(fresh.kit, base="https://service.example.com/x")
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    boss = Browser(fresh, "员工:boss", app=app)
    for path in ("/codes", f"/progress/{fresh.progress}"):
        page = boss.get(path, headers=headers).text
        assert "https://service.example.com/x/" in page
        assert "evil" not in page


def test_forwarded_headers_alone_change_nothing(fresh: Branch) -> None:
    """Who we are called by is the Host header, whatever a client adds besides."""
    headers = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example", "x-original-url": "/codes"}
    page = fresh.browser("员工:boss").get("/codes", headers=headers).text
    assert "http://testserver/report/" in page
    assert "evil" not in page


# --- a session that ran out while typing -----------------------------------------------------------------------------------


def hidden(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page)
    return [(html.unescape(name), html.unescape(value)) for name, value in found]


TYPED = {"f-费用": "12.5<b>&\"'", "f-注": "第一行\n第二行 {{7*7}}", "_key": "k1", "_visit": "2"}


def test_what_was_typed_goes_through_signing_in(fresh: Branch) -> None:
    """Whose session ran out while typing signs in, once wrongly, and finds the form as he left it, not yet sent."""
    browser = fresh.browser(WAVE)
    fresh.clock.move(IDLE + timedelta(minutes=6))
    before, path = fresh.dump(), fresh.path("/cases/{case}/do/{action}")
    page = browser.submit(path, TYPED)
    assert "登录" in page.text
    for password in ("wrong", WORD):
        carried = dict(hidden(page.text)) | {"name": "dora", "password": password}
        page = browser.post("/sign-in", data=carried)
    assert page.status_code == 200
    back = dict(hidden(page.text))
    action = html.unescape(re.search(r'<form method="post" action="([^"]*)"', page.text)[1])  # type: ignore[index]
    assert action == unquote(path)
    assert {name: value.replace("\r\n", "\n") for name, value in back.items() if name in TYPED} == TYPED
    form = browser.post(action, data=back)
    assert form.status_code == 200
    assert "12.5&lt;b&gt;&amp;&#34;&#39;" in form.text
    assert fresh.dump()["cases"] == before["cases"]
    browser.read_token()
    assert browser.submit(path, {**TYPED, "f-费用": "12.5"}).status_code == 303


@pytest.mark.parametrize(("name", "his"), [("dora", True), ("emil", False)])
def test_what_one_person_typed_goes_on_with_him_alone(fresh: Branch, name: str, his: bool) -> None:
    """Two share a browser: the other one signs in, and finds nothing of what was typed before him."""
    browser = fresh.browser(WAVE)
    fresh.kit.accounts.keep("emil", "员工:emil", kept(WORD))
    path = fresh.path("/cases/{case}/do/{action}")
    mark = dict(hidden(browser.get(path).text))["_me"]
    fresh.clock.move(IDLE + timedelta(minutes=6))
    page = browser.submit(path, {**TYPED, "_me": mark})
    carried = dict(hidden(page.text)) | {"name": name, "password": WORD}
    answer = browser.post("/sign-in", data=carried)
    assert ("第一行" in answer.text, answer.status_code) == ((True, 200) if his else (False, 303))


def test_a_picture_of_somebody_who_is_signed_out_is_refused_in_words(fresh: Branch) -> None:
    """It would be kept for a browser that nobody is any more once he signs in again."""
    browser = fresh.browser(WAVE)
    mark = dict(hidden(browser.get(fresh.path("/cases/{case}/do/{action}")).text))["_me"]
    fresh.clock.move(IDLE + timedelta(minutes=6))
    browser.read_token()
    for whose, status in ((mark, 401), ("", 200)):
        files = {"file": ("a.jpg", picture(), "image/jpeg")}
        headers = {"x-flowkit-token": browser.token, "x-flowkit-me": whose}
        answer = browser.post("/uploads", files=files, headers=headers)
        assert answer.status_code == status
        assert ("登录" in answer.text) is (status == 401)


def test_passwords_and_too_much_are_not_carried(fresh: Branch) -> None:
    """Only what belongs to a form of ours, up to a size: else signing in is all that is asked."""
    browser = fresh.browser()
    answer = browser.submit("/me/password", {"old": WORD, "new": "another long word"})
    assert answer.status_code == 303
    assert WORD not in answer.text
    long = browser.submit(fresh.path("/cases/{case}/do/{action}"), {"f-费用": "9" * 300_000})
    assert long.status_code == 303


def test_carried_values_are_only_shown(fresh: Branch) -> None:
    """Who tricks somebody into signing in with a form of his own does nothing by that: the form is shown, not sent."""
    browser, before = fresh.browser(), fresh.dump()
    given = {
        "name": "dora",
        "password": WORD,
        "next": fresh.path("/cases/{case}/do/{action}"),
        "c.f-费用": "66",
        "c._show": "",
    }
    assert browser.submit("/sign-in", given).status_code == 200
    assert fresh.dump()["cases"] == before["cases"]
