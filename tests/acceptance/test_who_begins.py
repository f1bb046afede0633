"""A case is begun by those whom its workflow lets begin one, and by nobody else on any way in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowkit import DefinitionError, FlowKit, RefusedError, VirtualClock, load_app
from tests.shop import NINE

APP = """
app: 小店
catcher: 店长
roles: {师傅: {sees: all}, 店长: {sees: all}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 客户}
channels: {console: {preset: console}}
---
entity: 员工
key: 号
fields: {号: text, 角色: {type: list, of: role}}
rows: [{号: zhang, 角色: [师傅]}, {号: fang, 角色: [店长]}]
---
entity: 客户
key: 号
fields: {号: text}
rows: [{号: li}]
---
workflow: 报修
from: {说明: text}
nodes:
  办: {owner: 师傅, actions: {领料: {do: [{start: {workflow: 领料, with: {件: 灯}}}]}, 完: {to: 完}}, timeouts: [{after: 1d, escalate: 店长}]}
  完: {end: done}
---
workflow: 领料
who: WHO
from: {件: text}
nodes:
  发: {owner: 店长, actions: {发: {to: 完}}, timeouts: [{after: 1d, escalate: 店长}]}
  完: {end: done}
"""
EVERYBODY = {"员工:zhang", "员工:fang", "客户:li"}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[list[FlowKit]]:
    kits: list[FlowKit] = []
    yield kits
    for kit in kits:
        assert kit.verify() == []
        kit.close()


def shop(folder: Path, kits: list[FlowKit], who: str) -> FlowKit:
    folder.mkdir(exist_ok=True)
    text = APP.replace("who: WHO\n", f"who: {who}\n" if who else "")
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    kits.append(FlowKit(load_app(folder), "sqlite://", clock=VirtualClock(NINE)))
    return kits[-1]


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("", EVERYBODY),
        ("[]", set()),
        ("师傅", {"员工:zhang"}),
        ("[师傅, customers]", {"员工:zhang", "客户:li"}),
        ("customers", {"客户:li"}),
    ],
)
def test_only_they_may_begin_one(tmp_path: Path, opened: list[FlowKit], who: str, may: set[str]) -> None:
    """Whoever else tries is refused by name of the workflow, and nothing is made, on whosever behalf he tries."""
    kit = shop(tmp_path, opened, who)
    for by in EVERYBODY:
        if by in may:
            kit.submit("领料", {"件": "灯"}, by=by)
        else:
            with pytest.raises(RefusedError, match="您不能发起“领料”") as refused:
                kit.submit(
                    "领料", {"件": "灯"}, by=by, applicant=min(may, default=by) if by.startswith("员工") else None
                )
            assert refused.value.code == "not-yours"
    assert kit.count(None) == len(may)


def test_another_case_begins_it_for_whoever_acts(tmp_path: Path, opened: list[FlowKit]) -> None:
    """`who: []` keeps out people, not the work that leads there."""
    kit = shop(tmp_path, opened, "[]")
    case = kit.submit("报修", {"说明": "灯不亮"}, by="客户:li")
    kit.act(case.id, "领料", by="员工:zhang")
    assert [row.applicant for row in kit.cases(None, workflow="领料").items] == ["员工:zhang"]


def test_an_unknown_role_is_told(tmp_path: Path, opened: list[FlowKit]) -> None:
    """With the one that may be meant."""
    with pytest.raises(DefinitionError) as told:
        shop(tmp_path, opened, "[师父]")
    (found,) = told.value.diagnostics
    assert (found.code, found.message) == ("unknown-name", 'no role "师父"')
