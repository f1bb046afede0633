"""What people do with a case together: hand over, comment, follow, copy, urge."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flowkit.engine.operations import commenting
from flowkit.errors import RefusedError
from tests.acceptance.desk import BOSS, DESK, LI, QIAN, SUN, WANG, WEI, ZHAO, Desk, opened, refused


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as desk:
        yield desk


# --- hand over -------------------------------------------------------------------------------------------------------


def test_a_task_goes_to_another_person_with_its_time(desk: Desk) -> None:
    """B has the task, is told, and has no more time than A had; A has done his part."""
    case = desk.begin()
    desk.act(case, "claim", by=LI)
    due = desk.case(case).due
    desk.later(minutes=30)
    shown = desk.act(case, "转办", {"to": WEI, "reason": "在休假"}, by=LI)
    assert (shown.owner, shown.due) == ((WEI,), due)
    assert [[t.kind for t in desk.tasks(by)] for by in (LI, WEI)] == [[], ["owner"]]
    desk.advance()
    assert desk.listener.told(WEI, "待办") == ["接听 T001：待办"]
    assert "    在休假" in desk.explain(case).lines
    assert desk.act(case, "转", by=WEI).owner == (WEI,), "who was handed a task holds its node"


def test_a_task_never_goes_round_in_a_ring(desk: Desk) -> None:
    """Nobody gets back what he handed on; at another step it is another task."""
    case = desk.begin()
    desk.act(case, "hand_over", {"to": WEI}, by=LI)
    desk.act(case, "hand_over", {"to": WANG}, by=WEI)
    for to in (LI, WEI):
        assert "不能再转回去" in refused(desk, case, "hand_over", WANG, to=to)
    desk.act(case, "转", by=WANG)
    assert desk.act(case, "hand_over", {"to": LI}, by=WANG).owner == (LI,)


@pytest.mark.parametrize(
    ("to", "said"),
    [(LI, "不能交给自己"), ("员工:nobody", "没有这个人"), (ZHAO, "不是员工"), ("wei", "转给"), (None, "转给")],
)
def test_a_task_goes_to_somebody_who_works_here(desk: Desk, to: str | None, said: str) -> None:
    """Not to oneself, not to strangers, not to nobody."""
    assert said in refused(desk, desk.begin(), "hand_over", LI, to=to)


def test_only_who_has_a_task_hands_it_over(desk: Desk) -> None:
    """Neither a stranger nor whoever has handed it on may."""
    case = desk.begin()
    assert "没有您可以转办的" in refused(desk, case, "hand_over", WEI, to=LI)
    desk.act(case, "hand_over", {"to": WEI}, by=LI)
    assert "没有您可以转办的" in refused(desk, case, "hand_over", LI, to=WANG)


def test_a_task_of_a_pool_can_go_back_there(desk: Desk) -> None:
    """Claimed or not, what came from a pool is released to it by whoever it was handed to."""
    for first in ("claim", None):
        case = desk.begin()
        if first:
            desk.act(case, first, by=LI)
        desk.act(case, "hand_over", {"to": WEI}, by=LI)
        assert desk.act(case, "release", by=WEI).owner == ("role:接线",)
        assert desk.act(case, "claim", by=LI).owner == (LI,)


def test_who_stands_in_hands_over_and_is_urged(desk: Desk) -> None:
    """He hands over what is another's, to neither of the two; he is reminded with him, and urges him as little as himself."""
    case = desk.begin()
    desk.act(case, "claim", by=LI)
    now = desk.clock.now()
    desk.substitute(LI, WEI, since=now, until=now + timedelta(days=3), by=LI)
    desk.act(case, "copy", {"to": [LI]}, by=BOSS)
    assert [t.kind for t in desk.tasks(WEI)] == ["owner"], "what is only to be read is for nobody else"
    assert "不用催自己" in refused(desk, case, "urge", WEI)
    desk.act(case, "urge", by=ZHAO)
    desk.advance()
    assert len(desk.listener.told(WEI, "催办")) == len(desk.listener.told(LI, "催办")) == 1
    for to in (LI, WEI):
        assert "不能交给自己" in refused(desk, case, "hand_over", WEI, to=to)
    assert desk.act(case, "hand_over", {"to": WANG}, by=WEI).owner == (WANG,)
    assert any("代" in line and "李强(li) 转办给 王伟(wang)" in line for line in desk.explain(case).lines)
    assert "已经手" in refused(desk, case, "hand_over", WANG, to=LI)


