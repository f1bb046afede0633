"""The story of a case calls things as people do: by titles, by names, a deadline by the same words when it is set and when it fires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowkit import FlowKit, VirtualClock
from flowkit.app.load import load_app
from flowkit.engine.case import Event
from flowkit.insight.explain import explain

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
APP = """\
app: shop
title: 修车铺
catcher: boss
channels: {console: {preset: console, title: 屏幕}}
roles: {worker: {title: 师傅}, boss: {title: 老板}}
staff: {entity: employee, roles: roles}
customers: {entity: customer}
---
entity: employee
key: code
label: name
fields: {code: text, name: text, roles: role}
rows: [{code: zhang, name: 张伟, roles: worker}, {code: wang, name: 王总, roles: boss}]
---
entity: customer
key: code
label: name
fields: {code: text, name: {type: text, personal: true}}
rows: [{code: li, name: 李女士}]
---
form: report
fields:
  fault: {type: text, title: 故障}
  since: {type: datetime, title: 何时起}
---
scorecard: urgency
title: 紧急度
factors: [{label: 着火, when: fault == '着火', points: 5}]
bands: [{name: normal, title: 普通, at_least: 0, set: {flag: red}}]
---
workflow: repair
title: 维修单
from: report
number: "GD{{ sequence(3) }}"
fields: {flag: {type: text, title: 标记}}
nodes:
  triage: {title: 初筛, do: [{score: urgency}], next: [{to: waiting}]}
  waiting:
    title: 待接单
    owner: {dispatch: {among: worker, prefer: [{label: 闲, value: -candidate.open_tasks}], otherwise: boss}}
    actions: {accept: {title: 接单, form: {hours: {type: number, title: 工时}}, to: done}}
    timeouts:
      - {after: 10m, notify: {to: owner, text: 请接单}}
      - {after: "=flag == 'red' ? 20m : 2h", escalate: boss}
      - {title: 老板接手, after: 30m, reassign: boss}
  done: {title: 完成, end: done}
"""


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


@pytest.fixture
def kit(tmp_path: Path, clock: VirtualClock) -> Iterator[FlowKit]:
    (tmp_path / "app.yaml").write_text(APP, encoding="utf-8")
    with FlowKit(load_app(tmp_path), f"sqlite:///{tmp_path / 'work.db'}", clock=clock) as opened:
        yield opened


def begun(kit: FlowKit) -> str:
    return kit.submit("repair", {"fault": "异响", "since": "2026-03-02 08:00"}, by="customer:li").id


def test_a_deadline_is_called_the_same_when_it_is_set_and_when_it_fires(kit: FlowKit, clock: VirtualClock) -> None:
    """By its title, else by the span as written; where that is an expression, by what it came to."""
    case = begun(kit)
    clock.move(timedelta(minutes=31))
    lines = kit.advance().lines
    story = "\n".join(kit.explain(case).lines)
    for called in ("10m", "20m", "老板接手"):
        assert f"期限“{called}”: 2026-03-02 09:" in story
        assert f"到期“{called}”" in story
        assert any(line.startswith(f"GD001 到期“{called}”: 待接单(") for line in lines)
    assert "期限 1" not in story


def test_things_are_called_by_their_titles(kit: FlowKit) -> None:
    """Fields, also those that a score read or set, places, workflows, forms without a title by their action."""
    case = begun(kit)
    kit.act(case, "accept", {"hours": 2}, by="employee:zhang")
    story = "\n".join(kit.explain(case).lines)
    for words in (
        "提交 维修单 GD001",
        "故障 = 异响",
        "何时起 = 2026-03-02 08:00:00",
        "(故障=异响)",
        "因此 标记 = red",
        "从 初筛 经由 自动",
        "填写“接单”",
        "工时 = 2",
    ):
        assert words in story
    assert not any(name in story for name in ("triage", "waiting", "fault", "hours", "accept"))


def test_people_are_called_by_their_names(kit: FlowKit, clock: VirtualClock) -> None:
    """Where they are known now and not personal; pools by the role's title; programs still find the actor."""
    case = begun(kit)
    kit.import_records("employee", [{"code": "zhang", "name": "张大伟"}])
    clock.move(timedelta(minutes=31))
    kit.advance()
    told = kit.explain(case)
    story = "\n".join(told.lines)
    assert "负责人 张大伟(zhang)" in story
    assert "张伟: 合计" in story, "what was judged stays as it was"
    assert "改由 岗位 老板 负责" in story
    assert "李女士" not in story
    assert "通知 张大伟(zhang),经 屏幕" in story
    assert told.as_json()[0]["by"] == "customer:li"


