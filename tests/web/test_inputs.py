"""Whatever is sent: it comes out as it was typed, or is refused in words; never a failure of ours."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowkit.app.app import App
from flowkit.web.pages import PAGES
from tests.unit.uploads import corpus
from tests.unit.uploads.made import picture
from tests.web.branch import WAVE, Branch, Browser, at_work

CANARIES = {
    "template": "{{1787*9181}}",
    "dollar": "${1787*9181}",
    "percent": "{% raw %}#{1787*9181}",
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "quote": "' onmouseover='alert(1)",
    "textarea": "</textarea></select><script>1</script>",
    "command": "=cmd|'/C calc'!A0",
    "yaml": "!!python/object/apply:os.system ['id']",
    "right to left": "abc\u202edcba",
    "entity": "&lt;b&gt; &amp;amp; &#x41;",
    "format": "%s %(x)s {0} {x!r:>9}",
    "address": "javascript:alert(1)",
    "sql": "'; DROP TABLE cases; --",
    "emoji": "👩‍🔧🀄",
    "separator": "a\u2028b",
}

PAUSE = timedelta(seconds=20)
"Between two forms: nobody is held up for being quick."

HOSTILE = [
    *CANARIES.values(),
    "\x00",
    "\x1b[31m",
    "\r\nset-cookie: a=b",
    "\ufeff",
    "\ud7ff\ue000",
    "9" * 5000,
    "-0",
    "NaN",
    "1e999",
]
HOSTILE += [
    "²",
    "٣",
    "1,5",
    "∞",
    "0x10",
    "2026-02-30",
    "99999-01-01",
    "24:61",
    "0000-00-00T00:00",
    "30.1,120.1",
    "999,999",
    "1" * 400,
]
HOSTILE += [
    "a" * 100_000,
    "客户:wu",
    "role:经理",
    "../../etc/passwd",
    "[]",
    "{}",
    "null",
    "true",
    "a|b",
    "甲|乙",
    "-1 天",
    "∞ 天",
    "9" * 30 + " 天",
]


@pytest.fixture(scope="module")
def branch(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    made = at_work(app, tmp_path_factory.mktemp("work"))
    yield made
    made.kit.close()


@pytest.fixture(scope="module")
def dora(branch: Branch) -> Browser:
    return branch.browser(WAVE)


def fields_of(page: str) -> list[str]:
    """The names that a form of ours sends."""
    return sorted({html.unescape(name) for name in re.findall(r' name="([^"]+)"', page)} - {"viewport", "_token"})


@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES.keys())
def test_it_comes_out_as_it_was_typed(branch: Branch, dora: Browser, canary: str) -> None:
    """In the form that is shown again, in the case, in lists, titles and searches: as text and nothing else."""
    names = fields_of(dora.get("/new/万能").text)
    typed = {name: canary for name in names if name.startswith("f-") and not name.endswith(".rows")}
    again = dora.submit("/new/万能", {**typed, "f-表.rows": "1"})
    assert again.status_code == 422
    assert_harmless(again.text, canary)
    good = dora.submit(
        "/new/万能",
        {"f-文": canary, "f-长": canary, "f-址": canary, "f-行": canary, "f-表.rows": "1", "f-表.1.名": canary},
    )
    assert good.status_code == 303, again.text
    case = good.headers["location"]
    for path in (
        case,
        f"{case}?tab=values",
        f"{case}/do/办",
        "/tasks",
        "/cases",
        f"/cases?q={quote(canary)}",
        "/views/清单",
    ):
        assert_harmless(dora.get(path).text, canary)
    shown = dora.get(f"{case}?tab=values").text
    assert html.unescape(shown).count(canary) >= 4


def assert_harmless(page: str, canary: str) -> None:
    """No tag of it is one, nothing in it was counted out, and each control holds it whole."""
    for sign in ("<script>alert", "<img src=x", "<script>1", "onmouseover='alert", "</textarea></select>"):
        assert sign not in page
    assert "16406447" not in page


def test_a_name_of_a_file_is_a_label(branch: Branch, dora: Browser) -> None:
    """It becomes no header, no folder and no tag."""
    names = [
        'a"\r\nx-evil: 1.png',
        "../../x.png",
        "<img src=x onerror=1>.png",
        "a;b\\c.png",
        "\u202egnp.exe.png",
        "甲" * 300 + ".png",
    ]
    for name in names:
        answer = dora.submit("/uploads", files={"file": (name, picture("PNG"), "text/html")})
        assert answer.status_code in (200, 422), name
        if answer.status_code == 200:
            got = dora.get(f"/uploads/{answer.json()['id']}")
            assert got.headers["content-type"] == "image/png"
            assert "x-evil" not in got.headers
            assert re.fullmatch(r"(inline|attachment); filename\*=UTF-8''[\w.%~-]+", got.headers["content-disposition"])
            assert "sandbox" in got.headers["content-security-policy"]
            assert got.headers["x-content-type-options"] == "nosniff"


# --- bodies --------------------------------------------------------------------------------------------------------------


ESCAPED = ("f-\\u6587", "f-\\u8d39\\u7528", "_key", "name", "case", "since", "back", "action")


def part(name: str, value: bytes, more: str = "") -> bytes:
    return f'--B\r\ncontent-disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


def bodies(token: str) -> dict[str, tuple[str, bytes]]:
    multipart, plain = "multipart/form-data; boundary=B", "application/x-www-form-urlencoded"
    sent = part("_token", token.encode())
    return {
        "nothing": (multipart, b""),
        "no boundary": ("multipart/form-data", sent + b"--B--"),
        "another boundary": ("multipart/form-data; boundary=C", sent + b"--B--"),
        "cut off": (multipart, sent + part("f-文", b"x" * 50)[:-20]),
        "cut off in a head": (multipart, sent + b"--B\r\ncontent-dispo"),
        "no name": (multipart, sent + b"--B\r\ncontent-disposition: form-data\r\n\r\nx\r\n--B--"),
        "no head": (multipart, sent + b"--B\r\n\r\nx\r\n--B--"),
        "long head": (multipart, sent + b"--B\r\nx: " + b"a" * 100_000 + b"\r\n\r\nx\r\n--B--"),
        "no UTF-8": (multipart, sent + part("f-文", b"\xff\xfe\xfa") + b"--B--"),
        "no UTF-8 in a name": (multipart, sent.replace(b"_token", b"\xff\xfe") + b"--B--"),
        "surrogates": (
            "multipart/form-data; boundary=B; charset=unicode_escape",
            sent + b"".join(part(name, b"\\ud800") for name in ESCAPED) + b"--B--",
        ),
        "an unknown charset": ("multipart/form-data; boundary=B; charset=klingon", sent + b"--B--"),
        "many fields": (plain, b"_token=" + token.encode() + b"&a=1" * 10_000),
        "many parts": (multipart, sent + part("a", b"1") * 3000 + b"--B--"),
        "many files": (multipart, sent + part("f-片", b"1", '; filename="a.png"') * 100 + b"--B--"),
        "a long field": (plain, b"_token=" + token.encode() + "&f-文=".encode() + b"a" * 2_000_000),
        "a long part": (multipart, sent + part("f-文", b"a" * 2_000_000) + b"--B--"),
        "a long text": (plain, b"_token=" + token.encode() + (b"&a=" + b"b" * 900_000) * 12),
        "a megabyte": (plain, b"_token=" + token.encode() + "&f-文=".encode() + b"a" * 1_000_000),
        "percent": (plain, b"_token=" + token.encode() + b"&f-%=%&%zz=%u1234&%00=%00&f-%E6%96%87=%ed%a0%80"),
        "JSON": ("application/json", b'{"_token": "' + token.encode() + b'"}'),
        "JSON as text": ("text/plain", b'{"_token": "' + token.encode() + b'"}'),
        "no kind": ("", b"_token=" + token.encode()),
        "a strange kind": ("multipart/\x01; boundary=", b"x"),
        "names twice": (
            plain,
            b"_token="
            + token.encode()
            + "&f-文=a&f-文=b&f-选=甲&f-选=乙&_key=a&_key=b&f-表.rows=1&f-表.rows=2".encode(),
        ),
        "brackets": (
            plain,
            b"_token="
            + token.encode()
            + "&f-文[]=a&f-文[0][x]=b&f-表[1].名=c&f-__class__=x&f-表.1.__class__=y".encode(),
        ),
        "ten thousand rows": (plain, b"_token=" + token.encode() + "&f-表.rows=10000&f-文=x".encode()),
        "rows without end": (plain, b"_token=" + token.encode() + "&f-表.rows=".encode() + b"9" * 5000),
        "rows that are no number": (plain, b"_token=" + token.encode() + "&f-表.rows=²".encode()),
        "a file as text": (
            multipart,
            sent + part("f-文", b"x", '; filename="a.txt"') + part("_key", b"k", '; filename="k"') + b"--B--",
        ),
        "a file as token": (multipart, part("_token", token.encode(), '; filename="t"') + b"--B--"),
    }


@pytest.mark.parametrize(
    "path", ["/new/万能", "CASE/do/完工", "/uploads", "/sign-in", "/language", "/me/substitute", "/views/看板/several"]
)
def test_any_body_is_taken_or_refused(branch: Branch, dora: Browser, path: str) -> None:
    """Cut off, too long, twice, of another kind: an answer in words, whatever it is."""
    path = path.replace("CASE", f"/cases/{branch.case}")
    for how, (kind, body) in bodies(dora.token).items():
        answer = dora.post(path, content=body, headers={"content-type": kind} if kind else {})
        assert answer.status_code < 500, how
        assert "nosniff" in answer.headers["x-content-type-options"], how
        if answer.status_code >= 400 and "json" not in answer.headers["content-type"]:
            assert "<h1" in answer.text or "<form" in answer.text, how
        assert "Traceback" not in answer.text, how


def test_too_much_is_told_as_such(branch: Branch, dora: Browser) -> None:
    """Who sends too much reads so, and what he may send."""
    for how in ("a long field", "a long part", "many fields", "many files", "a long text"):
        kind, body = bodies(dora.token)[how]
        answer = dora.post("/new/万能", content=body, headers={"content-type": kind})
        assert answer.status_code in (400, 413), how


# --- forms of their own fields ---------------------------------------------------------------------------------------------

TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30), st.integers().map(str), st.decimals().map(str))
ENDINGS = st.sampled_from(
    ["", ".rows", ".there", ".system", ".accuracy", ".kept", ".drop", ".drawn", ".1", ".1.名", ".1.量", ".0.名", ".-1"]
)
PICTURE = picture("PNG", (8, 8))
FILES = st.sampled_from(
    [b"", b"x", b"%PDF-1.7\n%%EOF", PICTURE, PICTURE[:40], b"<svg onload=alert(1)>", b"MZ" + b"\0" * 99]
)
STEERS = ["_more", "_drop", "_show", "_find", "_key", "_visit", "_also"]


def filled(names: list[str]) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Forms as their own fields could be sent: right names, names nearly right, what steers them, many times."""
    name = st.one_of(
        st.sampled_from(names),
        st.builds(str.__add__, st.sampled_from(names), ENDINGS),
        st.sampled_from(STEERS),
        st.text(max_size=8),
    )
    return st.lists(st.tuples(name, TEXTS), max_size=25)


