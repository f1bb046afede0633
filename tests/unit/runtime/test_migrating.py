"""An app that no longer fits what open cases began under is refused; the cases can be moved to its present version."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from flowkit import FlowKit, RefusedError, StrandedError, VirtualClock, load_app
from flowkit.app.app import App
from flowkit.runtime.opening import stranded_in
from tests.shop import NINE, SHOP, shop

LIVE = """
app: 门诊
catcher: 主任
roles: {医生: {}, 主任: {}}
staff: {entity: 员工, roles: 角色}
---
entity: 员工
key: 号
fields: {号: text, 角色: role, 楼层: text}
rows: [{号: yi, 角色: 医生, 楼层: 三}, {号: zhu, 角色: 主任}]
---
vocabulary: 轻重
options: [轻, 重]
---
workflow: 看病
fields: {程度: {type: choice, vocabulary: 轻重}, 天数: number}
stages: {全程: {nodes: all, timeouts: [{after: 3d, escalate: 主任}]}}
nodes:
  候诊:
    owner: 医生
    do: [{set: {程度: 重, 天数: 3}}]
    actions: {看: {when: "程度 == '重' and actor.楼层 == '三'", to: 用药}, 退: {to: 候诊}}
    timeouts: [{after: 1h, escalate: 主任}, {after: 2h, notify: {to: owner, text: 久等}}]
  用药:
    owner: =候诊.owner
    actions: {好: {to: 完}}
    timeouts: [{after: 1d, escalate: 主任}]
  完: {end: done}
---
workflow: 检查
nodes:
  检: {owner: 医生, actions: {检完: {to: 末}}, timeouts: [{after: 1d, escalate: 主任}]}
  末: {end: done}
"""
CHANGES = {
    "a role": (("医生", "大夫"), 'no role "医生"'),
    "an option": (("重]", "急]"), '"重"'),
    "a field": (("楼层", "层"), '"楼层"'),
}
"""What is renamed everywhere, and what of it the versions in use lack. The workflow names it too, so that it is another version."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'work.db'}"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


def ward(tmp_path: Path, *changes: tuple[str, str], text: str = LIVE) -> App:
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    folder = tmp_path / f"app{abs(hash(text))}"
    folder.mkdir(exist_ok=True)
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    return load_app(folder)


def begin(tmp_path: Path, url: str, clock: VirtualClock, many: int = 2) -> list[Any]:
    with FlowKit(ward(tmp_path), url, clock=clock) as kit:
        return [kit.submit("看病", {}, by="员工:zhu") for _ in range(many)]


def changed(tmp_path: Path, what: str) -> App:
    before, after = CHANGES[what][0]
    return ward(
        tmp_path,
        (before, after),
        *((("程度 == '重'", "程度 == '急'"), ("程度: 重", "程度: 急")) if "急" in after else ()),
    )


def content(url: str) -> list[str]:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        return list(raw.iterdump())


# --- refused at opening ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", CHANGES)
def test_an_app_that_open_cases_do_not_fit_is_refused(tmp_path: Path, url: str, clock: VirtualClock, what: str) -> None:
    """Told are the workflow, how many cases, what is missing and what to do; the database stays as it was."""
    begin(tmp_path, url, clock)
    before, app = content(url), changed(tmp_path, what)
    for look in (lambda: FlowKit(app, url, clock=clock), lambda: _raise(stranded_in(app, url))):
        with pytest.raises(StrandedError) as refused:
            look()
        (told,) = refused.value.diagnostics
        assert (told.code, told.severity, told.place.file) == ("stranded", "error", str(app.folder / "app.yaml"))
        assert re.match('2 open cases of "看病" .version [0-9a-f]{12}. could not go on: ', told.message)
        assert CHANGES[what][1] in told.message
        assert "flowkit migrate" in told.help
        assert "--allow-stranded" in told.help
    assert content(url) == before


def _raise(diagnostics: Any) -> None:
    raise StrandedError(diagnostics)


