"""Stories in which people do more than the actions of a workflow: claim, hand over, comment …"""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit.errors import DefinitionError
from flowkit.testing.scenarios import play
from tests.unit.testing.conftest import shop

POOL = """\
scenario: 老板们抢一单
given: {rows: {employee: [{code: qian, roles: [boss]}, {code: zhang, on_duty: false}]}}
steps:
  - submit: repair
    by: customer:zhao
    with: {car: A2, fault: 发动机}
    expect: {node: waiting, owner: boss, operations: [claim]}
"""


def story(folder: Path, *steps: str) -> list[tuple[str, str, str]]:
    """What was not as expected: of what, what was expected, what was found."""
    told = play(shop(folder, POOL + "".join(f"  - {step}\n" for step in steps)))
    return [(f.what, f.expected, f.found) for p in told.played for f in p.failures]


def test_operations_are_taken_by_name_or_title_and_expected(tmp_path: Path) -> None:
    """`act` takes an operation as it takes an action; `operations` names some of those open to the present owner."""
    steps = (
        "{act: claim, by: employee:qian, expect: {owner: employee:qian, operations: [释放]}}",
        "{act: 认领, by: employee:wang, expect: {refused: 已经有人认领了}}",
        "{act: 释放, by: employee:qian, expect: {owner: boss, operations: [claim]}}",
    )
    assert story(tmp_path, *steps) == []


def test_an_operation_that_is_not_open_is_told(tmp_path: Path) -> None:
    """An expectation of operations can fail, and says what is open."""
    [(what, expected, found)] = story(tmp_path, "{act: claim, by: employee:qian, expect: {operations: [claim]}}")
    assert (what, expected) == ("operations", "[claim]")
    assert "release" in found


@pytest.mark.parametrize("step", ["act: clam, by: employee:wang", "wait: 1m, expect: {operations: [clam]}"])
def test_names_of_operations_are_checked(tmp_path: Path, step: str) -> None:
    """What is neither an action nor an operation is found when the app is checked."""
    with pytest.raises(DefinitionError, match='"clam"') as wrong:
        shop(tmp_path, POOL + f"  - {{{step}}}\n")
    assert [d.help for d in wrong.value.diagnostics] == ['did you mean "claim"?']


def test_operations_cover_nothing(tmp_path: Path) -> None:
    """Coverage counts what belongs to the workflow: an operation adds nothing to it."""
    plain = play(shop(tmp_path, POOL)).coverage
    more = POOL + "  - {act: claim, by: employee:qian, expect: {owner: employee:qian}}\n"
    assert play(shop(tmp_path, more)).coverage == plain