def test_what_the_catcher_hands_over_is_caught_no_more(tmp_path: Path) -> None:
    """It leaves the list of what fell to the catcher because nobody else was found."""
    nobody = DESK.replace("owner: 接线\n    actions: {转", "owner: =人\n    actions: {转").replace(
        "workflow: 接听\nfrom: 来电\n", "workflow: 接听\nfrom: 来电\nfields: {人: person}\n"
    )
    with opened(tmp_path, nobody) as desk:
        case = desk.begin()
        assert [c.case for c in desk.caught()] == [case]
        desk.act(case, "hand_over", {"to": LI}, by=BOSS)
        assert not desk.caught()


def test_whom_a_step_keeps_out_is_not_handed_its_task(tmp_path: Path) -> None:
    """A node that is not for somebody, and whoever has refused a task, get it by no detour."""
    changed = DESK.replace("    owner: =待办.owner\n", "    owner: 接线\n    not: =待办.owner\n")
    with opened(tmp_path, changed) as desk:
        case = desk.begin()
        desk.act(case, "转", by=LI)
        assert "不能由 李强 办理" in refused(desk, case, "hand_over", WANG, to=LI)


# --- comments --------------------------------------------------------------------------------------------------------


def test_comments_stand_on_the_case_in_order(desk: Desk) -> None:
    """The applicant, the owner and others on the staff say something, after the end too; strangers do not."""
    case = desk.begin()
    for by, text in ((ZHAO, "在吗"), (LI, "在"), (WEI, "我来看看")):
        desk.act(case, "comment", {"text": text}, by=by)
    assert "看不到" in refused(desk, case, "comment", SUN, text="我也要看")
    desk.act(case, "完", by=LI)
    shown = desk.act(case, "评论", {"text": "谢谢"}, by=ZHAO)
    assert [(c.by, c.text) for c in shown.comments] == [(ZHAO, "在吗"), (LI, "在"), (WEI, "我来看看"), (ZHAO, "谢谢")]


def test_who_is_mentioned_is_told_and_may_see_the_case(desk: Desk) -> None:
    """By a field or by `@name`, where one person is called so; each once, however often he is named."""
    case = desk.begin()
    shown = desk.act(case, "comment", {"text": "@李强和@qian,@李强 看一下", "mention": [BOSS]}, by=ZHAO)
    assert set(shown.comments[0].mention) == {BOSS, LI, QIAN}
    desk.advance()
    for who in (BOSS, LI, QIAN):
        assert desk.listener.told(who, "评论") == ["zhao在接听 T001的评论里提到了您:@李强和@qian,@李强 看一下"]
    assert not desk.listener.told(WANG, "评论")


def test_a_name_that_two_people_have_is_asked_for(desk: Desk) -> None:
    """Nobody is told by guess: the refusal names both, and naming one of them settles it."""
    case = desk.begin()
    said = refused(desk, case, "comment", LI, text="@王伟 帮忙")
    assert WANG in said
    assert WEI in said
    assert desk.act(case, "comment", {"text": "@王伟 帮忙", "mention": [WEI]}, by=LI).comments[0].mention == (WEI,)


@pytest.mark.parametrize("text", ["mail@li.com", "@lion", "@", "@没有的人", "＠", "@" * 2000])
def test_not_every_sign_is_a_mention(desk: Desk, text: str) -> None:
    """Mail addresses and names of nobody mention nobody."""
    assert desk.act(desk.begin(), "comment", {"text": text}, by=LI).comments[0].mention == ()


def test_nobody_from_outside_is_shown_a_case_by_a_mention(desk: Desk) -> None:
    """Another customer cannot be mentioned, the applicant can."""
    case = desk.begin()
    assert "不是员工" in refused(desk, case, "comment", LI, text="看", mention=[SUN])
    assert desk.act(case, "comment", {"text": "请回电", "mention": [ZHAO]}, by=LI).comments[0].mention == (ZHAO,)


