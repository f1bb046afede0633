"""Photos on pages: taken from whoever sent them, with script or without, whoever he is signed in as."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowkit import FlowKit, VirtualClock, load_app
from flowkit.web import create_app, guard
from flowkit.web.links import progress_path
from tests.shop import NINE
from tests.unit.uploads.made import picture
from tests.web.plain import Plain

BUSINESS = """
app: 维修站
catcher: 维修
timezone: Asia/Shanghai
channels: {console: {preset: console}}
staff: {entity: 员工, roles: 角色, reach: {console: 手机}}
customers: {entity: 客户, by: 电话}
roles: {维修: {}}
---
entity: 员工
key: 号
label: 名
fields: {号: text, 名: text, 角色: {type: list, of: role}, 手机: phone}
rows: [{号: dora, 名: 维修一, 角色: [维修], 手机: "13900000001"}]
---
entity: 客户
key: 号
label: 名
fields: {号: text, 名: text, 电话: {type: phone, personal: true}}
rows: [{号: wu, 名: 吴氏, 电话: "13800000001"}]
---
form: 报修
fields:
  说明: {type: text, required: true}
  片: media
  件: {type: rows, of: {名: text, 照: media, 签: signature}}
  电话: {type: phone, personal: true}
---
workflow: 工单
from: 报修
nodes:
  补充:
    owner: applicant
    actions:
      补照片: {form: {照: {type: media, required: true}, 说: {type: text, required: true}}, to: 处理}
      换照片: {edit: [片], form: {说: {type: text, required: true}}, to: 处理}
    timeouts: [{after: 1d, escalate: 维修}]
  处理:
    owner: 维修
    actions: {更正: {edit: [片], form: {判断: {type: text, required: true}}, to: 完}}
    timeouts: [{after: 1d, escalate: 维修}]
  完: {end: done}
