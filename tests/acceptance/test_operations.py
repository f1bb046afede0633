"""What people do with a case besides the actions of its workflow."""

from __future__ import annotations

from pathlib import Path

import pytest

import flowkit
from flowkit.clock import VirtualClock
from flowkit.errors import RefusedError
from tests.unit.engine.shop import START

POOL = """
app: 前台
catcher: 组长
roles: {组长: {}, 接线: {}}
staff: {entity: 员工, roles: 角色}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: {type: list, of: role}}
rows:
  - {工号: boss, 角色: [组长]}
  - {工号: li, 角色: [接线]}
  - {工号: wang, 角色: [接线]}
---
form: 来电
fields: {事由: {type: text, required: true}}
---
workflow: 接听
from: 来电
nodes:
  待办: {owner: 接线, actions: {办完: {to: 完}}, timeouts: [{after: 1d, escalate: 组长}]}
  完: {end: done}
"""
LI, WANG = "员工:li", "员工:wang"


@pytest.fixture
def kit(tmp_path: Path):
    (tmp_path / "app.yaml").write_text(POOL, encoding="utf-8")
    with flowkit.FlowKit(
        flowkit.load_app(tmp_path), f"sqlite:///{tmp_path / 'work.db'}", clock=VirtualClock(START)
    ) as kit:
        yield kit


def test_one_of_a_pool_claims_a_task_and_gives_it_back(kit: flowkit.FlowKit) -> None:
    """A claimed task is one person's alone until he releases it; then it is everybody's again."""
    case = kit.submit("接听", {"事由": "咨询"}, by=LI).id
    assert ("claim", "认领") in kit.case(case, by=WANG).operations

    assert kit.act(case, "claim", by=LI).owner == (LI,)
    assert [len(kit.tasks(by)) for by in (LI, WANG)] == [1, 0]
    assert kit.case(case, by=WANG).actions == ()
    with pytest.raises(RefusedError, match="已经有人认领了"):
        kit.act(case, "认领", by=WANG)
    with pytest.raises(RefusedError, match="不是您从组里认领的"):
        kit.act(case, "release", by=WANG)

    assert kit.act(case, "释放", by=LI).owner == ("role:接线",)
    assert kit.act(case, "办完", by=WANG).outcome == "done"
    assert not kit.verify()
    assert len([line for line in kit.explain(case).lines if "认领" in line or "放回" in line]) == 2
