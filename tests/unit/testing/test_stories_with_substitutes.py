"""A story in which somebody stands in for another."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit.errors import DefinitionError
from flowkit.testing.scenarios import play
from tests.regions import regions

STORY = """
---
scenario: 请假有人代
given: {now: "2026-03-02 09:00"}
steps:
  - {submit: 工单, by: 员工:zong, with: {地点: 滨江}}
  - {act: claim, by: 员工:bin, expect: {owner: 员工:bin}}
  - {act: 接单, by: 员工:ning, expect: {refused: 不归您处理}}
  - {substitute: 员工:ning, by: 员工:bin, until: UNTIL}
  - {act: 接单, by: 员工:ning, expect: {node: 处理中, owner: 员工:bin}}
  - {wait: 2d}
  - {act: 完工, by: 员工:ning, expect: {refused: 不归您处理}}
  - {substitute: 员工:bin, by: 员工:bin, until: 1d, expect: {refused: 不能请自己代理}}
"""


@pytest.mark.parametrize("until", ["1d", '"2026-03-03 09:00"'])
def test_a_substitute_acts_in_a_story_for_as_long_as_it_says(tmp_path: Path, until: str) -> None:
    """From the step on, up to the end of the span or the moment."""
    told = play(regions(tmp_path, more=STORY.replace("UNTIL", until)))
    assert [f for played in told.played for f in played.failures] == []


@pytest.mark.parametrize(("workflows", "told"), [("工单", []), ("[别的]", [5])])
def test_who_stands_in_for_some_workflows_does_so_in_no_other(tmp_path: Path, workflows: str, told: list[int]) -> None:
    """`workflows` names those in which the tasks are taken over."""
    other = "\n---\nworkflow: 别的\nnodes: {开始: {end: done}}"
    story = STORY.replace("UNTIL", f"1d, workflows: {workflows}") + other
    failures = [f for played in play(regions(tmp_path, more=story)).played for f in played.failures]
    assert [f.step for f in failures[:1]] == told


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("until: soon", "expected a moment"),
        ("until: 3 business days", "runs round the clock"),
        ("expect: {node: 处理中}", 'needs "until"'),
        ("until: 1d, workflows: [公单]", 'unknown workflow "公单"'),
        ("until: 1d, with: {a: b}", 'says nothing beside "substitute"'),
    ],
)
def test_a_mistake_in_such_a_step_is_told(tmp_path: Path, wrong: str, said: str) -> None:
    """An end that is none, none at all, and what has no meaning there."""
    with pytest.raises(DefinitionError) as failed:
        regions(tmp_path, more=STORY.replace("until: UNTIL", wrong))
    assert said in "\n".join(d.message for d in failed.value.diagnostics)


def test_who_stands_in_is_named_as_people_are(tmp_path: Path) -> None:
    """ENTITY:KEY, of an entity that is there."""
    with pytest.raises(DefinitionError) as failed:
        regions(tmp_path, more=STORY.replace("UNTIL", "1d").replace("substitute: 员工:ning", "substitute: 人员:ning"))
    assert 'unknown entity "人员"' in "\n".join(d.message for d in failed.value.diagnostics)
