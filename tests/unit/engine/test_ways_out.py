"""`instead`: the action that is the way out where a check cannot hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit.app.load import load_app
from flowkit.diagnostics import Diagnostic
from flowkit.errors import DefinitionError

APP = """
app: 店
roles: {{师傅: {{}}}}
catcher: 师傅
channels: {{console: {{preset: console}}}}
staff: {{entity: 员工, roles: 角色}}
---
entity: 员工
key: 工号
fields: {{工号: text, 角色: role}}
---
form: 报修
fields: {{位置: {{type: location, required: true}}}}
{form_checks}
---
workflow: 工单
from: 报修
stages: {{全程: {{nodes: [途中], actions: {{作废: {{to: 完成}}}}}}}}
nodes:
  途中:
    owner: 师傅
    actions:
      到达:
        form: {{定位: location}}
        checks: [{{require: "distance(到达.定位, 位置) <= 200", message: 太远, instead: {instead}}}]
        to: 完成
      拍照: {{form: {{照片: media}}, to: 完成}}
    timeouts: [{{after: 1h, escalate: 师傅}}]
  别处: {{owner: 师傅, actions: {{跳过: {{to: 完成}}}}, timeouts: [{{after: 1h, escalate: 师傅}}]}}
  完成: {{end: done}}
"""


def found(tmp_path: Path, instead: str, form_checks: str = "") -> tuple[Diagnostic, ...]:
    (tmp_path / "app.yaml").write_text(APP.format(instead=instead, form_checks=form_checks), encoding="utf-8")
    try:
        load_app(tmp_path)
    except DefinitionError as error:
        return tuple(d for d in error.diagnostics if "other action" in d.message or "instead" in d.message)
    return ()


@pytest.mark.parametrize("instead", ["到达", "跳过", "拍"])
def test_the_way_out_is_another_action_of_the_same_node(tmp_path: Path, instead: str) -> None:
    """Neither the action itself, nor one of another node, nor one that is not there; said at the word itself."""
    (mistake,) = found(tmp_path, instead)
    assert mistake.message == f'"{instead}" is no other action of this node'
    assert mistake.place.line == 25


@pytest.mark.parametrize("instead", ["拍照", "作废"])
def test_an_action_of_the_node_or_of_its_stage_is_a_way_out(tmp_path: Path, instead: str) -> None:
    """What can be done there can be named."""
    assert found(tmp_path, instead) == ()


def test_a_form_alone_has_no_way_out(tmp_path: Path) -> None:
    """A form does not know at which node it is filled in."""
    mistakes = found(tmp_path, "拍照", "checks: [{require: not empty(位置), message: 在哪, instead: 拍照}]")
    assert [m.message for m in mistakes] == ['unknown key "instead"']
