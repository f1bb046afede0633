"""Every line of `table.md`: each operation under each sign rule, in each situation, comes to what the line says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import flowkit
from flowkit.clock import VirtualClock
from tests.acceptance.approvals.script import Desk, Line, app_of, lines, play, sections
from tests.unit.engine.shop import START

LINES = list(lines())


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Desk]]:
    """A new case of a section, on one database for all its lines."""
    folder, opened = tmp_path_factory.mktemp("approvals"), dict[str, tuple[flowkit.FlowKit, VirtualClock]]()

    def of(section: str) -> Desk:
        if section not in opened:
            clock = VirtualClock(START)
            app = app_of(section, folder / str(len(opened)))
            opened[section] = flowkit.FlowKit(app, "sqlite://", clock=clock), clock
        return Desk(*opened[section])

    yield of
    for kit, _ in opened.values():
        kit.close()


@pytest.mark.parametrize("line", LINES, ids=map(str, LINES))
def test_a_line_of_the_table(desks: Callable[[str], Desk], line: Line) -> None:
    """What the line says happens; the history tells of the case, and tasks and deadlines are those it asks for."""
    desk = desks(line.section)
    try:
        play(line, desk)
    finally:
        desk.close()
    assert desk.kit.verify() == []


def test_the_table_holds_every_operation_under_every_rule() -> None:
    """No operation was forgotten under one of the four sign rules."""
    verbs = ("同意", "拒绝", "退回", "转办", "委派", "前加签", "后加签", "并加签", "减签", "拿回")
    for rule in ("会签", "或签", "依次审批", "票签"):
        said = " ".join(step for line in sections()[rule][1] for step in line.steps)
        assert [verb for verb in verbs if verb not in said] == [], rule


def test_the_words_of_the_table_are_in_the_guide() -> None:
    """Whoever reads the table finds each operation explained where an implementer looks for it."""
    guide = Path("docs/how-to/approvals.md").read_text(encoding="utf-8")
    for word in ("同意", "拒绝", "退回", "转办", "委派", "代理", "加签", "减签", "拿回", "认领", "释放"):
        assert word in guide, word
