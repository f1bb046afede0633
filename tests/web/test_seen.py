"""What a customer reads before he signs, the pages that were printed for him, and what he is called who gave no name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flowkit import FlowKit, VirtualClock, load_app
from flowkit.web import create_app, languages
from flowkit.web.guard import SESSION
from flowkit.web.links import progress_path
from tests.shop import NINE
from tests.web.plain import Plain

APP = """
app: 清洗
catcher: 客服
timezone: Asia/Shanghai
channels: {console: {preset: console}}
staff: {entity: 员工, roles: 角色, reach: {console: 号}}
customers: {entity: 客户, by: 电话}
roles: {客服: {sees: all}}
---
entity: 员工
key: 号
label: 名
fields: {号: text, 名: text, 角色: {type: list, of: role}}
rows: [{号: ann, 名: 许小姐, 角色: [客服]}]
---
entity: 客户
key: 号
label: 名
fields: {号: text, 名: text, 电话: {type: phone, personal: true}}
---
form: 预约
fields:
  说明: {type: text, required: true}
  电话: {type: phone, personal: true, required: true}
---
workflow: 清洗
from: 预约
nodes:
  报价:
    owner: 客服
    actions:
      量: {form: {尺寸: {type: text, required: true}}, to: 开价}
    timeouts: [{after: 1d, escalate: 客服}]
  开价:
    owner: 客服
    actions:
      报:
        title: 报价
        form:
          项目: {type: rows, of: {名称: {type: text, title: 项目名称}, 金额: money}}
          合计: {type: money, value: "sum(项目, row.金额)"}
          成本: {type: money, hidden_from: customers}
        do: [{print: 报价单}]
        to: 确认
    timeouts: [{after: 1d, escalate: 客服}]
  确认:
    owner: applicant
    actions:
      同意: {form: {留言: {type: text, required: true}}, do: [{print: 报价单}], to: 回访}
    timeouts: [{after: 1d, escalate: 客服}]
  回访:
    owner: 客服
    actions: {访: {to: 完}}
    timeouts: [{after: 1d, escalate: 客服}]
  完: {end: done}
