"""A print fills a page with what a case holds; what people typed stays text, and mistakes are told in the page's own lines."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings
from flowkit.prints.page import Print, link, parse
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.reading import read

LINE = Type("record", members=lambda: {"part": Type("text", title="配件"), "quantity": Type("number")})
CASE = Type("record", members=lambda: {"number": Type("text"), "link": Type("text")})
SCOPE = Scope(
    {
        "case": CASE,
        "description": Type("text", title="故障描述"),
        "lines": Type("list", item=LINE, title="缺件"),
        "now": Type("datetime"),
        "site": Type("text"),
    }
)
SHEET = "print: settlement_sheet\ntitle: 结算单\npage: templates/settlement.html\n"


def load(
    page: str | None, yaml: str = SHEET, fields: Sequence[str] = (), scope: Scope = SCOPE
) -> tuple[Print | None, Findings]:
    findings = Findings()

    def read_file(name: str) -> str:
        if page is None:
            raise FileNotFoundError(2, "No such file or directory")
        return page

    definition = parse(read(yaml, "app.yaml", findings)[0].node, findings, "settlement_sheet")
    return (link(definition, scope, findings, read_file, fields) if definition is not None else None), findings


def loaded(page: str | None, yaml: str = SHEET, fields: Sequence[str] = (), scope: Scope = SCOPE) -> Print:
    found, findings = load(page, yaml, fields, scope)
    assert [d.message for d in findings] == []
    assert found is not None
    return found


def test_the_page_is_filled_in() -> None:
    """Names, formats, conditions and loops as in any text for people; the hash is over the bytes."""
    page = "<html><head></head><p>{{ case.number }}</p>{% for row in lines %}<i>{{ row.part }}</i>{% endfor %}</html>"
    sheet = loaded(page)
    rendered = sheet.render({"case": {"number": "WX1"}, "lines": [{"part": "门机"}, {"part": "光幕"}]})
    text = rendered.content.decode()
    assert "<p>WX1</p><i>门机</i><i>光幕</i>" in text
    assert (rendered.kind, rendered.sha256) == ("html", hashlib.sha256(rendered.content).hexdigest())
    assert sheet.reads == {("case", "number"), ("lines",), ("lines", "part")}


def test_what_a_person_typed_is_text() -> None:
    """Markup, entities and braces in a value come out as they were typed, in text and inside quotes."""
    sheet = loaded('<p title="{{ description }}">{{ description }}</p>')
    text = sheet.render({"description": '<script>alert("x")</script>&amp;{{7*7}}'}).content.decode()
    assert "<script>" not in text
    shown = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;amp;{{7*7}}"
    assert f'<p title="{shown}">{shown}</p>' in text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, [name for name, _ in attrs]))
        self.text += next((value or "" for name, value in attrs if name == "title"), "")

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80)
    | st.sampled_from(["-->", "'\"></p><b>", "]]>"])
)
def test_no_value_changes_the_tags_of_a_page(value: str) -> None:
    """Whatever was typed, a reader of HTML finds the author's tags and, as text, the value."""
    sheet = loaded(
        '<html><head><meta charset="utf-8"></head><!-- {{ description }} --><p title="{{ description }}">{{ site }}</p></html>'
    )
    tags = Tags()
    tags.feed(sheet.render({"description": value, "site": value}).content.decode())
    tags.close()
    assert tags.seen == [("html", []), ("head", []), ("meta", ["charset"]), "head", ("p", ["title"]), "p", "html"]
    assert tags.text == value * 2


def test_a_page_of_text_is_left_as_text() -> None:
    """In a .txt page nothing needs escaping."""
    sheet = loaded("工单 {{ case.number }}: {{ description }}", SHEET.replace(".html", ".txt"))
    rendered = sheet.render({"case": {"number": "WX1"}, "description": "<门>"})
    assert (rendered.kind, rendered.content.decode()) == ("text", "工单 WX1: <门>")