WHERE = ("/new/万能", "/new/工单", "/open/网上", "/report/TOKEN", "/cases/NEW/do/办", "/cases/CASE/do/comment")
WHERE += ("/me/substitute",)
RIGHT = {"/new/万能": {"f-文": "x"}, "/cases/NEW/do/办": {"f-注": "x"}, "/cases/CASE/do/comment": {"f-text": "x"}}
REPORTED = {"f-门店": "西湖", "f-品类": "空调", "f-说明": "x", "f-电话": "13800000001"}
"What is taken, when nothing beside it is wrong."


def fuzz(branch: Branch, where: str, data: st.DataObject) -> None:
    browser = branch.browser(WAVE if where.startswith(("/new", "/cases", "/me")) else "")
    path = where.replace("TOKEN", branch.report).replace("CASE", branch.case)
    if "NEW" in where:
        open_ = branch.kit.cases(None, workflow="万能", open=True, limit=1).items
        case = open_[0].id if open_ else branch.kit.submit("万能", {"文": "x"}, by=WAVE).id
        path = path.replace("NEW", case)
    names = fields_of(browser.get(path if not path.startswith("/me") else "/me").text) or ["f-x"]
    sent = data.draw(filled(names))
    files = data.draw(st.lists(st.tuples(st.sampled_from(names), st.tuples(st.text(max_size=9), FILES)), max_size=2))
    grouped: dict[str, list[str]] = {}
    for name, value in sent:
        grouped.setdefault(name, []).append(value)
    right = RIGHT.get(where, REPORTED) if data.draw(st.booleans()) else {}
    answer = browser.post(path, data={**grouped, **right, "_token": browser.token}, files=files or None)
    branch.clock.move(PAUSE)
    assert answer.status_code < 500, answer.text
    assert answer.status_code in (200, 303, 400, 403, 404, 409, 413, 422)
    assert_harmless(answer.text, "")


