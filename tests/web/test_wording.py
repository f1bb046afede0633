"""How pages are worded: full-width signs beside Chinese, room between Chinese and letters, refusals as pages say them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flowkit.web
from flowkit import FlowKit, VirtualClock, load_app
from flowkit.runtime.names import Names
from flowkit.web import create_app
from flowkit.web.languages import languages
from flowkit.web.wording import deed, full_width, is_verb, plain
from tests.shop import NINE
from tests.web.plain import Plain
from tests.web.test_languages import APP

WEB = Path(flowkit.web.__file__).parent
HAN = "\u4e00-\u9fff"

NARROW = re.compile(rf"[{HAN}”）][,:;?!]|[{HAN}]\(|\([{HAN}][^()]*\)|[,:;?!][{HAN}“]")
"An ASCII sign that stands beside Chinese in one text."

TIGHT = re.compile(rf"[{HAN}][0-9A-Za-z]|[0-9A-Za-z][{HAN}]")
"Chinese and a letter or digit without room between."

FILES = sorted(p for p in WEB.rglob("*") if p.suffix in {".py", ".html", ".js", ".css", ".svg"})


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield number, re.sub(r"//.*$", "", line) if path.suffix == ".js" else line


@pytest.mark.parametrize("sort", [NARROW, TIGHT], ids=["full-width signs", "room beside letters"])
def test_chinese_is_set_as_chinese_is_set(sort: re.Pattern[str]) -> None:
    """No page, script or module holds Chinese with an ASCII sign beside it, or with a letter or digit right at it."""
    offending = [
        f"{path.relative_to(WEB)}:{number}: …{line[max(0, found.start() - 15) : found.end() + 15]}…"
        for path in FILES
        for number, line in _lines(path)
        if (found := sort.search(line))
    ]
    assert not offending, "\n".join(offending)


@pytest.mark.parametrize(
    ("engine", "page"),
    [
        ("距电梯 1131 米,进入 200 米范围才可签到", "距电梯 1131 米，进入 200 米范围才可签到"),
        ("没有这个文件,或它已过期: 请重新上传", "没有这个文件，或它已过期：请重新上传"),
        ("精度(米)超出了范围", "精度（米）超出了范围"),
        ("2026-03-02 11:00:00,进入 9:00 + 2 小时", "2026-03-02 11:00:00，进入 9:00 + 2 小时"),
        ("see https://example.com/a?b=c, then", "see https://example.com/a?b=c, then"),
        ("第 2 行 “E001”:选项里没有", "第 2 行 “E001”：选项里没有"),
    ],
)
def test_sentences_of_the_engine_are_shown_with_full_width_signs(engine: str, page: str) -> None:
    """Signs beside Chinese are wide; moments, addresses and other languages stay as they are."""
    assert full_width(engine) == page


@given(st.text(alphabet="中文米,:;?!() ab1“”，：", max_size=30))
def test_a_sentence_that_was_set_once_stays(text: str) -> None:
    """Setting it again changes nothing more."""
    assert full_width(full_width(text)) == full_width(text)


def test_nobody_arrives_twice() -> None:
    """What was done is told once, also where the action's title says that it is done."""
    assert (deed("已到达"), deed("接单")) == ("到达", "接单")
    assert [is_verb(each) for each in ("已到达", "提交结算单", "我已经到了", "我已经到了，定位不对")] == [
        True,
        True,
        False,
        False,
    ]


def test_the_story_of_a_case_names_people_as_people_do() -> None:
    """Keys of people are left out, somebody made on first contact is a customer, spans are spelt out."""
    entities = load_app("examples/elevator_maintenance", scenarios=False).entities
    chinese = languages()["zh"]
    names = Names(people={"employee:zhang": "张伟"}, entities=entities)
    assert plain("customer:c7f21275632c6ef18996f 提交", names, chinese) == f"{entities['customer'].title} 提交"
    assert plain("负责人: 张伟(zhang)", names, chinese) == "负责人：张伟"
    assert (
        plain("期限“15m”: 9:00 + 15 分钟 (a ? 5m : 15m)", names, chinese)
        == "期限“15 分钟”：9:00 + 15 分钟 （a ? 5 分钟 : 15 分钟）"
    )
    assert plain("到场时限 = 45m,E001 3.5h", names, chinese) == "到场时限 = 45 分钟，E001 3.5h"


def test_reasons_of_deadlines_are_said_in_words(tmp_path: Path) -> None:
    """A case's page spells out how long there is, and why, where it would say `15m`."""
    text = APP.replace("{after: 1h, notify", "{after: \"=what == 'Door' ? 15m : 2h\", notify")
    assert text != APP
    (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
    with FlowKit(load_app(tmp_path), "sqlite://", clock=VirtualClock(NINE)) as kit:
        case = kit.submit("repair", {"what": "Door", "phone": "13800000001"}, by="employee:ann")
        browser = Plain(create_app(kit, authenticate=lambda _: "employee:ann")).get(f"/cases/{case.id}")
        assert "15 分钟" in browser.words
        assert "15m" not in browser.words


def test_what_is_wrong_with_a_field_is_set_in_full_width(tmp_path: Path) -> None:
    """The words at a field and in the summary are the engine's, with the signs of Chinese."""
    (tmp_path / "app.yaml").write_text(APP, encoding="utf-8")
    with FlowKit(load_app(tmp_path), "sqlite://", clock=VirtualClock(NINE)) as kit:
        browser = Plain(create_app(kit)).get("/open/door").send("提交", what="Door", phone="138")
        assert browser.status == 422
        assert browser.words.count("，例如 13800000000") == 2
        assert not NARROW.search(browser.words)


def test_what_a_system_answered_is_called_in_the_language_of_whoever_reads() -> None:
    """Its names are its author's, who may say each in other languages as he says titles."""
    names = Names(look={"库存": "Stock", "数量": "Quantity"}.__getitem__)
    assert names.title(["库存", "数量"]) == "Stock.Quantity"