def test_what_is_said_can_be_erased(desk: Desk, tmp_path: Path) -> None:
    """The text stands nowhere in the open, and is gone with the applicant's key."""
    case = desk.begin()
    desk.act(case, "comment", {"text": "电话改成 13900001111"}, by=LI)
    desk.advance()
    assert all("13900001111" not in json.dumps(dict(e.data), ensure_ascii=False) for e in desk.history(case))
    assert b"13900001111" not in b"".join(f.read_bytes() for f in tmp_path.glob("work.db*"))
    assert not any("13900001111" in line for line in desk.explain(case).lines)
    with sqlite3.connect(tmp_path / "work.db") as raw:
        raw.execute("DELETE FROM person_keys WHERE subject = '客户:zhao'")
    assert [c.text for c in desk.case(case).comments] == ["(已删除)"]


def test_an_old_page_may_still_speak_of_the_case(desk: Desk) -> None:
    """A comment belongs to the case and not to a step of it; what belongs to a step is stale behind it."""
    case = desk.begin()
    desk.act(case, "转", by=LI)
    assert desk.act(case, "comment", {"text": "好"}, by=LI, visit=1).comments
    with pytest.raises(RefusedError, match="已经办完了"):
        desk.act(case, "hand_over", {"to": WEI}, by=LI, visit=1)