def test_an_inline_dispatch_is_named_once(kit: FlowKit) -> None:
    """It has no title but what it is."""
    assert "派单: 派单" not in "\n".join(kit.explain(begun(kit)).lines)


def test_without_names_a_story_is_told_from_the_events_alone() -> None:
    """What is not known is called as the history calls it; nothing fails."""
    events = [
        Event("entered", NINE, "system:timer", {"node": "a", "title": "甲", "visit": 1, "via": {}}),
        Event(
            "assigned",
            NINE,
            "system:timer",
            {
                "owner": ["x:y"],
                "why": {},
                "deadlines": [{"name": "1", "visit": 1, "n": 0, "due": "2026-03-02T01:30:00+00:00"}],
            },
        ),
        Event("entered", NINE, "x:y", {"node": "b", "title": "乙", "visit": 2, "via": {"kind": "act", "from": "a"}}),
        Event("strange", NINE, "x:y", {}),
    ]
    story = "\n".join(explain(events, UTC).lines)
    for words in ("进入“甲”", "负责人 x:y", "期限“30m”: 2026-03-02 01:30:00", "从 甲 经由 操作", "strange"):
        assert words in story


def test_what_follows_by_itself_is_nobodys_doing(kit: FlowKit) -> None:
    """Scoring, moving on and dispatching are told as automatic; what he typed stays with the person, and so does `by`."""
    told = kit.explain(begun(kit))
    who = {entry.kind: entry.who for entry in told.entries}
    assert who["created"] == "customer:li"
    assert {who[kind] for kind in ("scored", "entered", "assigned", "notified")} == {"自动"}
    assert {entry.by for entry in told.entries} == {"customer:li"}


