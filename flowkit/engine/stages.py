"""Stages while a case moves: entered and left with their nodes, their clocks standing still where a node pauses them.

A stage's deadlines are worked out when the case first rests in it: only then is known what its first nodes worked out.
"""

from __future__ import annotations

from datetime import datetime

from flowkit.engine.deadlines import deadline_of, later
from flowkit.engine.definition import Node, Stage
from flowkit.engine.draft import Draft


def leave_stages(draft: Draft, node: Node) -> None:
    """The case has come to `node`: stages that do not hold it are over."""
    for name in draft.case.stages:
        if node.name not in draft.workflow.stages[name].nodes:
            draft.add("stage_left", stage=name, title=draft.workflow.stages[name].title)


def rest_in_stages(draft: Draft, node: Node) -> None:
    """The case rests at `node`: stages it has come into begin, and their clocks run or stand still."""
    for stage in draft.workflow.stages_at(node.name):
        if stage.name not in draft.case.stages:
            _begin(draft, stage)
        paused = draft.case.stages[stage.name].paused is not None
        if node.pauses and not paused:
            draft.add("stage_paused", stage=stage.name, title=stage.title)
        elif paused and not node.pauses:
            _resume(draft, stage)


def _begin(draft: Draft, stage: Stage) -> None:
    entry = draft.case.entries.get(stage.name, 0) + 1
    world = draft.world()
    due = [deadline_of(timeout, entry, draft.now, world) for timeout in stage.timeouts]
    draft.add("stage_entered", stage=stage.name, title=stage.title, entry=entry, deadlines=[d.as_json() for d in due])


def _resume(draft: Draft, stage: Stage) -> None:
    """What stood still goes on: each deadline is later by as long as the pause was."""
    state = draft.case.stages[stage.name]
    assert state.paused is not None
    since, world = datetime.fromisoformat(state.paused), draft.world()
    again = [later(stood, since, "暂停", world).as_json() for stood in state.standing]
    draft.add("stage_resumed", stage=stage.name, title=stage.title, deadlines=again)