def test_a_case_holds_so_many_comments(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond that a comment is refused, not dropped."""
    monkeypatch.setattr(commenting, "MOST", 2)
    case = desk.begin()
    for _ in range(2):
        desk.act(case, "comment", {"text": "好"}, by=LI)
    assert "不能再加" in refused(desk, case, "comment", LI, text="好")
    assert "comment" not in desk.able(case, LI)


# --- followers -------------------------------------------------------------------------------------------------------


def test_followers_are_told_of_each_move_once(desk: Desk) -> None:
    """One message a move, with where the case has come to; none to whoever makes the move or has the task there."""
    case = desk.begin()
    for who in (ZHAO, WEI, LI):
        desk.act(case, "follow", by=who)
    assert desk.case(case).followers == (ZHAO, WEI, LI)
    assert "已经在关注" in refused(desk, case, "follow", WEI)
    desk.act(case, "转", by=LI)
    desk.act(case, "unfollow", by=ZHAO)
    assert "没有关注" in refused(desk, case, "unfollow", ZHAO)
    desk.act(case, "完", by=LI)
    desk.advance()
    assert desk.listener.told(ZHAO, "关注") == ["您关注的接听 T001到了“办理”"]
    assert desk.listener.told(WEI, "关注") == ["您关注的接听 T001到了“办理”", "您关注的接听 T001已结束(完成)"]
    assert not desk.listener.told(LI, "关注")


def test_a_message_to_a_follower_holds_up_no_other(desk: Desk) -> None:
    """It goes in a lane of its own: as long as it cannot be delivered, tasks are told all the same."""
    case = desk.begin()
    desk.advance()
    desk.act(case, "follow", by=WEI)
    desk.listener.deaf = "关注"
    desk.act(case, "转", by=LI)
    desk.advance()
    desk.act(case, "hand_over", {"to": WEI}, by=LI)
    desk.advance()
    assert desk.listener.told(WEI, "待办") == ["接听 T001：办理"]
    assert not desk.listener.told(WEI, "关注")
    desk.listener.deaf = ""
    desk.later(minutes=5)
    assert desk.listener.told(WEI, "关注") == ["您关注的接听 T001到了“办理”"]


# --- copies ----------------------------------------------------------------------------------------------------------


def test_a_copy_stays_until_it_is_read(desk: Desk) -> None:
    """It is one entry of a list, read-only, and outlives the case; who has read it is shown."""
    case = desk.begin()
    desk.act(case, "copy", {"to": [WEI, BOSS]}, by=LI)
    [task] = desk.tasks(WEI)
    assert (task.kind, task.actions, task.flags) == ("copy", (), ("抄送",))
    desk.act(case, "完", by=LI)
    assert [t.kind for t in desk.tasks(WEI)] == ["copy"]
    assert not desk.tasks(LI)
    desk.act(case, "已读", by=WEI)
    assert not desk.tasks(WEI)
    assert [(c.to, c.read is not None) for c in desk.case(case).copies] == [(BOSS, False), (WEI, True)]
    assert "已经标为已读" in refused(desk, case, "mark_read", WEI)
    assert "没有抄送给您" in refused(desk, case, "mark_read", LI)
    assert not desk.verify()


def test_a_copy_is_given_once_a_person(desk: Desk) -> None:
    """A second one is none: those who have it are passed over, and who reads it does not get it again."""
    case = desk.begin()
    desk.act(case, "copy", {"to": [WEI]}, by=LI)
    desk.act(case, "mark_read", by=WEI)
    desk.act(case, "copy", {"to": [WEI, BOSS]}, by=LI)
    assert not desk.tasks(WEI)
    assert "都已经抄送过了" in refused(desk, case, "copy", LI, to=[WEI, BOSS])
    assert "不是员工" in refused(desk, case, "copy", LI, to=[ZHAO])
    desk.advance()
    assert len(desk.listener.told(WEI, "抄送")) == 1


def test_the_cc_of_a_notification_is_a_copy(desk: Desk) -> None:
    """Who stands under `cc` gets the text, and the case in his list until he has read it; how often it is sent."""
    case = desk.begin()
    desk.later(hours=2)
    assert [t.kind for t in desk.tasks(QIAN)] == ["copy"]
    assert [m.text for m in desk.listener.got if m.to == QIAN] == ["还没办"]
    desk.act(case, "mark_read", by=QIAN)
    assert not desk.tasks(QIAN)


def test_what_a_batch_changes_before_an_end_is_gone_with_it(desk: Desk) -> None:
    """Tasks that a command of the same batch wrote down stand no longer once the case has ended."""
    case = desk.begin()
    desk.at_once(
        ("claim", {}, LI, case), ("copy", {"to": [WEI]}, LI, case), ("已读", {}, WEI, case), ("完", {}, LI, case)
    )
    assert not desk.tasks(LI)
    assert not desk.verify()


def test_a_copy_can_be_given_after_the_end(desk: Desk) -> None:
    """Also at the very moment of the end: what an end drops and what a copy adds do not get into each other's way."""
    case = desk.begin()
    desk.act(case, "copy", {"to": [WEI]}, by=LI)
    desk.act(case, "mark_read", by=WEI)
    desk.at_once(("完", {}, LI, case), ("copy", {"to": [BOSS]}, LI, case))
    assert [t.kind for t in desk.tasks(BOSS)] == ["copy"]


# --- urging ----------------------------------------------------------------------------------------------------------


def test_an_owner_is_urged_now_and_then(desk: Desk) -> None:
    """The applicant reminds him, is told when he may again, and the count is seen by whoever has the task."""
    case = desk.begin()
    desk.act(case, "催办", by=ZHAO)
    desk.act(case, "urge", by=WEI)
    said = refused(desk, case, "urge", ZHAO)
    assert "2026-03-02 09:30:00 之后可以再催" in said
    assert "urge" not in desk.able(case, ZHAO)
    desk.later(minutes=30)
    desk.act(case, "urge", by=ZHAO)
    [task] = desk.tasks(LI)
    assert (task.urged, task.flags, desk.case(case).urged) == (3, ("催办 3 次",), 3)
    desk.advance()
    assert desk.listener.told(WANG, "催办")[-1] == "zhao催您办理接听 T001(第 3 次催办)"


def test_the_count_of_a_task_begins_anew_at_each_step(desk: Desk) -> None:
    """Who gets the case next is not shown that others were slow; the case keeps the sum."""
    case = desk.begin()
    desk.act(case, "urge", by=ZHAO)
    desk.act(case, "转", by=LI)
    assert (desk.tasks(LI)[0].urged, desk.case(case).urged) == (0, 1)
    assert "刚催过" in refused(desk, case, "urge", ZHAO)


def test_who_is_urged_must_have_something_to_do(desk: Desk) -> None:
    """Nobody urges himself, a stranger nobody, and where nobody acts there is nobody to be urged."""
    case = desk.begin()
    assert "不用催自己" in refused(desk, case, "urge", LI)
    assert "看不到" in refused(desk, case, "urge", SUN)
    desk.act(case, "完", by=LI)
    assert "已结束" in refused(desk, case, "urge", ZHAO)
