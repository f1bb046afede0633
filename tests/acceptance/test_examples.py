"""The examples as their reader meets them: checked, tested, tried, drawn and walked by hand as their READMEs say."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import flowkit
import flowkit.cli.opening
import flowkit.kit
from flowkit.app.app import App
from flowkit.cli.main import perform
from flowkit.clock import VirtualClock
from flowkit.engine.definition import Workflow
from flowkit.testing.replay import replay
from flowkit.testing.scenarios import play

EXAMPLES = sorted(path.parent for path in (Path(__file__).parents[2] / "examples").glob("*/app.yaml"))
ARROW = re.compile(r"^\s*(\S+) --> ([^\s:]+)", re.MULTILINE)
FIRST = {"工单号": "WX20260302-0001", "报修单号": "BX20260302-0001", "维修单号": "WX20260302-0001"}
"""What is printed in whose place the READMEs write these."""
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda path: path.name)
def example(request: pytest.FixtureRequest) -> App:
    path: Path = request.param
    return flowkit.load_app(path)


def test_an_example_is_without_a_finding(example: App) -> None:
    """Not even a warning: it is what people copy from."""
    assert example.diagnostics == ()


def test_the_stories_of_an_example_hold_and_cover_it(example: App) -> None:
    """Every scenario passes, and the steps that expect something reach every node, exit, deadline, call and check."""
    report = play(example)
    assert report.ok, "\n".join(report.lines())
    assert len(report.played) >= 12
    assert report.percent == 100, "\n".join(report.coverage_lines())


def test_the_tickets_of_an_example_are_all_accounted_for(example: App) -> None:
    """Three tickets: one urgent, one turned back with a reason, one that takes its time."""
    outcome = replay(example)
    assert outcome.ok
    assert sorted(ticket.status for ticket in outcome.tickets) == ["accepted", "accepted", "refused"]


def test_the_drawings_of_an_example_are_its_workflows(example: App) -> None:
    """Each arrow between two nodes in the README is a way that a case can go."""
    text = (example.folder / "README.md").read_text(encoding="utf-8")
    drawings = re.findall(r"```mermaid\n(stateDiagram.*?)```", text, re.DOTALL)
    drawn = {arrow for drawing in drawings for arrow in _arrows(drawing)}
    ways = {way for workflow in example.workflows.values() for way in _ways(workflow)}
    assert drawn
    assert drawn <= ways, drawn - ways


def _arrows(drawing: str) -> Iterator[tuple[str, str]]:
    yield from ((a, b) for a, b in ARROW.findall(drawing) if "[*]" not in (a, b))


def _ways(workflow: Workflow) -> Iterator[tuple[str, str]]:
    for name, node in workflow.nodes.items():
        yield from ((name, route.to) for route in node.next)
        exits = (*node.exits, *(e for stage in workflow.stages_at(name) for e in stage.exits))
        yield from ((name, route.to) for exit_ in exits for route in exit_.to)
        yield from ((name, name) for exit_ in exits if not exit_.to)
        returned = node.approval.outcomes.get("returned") if node.approval is not None else None
        if returned is not None and not returned.to:
            # Whoever returns it chooses where to.
            yield from ((name, other) for other in workflow.nodes if other != name)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_walk_by_hand_goes_as_the_readme_says(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command is accepted as it stands there, save those whose remark says that it cannot be done."""
    clock = VirtualClock(MONDAY)
    monkeypatch.setattr(flowkit.kit, "SystemClock", lambda: clock)
    monkeypatch.setattr(flowkit.cli.opening, "load_app", cache(flowkit.load_app))
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("FLOWKIT_DATABASE", f"sqlite:///{tmp_path}/walk.db")
    walk = re.search(r"## 自己走一遍\n.*?```\n(.*?)```", (path / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert walk is not None
    for line in walk.group(1).splitlines():
        command, _, remark = line.partition("  # ")
        words = [FIRST.get(word, word) for word in shlex.split(command)]
        code, said = _typed([str(tmp_path / word) if before == "--save" else word for before, word in pairwise(words)])
        assert code == (1 if "不了" in remark else 0), f"{line}\n{said}"


def _typed(words: list[str]) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        return perform(words), out.getvalue()