---
intake: 网上
applicant: {by: 电话}
opens: {workflow: 工单}
"""
WU, DORA = "客户:wu", "员工:dora"
PHOTO = ("门.png", picture("PNG", (40, 30)), "image/png")


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[FlowKit]:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.yaml").write_text(BUSINESS, encoding="utf-8")
    kit = FlowKit(load_app(tmp_path / "app"), f"sqlite:///{tmp_path / 'work.db'}", clock=VirtualClock(NINE))
    yield kit
    kit.close()


def browser(kit: FlowKit, actor: str) -> Plain:
    made = Plain(create_app(kit))
    if actor:
        made.client.cookies.set(guard.SESSION, kit.accounts.begin_session(actor), domain="testserver.local", path="/")
    return made


def progress(kit: FlowKit, actor: str, case: str) -> Plain:
    made = browser(kit, actor)
    signer = made.client.app.state.site.signer  # type: ignore[attr-defined]
    return made.get(progress_path(signer, case, WU))


def ahead(page: Plain) -> str:
    """Sends a photo ahead of its form, as the script does; gives what the script puts into the form for it."""
    token = re.search(r'data-token="(\w+)"', page.text)
    assert token is not None
    answer = page.client.post("/uploads", files={"file": PHOTO}, headers={"x-flowkit-token": token[1]})
    kept = answer.json()
    return f"{kept['id']}/{kept['name']}/{kept['kind']}"


def small_pictures(page: Plain) -> list[int]:
    """How each small picture on the page is answered."""
    found = re.findall(r'<img src="([^"]+)\?small=1"', page.text)
    return [page.client.get(f"{each}?small=1").status_code for each in found]


def reported(kit: FlowKit) -> str:
    upload = kit.upload(PHOTO[1], PHOTO[0], by=WU).id
    return kit.submit("工单", {"说明": "门关不上", "片": [{"upload": upload}]}, by=WU).id


@pytest.mark.parametrize("actor", ["", DORA, WU])
def test_a_photo_sent_ahead_is_taken_at_an_open_door(kit: FlowKit, actor: str) -> None:
    """Whoever is signed in with the browser, or nobody: what it has sent goes into the case."""
    page = browser(kit, actor).get("/open/网上")
    page.send("提交", 说明="门关不上", 电话="13800000001", **{"片.kept": ahead(page)})
    assert page.status == 200, page.words
    (case,) = kit.cases(None).items
    assert [file["name"] for file in kit.case(case.id).values["片"]] == ["门.png"]


@pytest.mark.parametrize("actor", ["", DORA, WU])
def test_a_photo_sent_ahead_is_taken_from_who_follows_his_case(kit: FlowKit, actor: str) -> None:
    """He has a link and need not be signed in; in a form shown again the small picture of it stands."""
    page = progress(kit, actor, case := reported(kit)).click("补照片")
    page.send("补照片", **{"照.kept": ahead(page)})
    assert page.status == 422
    assert "没有这个文件" not in page.words
    assert small_pictures(page) == [200]
    page.send("补照片", 说="就是这里")
    assert page.status == 200, page.words
    assert kit.case(case).node == "处理"


@pytest.mark.parametrize("actor", ["", DORA, WU])
def test_a_photo_sent_with_its_form_is_kept_and_seen(kit: FlowKit, actor: str) -> None:
    """Without script: what was kept while something else was wrong is shown small, and taken with the next sending."""
    page = progress(kit, actor, case := reported(kit)).click("补照片")
    page.send("补照片", files={"照": PHOTO})
    assert page.status == 422
    assert small_pictures(page) == [200]
    page.send("补照片", 说="就是这里")
    assert kit.case(case).node == "处理"


BROKEN = ("门.png", b"MZ" + bytes(99), "image/png")


def test_a_file_that_is_not_taken_is_told_at_its_row(kit: FlowKit) -> None:
    """Without script: the good files and all that was typed stay, and the row of which it is is the one that is left."""
    page = browser(kit, "").get("/open/网上").send("加一行", 说明="门关不上", 电话="138")
    page.send("提交", files={"片": PHOTO, "件.2.照": BROKEN, "件.2.签.drawn": BROKEN}, **{"件.2.签": "吴"})
    assert page.status == 422
    assert set(re.findall(r'<a href="#(f-[^"]+)">', page.text)) == {"f-件-1-照", "f-件-1-签"}
    kept = dict(page.form("提交").values)
    assert (kept["f-说明"], kept["f-电话"], kept["f-件.1.签"]) == ("门关不上", "138", "吴")
    assert small_pictures(page) == [200]


def test_a_file_that_is_not_taken_is_told_with_one_row_more(kit: FlowKit) -> None:
    """A button that only shows more brings the files along too."""
    page = browser(kit, "").get("/open/网上").send("加一行", files={"片": BROKEN}, 说明="门关不上")
    assert page.status == 422
    assert re.findall(r'<a href="#(f-[^"]+)">', page.text) == ["f-片"]
    assert "f-件.2.名" in page.form("提交").names
    assert dict(page.form("提交").values)["f-说明"] == "门关不上"


def test_photos_of_the_case_are_seen_where_they_are_edited(kit: FlowKit) -> None:
    """What the case has taken and what was only just sent stand side by side, each under its own address."""
    kit.act(
        case := reported(kit), "补照片", {"照": [{"upload": kit.upload(*PHOTO[1::-1], by=WU).id}], "说": "x"}, by=WU
    )
    page = browser(kit, DORA).get(f"/cases/{case}/do/更正")
    assert small_pictures(page) == [200] * 3, "the one that is edited, and both beside the form"
    page.send("更正", files={"片": PHOTO})
    assert page.status == 422
    assert small_pictures(page) == [200] * 4
    page.send("更正", 判断="门机")
    assert len(kit.case(case).values["片"]) == 2


def test_photos_of_his_case_are_seen_by_who_edits_them_by_a_link(kit: FlowKit) -> None:
    """The same for a customer, who is not signed in."""
    page = progress(kit, "", reported(kit)).click("换照片")
    page.send("换照片", files={"片": PHOTO})
    assert page.status == 422
    assert small_pictures(page) == [200, 200]