---
print: 报价单
page: 报价单.html
---
intake: 电话
who: 客服
applicant: {by: 电话}
opens: {workflow: 清洗}
---
view: 看板
of: 清洗
board: {by: node}
card: {title: "{{ applicant }}的清洗", lines: ["{{ 说明 }}"]}
"""
PAGE = "<!doctype html><html><head><style>b{color:red}</style></head><body><b>{{ 说明 }}</b></body></html>"
PHONE, MASKED = "13811113333", "客户 138****3333"


class Desk:
    """A business to which somebody has come who gave nothing but his number, and has an offer to look at."""

    def __init__(self, folder: Path, text: str = APP) -> None:
        (folder / "app.yaml").write_text(text, encoding="utf-8")
        (folder / "报价单.html").write_text(PAGE, encoding="utf-8")
        self.clock = VirtualClock(NINE)
        self.kit = FlowKit(load_app(folder), f"sqlite:///{folder / 'work.db'}", clock=self.clock)
        self.pages = create_app(self.kit)
        self.case = self.kit.take_in("电话", {"说明": "<i>三台</i>挂机", "电话": PHONE}, by="员工:ann").id
        self.customer = self.kit.case(self.case).applicant
        self.kit.act(self.case, "量", {"尺寸": "两米八"}, by="员工:ann")
        rows = [{"名称": "挂机清洗", "金额": "120"}, {"名称": "加氟", "金额": "80.5"}]
        self.kit.act(self.case, "报", {"项目": rows, "成本": "77.25"}, by="员工:ann")
        self.kit.advance()

    @property
    def link(self) -> str:
        return progress_path(self.pages.state.site.signer, self.case, self.customer)

    def staff(self) -> Plain:
        browser = Plain(self.pages)
        browser.client.cookies.set(SESSION, self.kit.accounts.begin_session("员工:ann"))
        return browser


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("flowkit.prints.paper.can_print", lambda: False)
    made = Desk(tmp_path)
    yield made
    made.kit.close()


def test_who_must_decide_reads_what_others_filled_in_above_the_button(desk: Desk) -> None:
    """Rows and total stand before the button and on its page, the latest form first; what is hidden from him does not."""
    page = Plain(desk.pages).get(desk.link)
    for words in (page.words, page.click("同意").words):
        for said in ("挂机清洗", "¥ 80.50", "¥ 200.50", "两米八"):
            assert said in words
        assert "77.25" not in words
        assert words.index("¥ 200.50") < words.index("两米八")
    words = page.get(desk.link).words
    assert words.index("挂机清洗") < words.index("同意")
    assert "挂机清洗" not in words.partition("您填的")[2]
    assert "三台" in words.partition("您填的")[2]


def test_who_has_decided_finds_what_he_filled_in_himself(desk: Desk) -> None:
    """His answer stands with his report; the forms of others were for his decision."""
    page = Plain(desk.pages).get(f"{desk.link}/do/同意").send("同意", 留言="周六来")
    own = page.words.partition("您填的")[2]
    assert "周六来" in own
    assert "三台" in own
    assert "挂机清洗" not in page.words


def test_what_others_reported_is_not_said_to_be_his(desk: Desk) -> None:
    """Who follows a case that is not his reads the report as what it is about."""
    page = Plain(desk.pages).get(progress_path(desk.pages.state.site.signer, desk.case, "员工:ann"))
    assert "三台" in page.words
    assert "三台" not in page.words.partition("您填的")[2]


def test_a_printed_page_opens_in_the_browser_and_can_do_nothing_there(desk: Desk) -> None:
    """HTML, shown, in a sandbox without scripts, network or origin; its values are text. Two prints have two names."""
    page = Plain(desk.pages).get(desk.link)
    path = next(href for href, words in page.links if "/files/" in href)
    first = page.client.get(path)
    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert first.headers["content-disposition"].startswith("inline;")
    policy = {part.strip() for part in first.headers["content-security-policy"].split(";")}
    assert policy == {
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "frame-ancestors 'none'",
        "sandbox",
    }
    assert "&lt;i&gt;" in first.text
    file = desk.kit.files(desk.case)[0].id
    same = desk.staff().client.get(f"/cases/{desk.case}/files/{file}")
    assert same.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_two_prints_of_one_page_are_told_apart(desk: Desk) -> None:
    """By when they were made: on the page, and in the name under which a browser keeps them."""
    desk.clock.move(timedelta(minutes=20))
    page = Plain(desk.pages).get(f"{desk.link}/do/同意")
    assert "报价单 9:00" in page.words
    page.send("同意", 留言="周六来")
    desk.kit.advance()
    page.get(desk.link)
    assert "报价单 9:00" in page.words
    assert "报价单 9:20" in page.words
    paths = [href for href, words in page.links if "/files/" in href]
    assert len({page.client.get(path).headers["content-disposition"] for path in paths}) == 2


def test_html_that_somebody_sent_is_never_a_page_of_ours(desk: Desk) -> None:
    """It is given out to be kept, whatever it says it is."""
    kept = desk.kit.upload(b"%PDF-1.7\n<html><script>1</script>%%EOF", "a.html", by="员工:ann")
    sent = desk.staff().client.get(f"/uploads/{kept.id}")
    assert sent.status_code == 200
    assert sent.headers["content-disposition"].startswith("attachment;")
    assert "unsafe" not in sent.headers["content-security-policy"]


def test_a_customer_without_a_name_is_called_by_what_he_is_and_his_number(desk: Desk) -> None:
    """On boards, on cards that name him and at the desk: no key that was made, no number in full."""
    browser = desk.staff()
    key = desk.customer.partition(":")[2]
    for path in ("/views/看板", "/views/看板?as=list", f"/desk/电话?caller={PHONE}", "/cases", f"/cases/{desk.case}"):
        page = browser.get(path)
        assert page.status == 200
        assert key not in page.words, path
    assert MASKED in browser.get("/views/看板").words
    assert "客户的清洗" in browser.words
    assert PHONE not in browser.words
    assert MASKED in browser.get(f"/desk/电话?caller={PHONE}").words


def test_from_whom_the_number_is_hidden_reads_only_what_he_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither key nor any figure of the number."""
    monkeypatch.setattr("flowkit.prints.paper.can_print", lambda: False)
    held = "名: text, 电话: {type: phone, personal: true"
    desk = Desk(tmp_path, APP.replace(held, held + ", hidden_from: 客服"))
    try:
        for path in ("/views/看板", f"/desk/电话?caller={PHONE}"):
            words = desk.staff().get(path).words
            assert "客户" in words
            assert "138****" not in words
            assert desk.customer.partition(":")[2] not in words
    finally:
        desk.kit.close()


def test_who_has_given_a_name_is_called_by_it(desk: Desk) -> None:
    """Once it is in the record, the board says it."""
    desk.kit.import_records("客户", [{"号": desk.customer.partition(":")[2], "名": "周先生", "电话": PHONE}])
    words = desk.staff().get("/views/看板").words
    assert "周先生" in words
    assert "138****" not in words


def test_what_he_is_is_said_in_the_readers_language() -> None:
    """The number stays what it is."""
    english = languages.languages()["en"].at({"客户": "Customer"})
    assert english.called(MASKED) == "Customer 138****3333"
    assert english.called("张**") == "张**"
