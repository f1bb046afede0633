"""What a customer may do on his own page besides the actions of the workflow: urge, and leave a message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.web.plain import Plain
from tests.web.test_seen import APP, Desk

NAMESAKES = "rows: [{号: ann, 名: 许小姐, 角色: [客服]}, {号: bob, 名: 老王, 角色: []}, {号: eve, 名: 老王, 角色: []}]"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A case that waits for the staff: its customer has agreed."""
    monkeypatch.setattr("flowkit.prints.paper.can_print", lambda: False)
    made = Desk(tmp_path, APP.replace("rows: [{号: ann, 名: 许小姐, 角色: [客服]}]", NAMESAKES))
    made.kit.act(made.case, "同意", {"留言": "周六来"}, by=made.customer)
    yield made
    made.kit.close()


def page_of(desk: Desk) -> Plain:
    return Plain(desk.pages).get(desk.link)


def buttons(page: Plain) -> set[str]:
    return {words for form in page._page.forms for _, _, words in form.buttons}


def test_he_urges_with_one_press(desk: Desk) -> None:
    """Whoever has the case is reminded; he reads so, and the button is gone for as long as he has to wait."""
    page = page_of(desk).send("催一下")
    assert (page.status, page.path) == (200, desk.link)
    assert "已经替您催了" in page.text
    assert "催一下" not in buttons(page)
    assert desk.kit.case(desk.case).urged == 1
    assert [m.to for m in desk.kit.messages(desk.case) if m.title == "催办"] == ["员工:ann"]
    desk.clock.move(timedelta(minutes=31))
    assert "催一下" in buttons(page_of(desk))


def test_who_urges_too_soon_is_told_when_he_may(desk: Desk) -> None:
    """A page from before still has the button: pressed, it says since when and until when, and nobody is reminded."""
    first, other = page_of(desk), page_of(desk)
    first.send("催一下")
    other.send("催一下")
    assert other.status == 409
    assert "您刚催过，2026-03-02 09:30:00 之后可以再催" in other.words
    assert desk.kit.case(desk.case).urged == 1


def test_a_double_press_urges_once_and_is_no_mistake(desk: Desk) -> None:
    """The same form sent twice has the same answer."""
    page = page_of(desk)
    form = page.form("催一下")
    answers = [page.client.post(form.action, data=dict(form.values), follow_redirects=False) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert desk.kit.case(desk.case).urged == 1


def test_his_words_arrive_and_those_of_others_are_not_shown(desk: Desk) -> None:
    """Who works on it reads what he says; he reads only that it has arrived, and nothing of what they said."""
    desk.kit.act(desk.case, "comment", {"text": "这家总拖款"}, by="员工:ann")
    page = page_of(desk).send("留言", words="门铃坏了，请打电话")
    assert (page.status, page.path) == (200, desk.link)
    assert "留言已送到" in page.text
    assert "拖款" not in page.text
    assert "门铃" not in page.words
    said = [(comment.by, comment.text) for comment in desk.kit.case(desk.case).comments]
    assert said == [("员工:ann", "这家总拖款"), (desk.customer, "门铃坏了，请打电话")]
    assert "门铃坏了" in desk.staff().get(f"/cases/{desk.case}").words


def test_no_words_are_no_message(desk: Desk) -> None:
    """An empty message is asked for again in words, and too long a one is not lost."""
    page = page_of(desk).send("留言", words="  ")
    assert page.status == 422
    assert "请写下您想说的话。" in page.words
    page = page_of(desk).send("留言", words="长" * 2001)
    assert page.status == 409
    assert dict(page.form("留言").values)["words"] == "长" * 2001
    assert desk.kit.case(desk.case).comments == ()


def test_a_name_that_two_have_tells_nothing_of_them(desk: Desk) -> None:
    """Staff are told whom a name may mean; somebody from outside is told to leave the sign out, and keeps his words."""
    page = page_of(desk).send("留言", words="请@老王 带梯子")
    assert page.status == 409
    assert "去掉 @ 再留言" in page.words
    assert "员工:" not in page.text
    assert "bob" not in page.text
    assert page.send("留言", words="请老王带梯子").status == 200
    assert len(desk.kit.case(desk.case).comments) == 1


def test_other_words_from_the_same_page_ask_first(desk: Desk) -> None:
    """Sent again from an old page with other words, nothing is taken and nothing lost: one more press sends it."""
    page = page_of(desk)
    form = page.form("留言")
    for words, status in (("一", 303), ("一", 303), ("二", 409)):
        values = {**dict(form.values), "words": words}
        answer = page.client.post(form.action, data=values, follow_redirects=False)
        assert answer.status_code == status
    again = page._took(answer)
    assert "请再点一次“留言”" in again.words
    again.send("留言")
    assert [comment.text for comment in desk.kit.case(desk.case).comments] == ["一", "二"]


def test_only_these_two_are_open_to_him(desk: Desk) -> None:
    """Whatever else the engine would let him do is not done by his page, and looking does nothing."""
    page, before = page_of(desk), desk.kit.case(desk.case).sequence
    form = page.form("催一下")
    for other in ("follow", "copy", "void", "关注", "催办", "评论"):
        sent = page.client.post(f"{desk.link}/do/{other}", data=dict(form.values), follow_redirects=False)
        assert sent.status_code == 409, other
    for name in ("urge", "comment"):
        looked = page.client.get(f"{desk.link}/do/{name}", follow_redirects=False)
        assert (looked.status_code, looked.headers["location"]) == (303, desk.link)
    assert desk.kit.case(desk.case).sequence == before


def test_what_he_may_follows_the_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """He does not urge himself, nor what has ended; to say something is open to him all the time."""
    monkeypatch.setattr("flowkit.prints.paper.can_print", lambda: False)
    desk = Desk(tmp_path)
    assert buttons(page_of(desk)) >= {"留言"}
    assert "催一下" not in buttons(page_of(desk))
    desk.kit.act(desk.case, "同意", {"留言": "周六来"}, by=desk.customer)
    assert buttons(page_of(desk)) >= {"催一下", "留言"}
    stale = page_of(desk)
    desk.kit.act(desk.case, "访", by="员工:ann")
    assert "留言" in buttons(page_of(desk))
    assert "催一下" not in buttons(page_of(desk))
    assert "工单已结束" in stale.send("催一下").words
    desk.kit.close()