def test_moments_are_on_the_readers_clock() -> None:
    """The zone that is handed over, else that of `now`."""
    sheet = loaded("{{ now }}", SHEET.replace(".html", ".txt"))
    moment = datetime(2026, 3, 1, 17, 5, tzinfo=UTC)
    assert sheet.render({"now": moment}, timezone=ZoneInfo("Asia/Shanghai")).content == b"2026-03-02 01:05"
    assert sheet.render({"now": moment}).content == b"2026-03-01 17:05"


@pytest.mark.parametrize(
    ("page", "whole"),
    [
        ("<p>{{ site }}</p>", False),
        ("<!doctype html><html><head><title>x</title></head><body></body></html>", True),
        ("<HTML><body></body></HTML>", True),
        ("<html><head><meta charset='utf-8'></head></html>", True),
    ],
)
def test_a_page_says_in_which_characters_it_is_written(page: str, whole: bool) -> None:
    """Exactly once, and a piece of a page is made a whole one with the print's title and language."""
    text = loaded(page).render({"site": '<meta charset="gbk">'}, "zh-CN").content.decode()
    assert text.count("<meta charset=") == 1
    assert text.lower().count("<html") == 1
    assert ("<title>结算单</title>" in text and '<html lang="zh-CN">' in text) is not whole


def test_without_a_page_it_shows_the_cases_own_fields() -> None:
    """Each field with its title in the order given, a list of rows as a table; what the case lacks is empty."""
    yaml = "print: sheet\ntitle: 结算单 {{ 1 }}\n"
    sheet = loaded(None, yaml, ["description", "lines", "unknown", "site"])
    names = {"case": {"number": "WX1"}, "description": "<门>", "lines": [{"part": "门机", "quantity": 2}]}
    text = sheet.render(names).content.decode()
    assert "<h1>结算单 &#123;&#123; 1 &#125;&#125;</h1>\n<p>WX1</p>" in text
    assert "<tr><th>故障描述</th><td>&lt;门&gt;</td></tr>" in text
    assert "<tr><th>配件</th><th>quantity</th></tr><tr><td>门机</td><td>2</td></tr>" in text
    assert "<tr><th>site</th><td></td></tr>" in text
    assert "unknown" not in text


def test_mistakes_are_told_where_they_stand_in_the_page() -> None:
    """The file is the page, the line its own; all of them in one pass."""
    _, findings = load('<p>\n  {{ descripton }}\n  <a href="{{ site }}">x</a>\n</p>\n')
    assert [(d.code, d.place.file, d.place.line, d.place.column) for d in findings] == [
        ("unknown-name", "templates/settlement.html", 2, 6),
        ("unsafe-value", "templates/settlement.html", 3, 12),
    ]


def test_a_page_that_is_not_there_is_told_where_it_is_named() -> None:
    """With the reason that the system gives."""
    sheet, findings = load(None)
    assert sheet is None
    assert [(d.code, d.place.line, d.message) for d in findings] == [
        ("missing-file", 3, 'cannot read "templates/settlement.html": No such file or directory')
    ]


@pytest.mark.parametrize(
    ("page", "code"),
    [("a.docx", "not-yet"), ("a.DOCX", "not-yet"), ("a.pdf", "type-mismatch"), ("html", "type-mismatch")],
)
def test_other_kinds_of_page_are_refused(page: str, code: str) -> None:
    """Word documents are told as not yet known, all else as no page."""
    sheet, findings = load("x", f"print: sheet\npage: {page}\n")
    assert sheet is None
    assert [(d.code, d.place.line) for d in findings] == [(code, 2)]


def test_keys_are_closed() -> None:
    """A slip is answered with the key that was meant."""
    _, findings = load("x", "print: sheet\npages: a.html\n")
    assert [(d.code, d.help) for d in findings] == [("unknown-key", 'did you mean "page"?')]