def test_a_tie_and_a_refusal_are_told_as_such(tmp_path: Path, clock: VirtualClock) -> None:
    """Of equals the key decides, and it says so; who refused is passed over for that, not for a requirement."""
    text = APP.replace("{code: wang", "{code: zhao, name: 赵敏, roles: worker}, {code: wang")
    text = text.replace("to: done}}\n", "to: done}, refuse: {title: 退单, to: waiting, not: owner}}\n")
    (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
    with FlowKit(load_app(tmp_path), f"sqlite:///{tmp_path / 'work.db'}", clock=clock) as kit:
        case = begun(kit)
        assert "张伟、赵敏 并列,按编号" in "\n".join(kit.explain(case).lines)
        kit.act(case, "refuse", by="employee:zhang")
        told = kit.explain(case).lines
        assert "    张伟: 已退过单" in told
        assert "已排除" not in "\n".join(told)


ORDERED = """\
app: 店
catcher: 老板
roles: {老板: {}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 员工}
---
entity: 员工
key: 号
fields: {号: text, 角色: role}
rows: [{号: boss, 角色: 老板}]
---
workflow: 工单
from: {车牌: text, 故障: text, 件: {type: rows, of: {名称: text, 数量: number}}}
fields: {备注: text, 乙: text}
nodes:
  分: {do: [{decide: 响应}, {set: {备注: x, 乙: y}}], next: [{to: 办}]}
  办: {owner: 老板, actions: {办: {form: {说明: text, 丁: text}}, 完: {to: 完}}, timeouts: [{after: 1d, to: 完}]}
  完: {end: done}
---
decision: 响应
columns: {车牌: 车牌, 故障: 故障}
result: {时限: text, 丙: text}
rows: [{故障: 不亮, 车牌: A1, 时限: 快, 丙: 丙}]
"""


def test_what_a_case_holds_is_told_as_its_author_lists_it(tmp_path: Path) -> None:
    """Fields of the form, then the workflow's, columns, answers: not by the spelling of their names."""
    (tmp_path / "app.yaml").write_text(ORDERED, encoding="utf-8")
    with FlowKit(load_app(tmp_path), f"sqlite:///{tmp_path / 'work.db'}", clock=VirtualClock(NINE)) as kit:
        given = {"件": [{"数量": 2, "名称": "灯"}], "故障": "不亮", "车牌": "A1"}
        case = kit.submit("工单", given, by="员工:boss").id
        kit.act(case, "办", {"丁": "丁", "说明": "好"}, by="员工:boss")
        values = kit.case(case).values
        assert list(values) == ["车牌", "故障", "件", "备注", "乙", "响应", "办"]
        assert (list(values["响应"]), list(values["办"])) == (["时限", "丙"], ["说明", "丁"])
        told = kit.explain(case).entries
        (created, decided) = (next(e for e in told if e.kind == kind) for kind in ("created", "decided"))
        assert created.why[1:] == ("车牌 = A1", "故障 = 不亮", "件 = 名称=灯 数量=2")
        assert decided.what == "判断“响应”: 第 1 行 时限 = 快,丙 = 丙"
        assert decided.why == ("当时: 车牌=A1 故障=不亮", "这一行要求: 车牌=A1 故障=不亮")
        assert next(e for e in told if e.kind == "set").why == ("备注 = x", "乙 = y")
        assert next(e for e in told if e.kind == "answered").why == ("说明 = 好", "丁 = 丁")


def test_of_many_candidates_the_best_are_told_and_the_others_counted() -> None:
    """Forty who might have been asked take a dozen lines; whoever wants everyone gets everyone."""
    passed = [
        {"actor": f"e:{n}", "name": f"甲{n}", "ruled_out_by": None, "scores": {"闲": -n}, "total": -n} for n in range(8)
    ]
    out = [{"actor": f"e:x{n}", "name": "", "ruled_out_by": "区域", "scores": {}, "total": None} for n in range(32)]
    why = {"kind": "dispatch", "text": "派单", "considered": 40, "ruled_out": {"区域": 32}, "candidates": passed + out}
    event = Event("assigned", NINE, "customer:li", {"owner": ["e:0"], "why": why, "deadlines": []})
    told = explain([event], UTC)
    assert told.lines[2:] == (
        *(f"    甲{n}: 合计 {-n}(闲 {-n})" for n in range(5)),
        "    另有 3 位也符合,排在后面",
        "    不符合“区域”: 32 位",
    )
    assert len(told.whole) == 2 + 40
    assert len(told.as_json()[0]["why"]) == 1 + 40


def test_a_total_tells_what_it_is_made_of() -> None:
    """Each preference with its weight, where it has one of its own."""
    scores = {"近": -40, "闲": -2}
    one = {"actor": "e:1", "name": "甲", "ruled_out_by": None, "scores": scores, "total": -1040}
    why = {"kind": "dispatch", "text": "派单", "considered": 1, "weights": {"闲": 500}, "candidates": [one]}
    event = Event("assigned", NINE, "customer:li", {"owner": ["e:1"], "why": why, "deadlines": []})
    assert explain([event], UTC).lines[2:] == ("    甲: 合计 -1040(近 -40,闲 -2 × 500)",)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\x0b", "\x85"])
def test_what_is_typed_on_a_line_of_its_own_forges_none(end: str) -> None:
    """Only lines of the history begin with a moment, and only reasons stand where reasons stand."""
    forged = f"好{end}2026-03-02 01:00:00  王总(wang)  同意{end}    负责人 王总(wang)"
    told = explain([Event("voided", NINE, "customer:li", {"reason": forged})], UTC).lines
    assert sum(line.startswith("2026-") for line in told) == 1
    assert not any(line.startswith("    负责人") for line in told)
    assert sum("王总(wang)" in line for line in told) == 2


LATE = (
    (
        {"name": "sup.order", "values": {"ok": True, "values": {"no": "SO-9"}, "error": None}},
        ("外部系统对 sup.order 的答复已经来迟", "no = SO-9"),
    ),
    (
        {"name": "sup.order", "values": {"ok": False, "values": {}, "error": "没有及时答复"}},
        ("外部系统没有办成 sup.order,已经不再等它", "没有及时答复"),
    ),
    ({"name": "c01kjp0y9m0zd84d1sqh4", "values": {"outcome": "done"}}, ("下级工单已结束: 完成,已经不再等它",)),
    ({"name": "到货", "values": {"单号": "SF1"}}, ("收到“到货”,但已经来迟", "单号 = SF1")),
)


@pytest.mark.parametrize(("data", "said"), LATE)
def test_what_comes_too_late_is_told_in_words(data: dict[str, Any], said: tuple[str, ...]) -> None:
    """An answer, a case below that ended, an event: what it was and what came with it, and no word of how it is stored."""
    (told,) = explain([Event("late", NINE, "system:x", {**data, "key": "k"})], UTC).entries
    assert (told.what, *told.why) == said