def test_what_has_ended_hinders_nothing(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """Only open cases count."""
    (case,) = begin(tmp_path, url, clock, many=1)
    with FlowKit(ward(tmp_path), url, clock=clock) as kit:
        kit.act(case.id, "看", by="员工:yi")
        kit.act(case.id, "好", by="员工:yi")
    app = changed(tmp_path, "a role")
    assert stranded_in(app, url) == ()
    FlowKit(app, url, clock=clock).close()


def test_a_change_that_fits_is_taken_and_not_judged_again(
    tmp_path: Path, url: str, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A title or a rule may change under open cases; what was found to fit is not linked at every opening."""
    begin(tmp_path, url, clock)
    app = ward(tmp_path, ("roles: {医生: {}", "roles: {医生: {title: 大夫}"), ("看: {when", "看: {title: 看诊, when"))
    FlowKit(app, url, clock=clock).close()
    monkeypatch.setattr("flowkit.runtime.definitions.link_pinned", _never)
    FlowKit(app, url, clock=clock).close()
    with pytest.raises(AssertionError):
        FlowKit(ward(tmp_path, ("看: {when", "看: {title: 瞧, when")), url, clock=clock).close()


def _never(*_: object) -> None:
    raise AssertionError("linked again")


def test_it_can_be_opened_all_the_same(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """Deliberately: the cases are listed and stand still, and the next opening refuses again."""
    (case,) = begin(tmp_path, url, clock, many=1)
    app = changed(tmp_path, "a field")
    with FlowKit(app, url, clock=clock, allow_stranded=True) as kit:
        assert [fault.kind for fault in kit.stranded()] == ["version"]
        assert kit.tasks("员工:yi")[0].actions == ()
        assert kit.submit("看病", {}, by="员工:zhu").owner == ("role:医生",)
    with pytest.raises(StrandedError):
        FlowKit(app, url, clock=clock)
    with FlowKit(ward(tmp_path), url, clock=clock, allow_stranded=True) as kit:
        assert kit.act(case.id, "看", by="员工:yi").node == "用药"


# --- moved -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["a role", "a field"])
def test_cases_are_moved_to_the_present_version(tmp_path: Path, url: str, clock: VirtualClock, what: str) -> None:
    """They keep their step, values and deadlines, are somebody's, and the history says so."""
    cases, app = begin(tmp_path, url, clock), changed(tmp_path, what)
    with FlowKit(app, url, clock=clock, allow_stranded=True) as kit:
        moved = kit.migrate("看病", by="员工:zhu")
        assert {(m.case, m.moved, m.reason) for m in moved} == {(c.id, True, "") for c in cases}
        assert kit.migrate("看病", by="员工:zhu") == []
        assert kit.stranded() == []
    with FlowKit(app, url, clock=clock) as kit:
        for case in cases:
            now = kit.case(case.id)
            assert (now.node, now.visit, now.values) == (case.node, case.visit, case.values)
            assert [d.due for d in now.deadlines] == [d.due for d in case.deadlines]
            (event,) = [e for e in kit.history(case.id) if e.kind == "migrated"]
            assert (event.by, set(event.data)) == ("员工:zhu", {"from", "to"})
            assert "换到现在的流程" in " ".join(kit.explain(case.id).lines)
            assert kit.act(case.id, "看", by="员工:yi").node == "用药"
        assert kit.verify() == []


def test_an_approval_under_way_goes_over_with_what_was_signed(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """Signatures stay; one that was asked of a role that is no more is the catcher's."""
    text = (
        LIVE.replace(
            "  候诊:\n    owner: 医生",
            "  批: {approval: {by: [医生, 主任], sign: all, self: allow}, approved: {to: 候诊}, rejected: {to: 完}, timeouts: [{after: 1d, escalate: 主任}]}\n  候诊:\n    owner: 医生",
        )
        .replace("主任: {}}", "主任: {}, 院长: {}}")
        .replace("catcher: 主任", "catcher: 院长")
        .replace("rows: [", "rows: [{号: yuan, 角色: 院长}, ")
    )
    with FlowKit(ward(tmp_path, text=text), url, clock=clock) as kit:
        case = kit.submit("看病", {}, by="员工:zhu")
        kit.act(case.id, "approve", by="员工:zhu")
    later = ward(tmp_path, ("医生", "大夫"), text=text)
    with FlowKit(later, url, clock=clock, allow_stranded=True) as kit:
        (moved,) = kit.migrate("看病", by="员工:yuan")
        assert moved.moved, moved.reason
        assert kit.case(case.id).owner == ("role:院长",)
        assert kit.act(case.id, "approve", by="员工:yuan").node == "候诊"
        assert kit.verify() == []


REFUSED = {
    "the step is gone": ([("候诊", "等候")], "没有环节“候诊”"),
    "the step is passed by": (
        [
            ("    actions: {看: {when", "    next: [{to: 用药}]\n  等:\n    owner: 医生\n    actions: {看: {when"),
            ("    owner: 医生\n    do", "    do"),
        ],
        "不能停在那里",
    ),
    "a deadline is gone": ([(", {after: 2h, notify: {to: owner, text: 久等}}]", "]")], "没有期限“2”"),
    "it would wait for signatures": (
        [
            (
                "    actions: {看: {when: \"程度 == '重' and actor.楼层 == '三'\", to: 用药}, 退: {to: 候诊}}",
                "    approval: {by: 医生, otherwise: 主任}\n    approved: {to: 用药}\n    rejected: {to: 完}",
            ),
            ("    owner: 医生\n    do:", "    do:"),
        ],
        "是不是审批不同",
    ),
    "a stage is gone": ([("全程:", "前程:")], "不在阶段“全程”里"),
    "it would wait for a case that nobody began": (
        [
            (
                "    actions: {看: {when: \"程度 == '重' and actor.楼层 == '三'\", to: 用药}, 退: {to: 候诊}}",
                "    run: {workflow: 检查}\n    next: [{to: 用药}]",
            )
        ],
        "等的下级工单不同",
    ),
    "a value is of another type": ([("天数: number", "天数: date"), (", 天数: 3}", "}")], "“天数”的内容不合现在的类型"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_case_that_cannot_stand_there_stays(tmp_path: Path, url: str, clock: VirtualClock, why: str) -> None:
    """It is told what keeps it; nothing has happened to it, and it goes on under its own version."""
    changes, reason = REFUSED[why]
    (case,) = begin(tmp_path, url, clock, many=1)
    with FlowKit(ward(tmp_path, *changes), url, clock=clock) as kit:
        (found,) = kit.migrate("看病", by="员工:zhu")
        assert (found.moved, reason in found.reason) == (False, True), found.reason
        assert "migrated" not in [e.kind for e in kit.history(case.id)]
        assert kit.act(case.id, "看", by="员工:yi").node == "用药"


def test_only_the_versions_named_are_moved(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """Cases of other versions stay where they are; one who is not there moves nothing."""
    begin(tmp_path, url, clock, many=1)
    second = ward(tmp_path, ("好: {to", "好: {title: 好了, to"))
    with FlowKit(second, url, clock=clock) as kit:
        later = kit.submit("看病", {}, by="员工:zhu")
    with FlowKit(ward(tmp_path, ("好: {to", "好: {title: 出院, to")), url, clock=clock) as kit:
        with pytest.raises(RefusedError, match="没有这个人"):
            kit.migrate("看病", by="员工:none")
        version = second.workflows["看病"].version
        assert [m.case for m in kit.migrate("看病", by="员工:zhu", from_version=version[:12])] == [later.id]
        assert kit.case(later.id, by="员工:yi").actions
        assert len(kit.migrate("看病", by="员工:zhu")) == 1


def test_what_a_machine_gave_up_on_is_tried_again_after_the_move(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """The usual reason to move a case: its version is what was wrong."""
    with FlowKit(shop(tmp_path / "app"), url, clock=clock) as kit:
        case = kit.submit("工单", {"故障": "异响"}, by="客户:li")
        kit.act(case.id, "接单", by=case.owner[0])
        assert kit.act(case.id, "完工", {"收费": 1}, by=case.owner[0]).incident
    mended = SHOP.replace("do: [{record: =车, set: {里程: =车.里程 + 1}, add: {履历: {故障: =故障}}}]\n    ", "")
    with FlowKit(shop(tmp_path / "mended", text=mended), url, clock=clock) as kit:
        (moved,) = kit.migrate("工单", by="员工:boss")
        assert moved.moved, moved.reason
        assert kit.retry(case.id, by="员工:boss").outcome == "done"
