"""Every line of `table.md`: each operation under each sign rule, in each situation, comes to what the line says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import flowkit
from flowkit.app.app import App
from tests.acceptance.approvals.script import SUBSTITUTES, Desk, Line, app_of, lines, play, sections

LINES = list(lines())
SUBSTITUTING = hasattr(flowkit.FlowKit, "substitute")


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], App]:
    folder, made = tmp_path_factory.mktemp("approvals"), dict[str, App]()

    def of(section: str) -> App:
        if section not in made:
            made[section] = app_of(section, folder / str(len(made)))
        return made[section]

    return of


@pytest.fixture
def desk(apps: Callable[[str], App], request: pytest.FixtureRequest) -> Iterator[Desk]:
    line: Line = request.param
    if line.section == SUBSTITUTES and not SUBSTITUTING:
        pytest.skip("nobody can name a substitute yet")
    found = Desk(apps(line.section), "sqlite://")
    yield found
    found.close()


def sound(desk: Desk) -> None:
    """The history tells of the case, tasks and deadlines are those it asks for, and who is asked may answer."""
    assert desk.kit.verify() == []


@pytest.mark.parametrize(("desk", "line"), [(line, line) for line in LINES], indirect=["desk"], ids=map(str, LINES))
def test_a_line_of_the_table(desk: Desk, line: Line) -> None:
    """What the line says happens, and after every step the case is sound."""
    play(line, desk, sound)


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
