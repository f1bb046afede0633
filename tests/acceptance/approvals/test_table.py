"""Every line of `table.md`: each operation under each sign rule, in each situation, comes to what the line says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

import flowkit
from flowkit.clock import VirtualClock
from flowkit.engine.operations.table import OPERATIONS as BY_ENGINE
from tests.acceptance.approvals.script import OPERATIONS, RULES, Desk, Line, app_of, lines, play, rule_of, sections
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


_RULE_OF = {section: rule_of(section) for section in sections()}
FOUND = {(word, _RULE_OF[line.section], refused) for line in LINES for word, refused in line.cells}
CELLS = list(product(OPERATIONS, RULES.values(), (False, True)))
"""Each operation under each sign rule: once done, once refused."""


@pytest.mark.parametrize(
    ("word", "rule", "refused"), CELLS, ids=[f"{w}-{r}-{'不许' if no else '可以'}" for w, r, no in CELLS]
)
def test_a_cell_of_the_table(word: str, rule: str, refused: bool) -> None:
    """A line tells what that operation comes to under that sign rule; another tells when it is refused, and why."""
    missing = (word, rule, refused) not in FOUND
    assert not missing, f"table.md has no line in which {word} under {rule} is {'refused' if refused else 'done'}"


def test_every_operation_has_its_cells() -> None:
    """An operation that is new stands in the table, or is said here to be none of an approval's."""
    elsewhere = {"retry", "move", "comment", "follow", "unfollow", "link", "unlink", "join", "reveal"}
    assert {*OPERATIONS.values()} - {"substitute"} == {*BY_ENGINE} - elsewhere


def test_the_words_of_the_table_are_in_the_guide() -> None:
    """Whoever reads the table finds each operation explained where an implementer looks for it."""
    guide = Path("docs/how-to/approvals.md").read_text(encoding="utf-8")
    for word in {word[-2:] for word in OPERATIONS}:
        assert word in guide, word