@pytest.mark.parametrize("where", WHERE)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_form_is_taken_or_refused(branch: Branch, where: str, data: st.DataObject) -> None:
    """Whatever stands in its fields, and in fields it does not have."""
    fuzz(branch, where, data)


@pytest.mark.long
@pytest.mark.parametrize("where", WHERE)
@settings(max_examples=2_000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_form_is_taken_or_refused_for_long(branch: Branch, where: str, data: st.DataObject) -> None:
    """The same with 14,000 forms."""
    fuzz(branch, where, data)


# --- addresses -------------------------------------------------------------------------------------------------------------

PARTS = [
    "q",
    "state",
    "order",
    "after",
    "workflow",
    "node",
    "unit",
    "lane",
    "as",
    "f.品类",
    "f.unit",
    "tab",
    "print",
    "also",
    "caller",
    "small",
]
PARTS += [
    "intake",
    "next",
    "with.文",
    "with.表",
    "with.片",
    "with.位",
    "with.开",
    "with.刻",
    "with.签",
    "with.多",
    "with.机",
    "with.x",
    "view",
]


@pytest.mark.parametrize("page", [page for page in PAGES if page.get and not page.demo], ids=lambda page: page.path)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(query=st.dictionaries(st.sampled_from(PARTS), TEXTS, max_size=5), by=st.sampled_from([WAVE, "员工:boss", ""]))
def test_any_query_is_answered(branch: Branch, page: Any, query: dict[str, str], by: str) -> None:
    """No address that somebody edits is a failure."""
    browser = known(branch, by)
    for path in (branch.path(page), branch.path(page).replace(quote("工单"), quote("万能"))):
        short = {name: value[:2000] for name, value in query.items()}
        answer = browser.get(path, params=short)
        assert answer.status_code < 500, answer.text
        assert_harmless(answer.text, "")


def known(branch: Branch, by: str) -> Browser:
    kept: dict[str, Browser] = branch.__dict__.setdefault("kept", {})
    return kept.setdefault(by, branch.browser(by)) if by not in kept else kept[by]


@pytest.mark.parametrize(
    "part_", ["%00", "%ff", "..%2f..", "%7b%7b7*7%7d%7d", "a" * 3000, "%ed%a0%80", "%0d%0a", "*", "null", "0"]
)
def test_any_path_is_answered(branch: Branch, part_: str) -> None:
    """Whatever stands where a page wants an id."""
    for by in (WAVE, ""):
        browser = known(branch, by)
        for page in PAGES:
            if "{" in page.path and not page.demo:
                path = re.sub(r"\{[\w:]+\}", part_, page.path)
                for answer in (browser.get(path), *([browser.submit(path)] if page.post else [])):
                    assert answer.status_code < 500, path
        for path in (f"/static/{part_}/flowkit.css", f"/static/x/{part_}", f"/{part_}", f"/events/{part_}/{part_}"):
            assert browser.get(path).status_code < 500


@pytest.mark.parametrize(("name", "content"), corpus.REFUSED, ids=[name for name, _ in corpus.REFUSED])
def test_what_is_not_taken_is_refused_in_words(dora: Browser, name: str, content: bytes) -> None:
    """By itself, and at its field in a form, which keeps what was typed."""
    answer = dora.submit("/uploads", files={"file": (name, io.BytesIO(content), "text/html")})
    assert answer.status_code == 422
    assert re.search("[\u4e00-\u9fff]{2}", answer.json()["problem"])
    form = dora.submit("/new/万能", {"f-文": "typed"}, files={"f-片": (name, io.BytesIO(content), "image/png")})
    assert form.status_code == 422
    assert ">typed</textarea>" in form.text
    assert '<a href="#f-片">' in form.text
    assert 'id="f-片-e"' in form.text
    assert_harmless(form.text, "")


def test_what_is_uploaded_is_given_out_as_what_it_is(dora: Browser) -> None:
    """Each of the files that could do harm elsewhere is given out so that it does nothing."""
    for name, content in corpus.TAKEN.items():
        answer = dora.submit("/uploads", files={"file": (name, io.BytesIO(content), "text/html")})
        assert answer.status_code == 200, answer.text
        got = dora.get(f"/uploads/{answer.json()['id']}")
        shown = got.headers["content-type"].split("/")[0] in ("image", "video", "audio")
        assert got.headers["content-disposition"].startswith("inline" if shown else "attachment"), name
        assert "html" not in got.headers["content-type"]
        assert "sandbox" in got.headers["content-security-policy"]
        if got.headers["content-disposition"].startswith("inline"):
            assert b"script" not in got.content
