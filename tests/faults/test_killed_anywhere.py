"""Killed at any place and moment, and started again: nothing acknowledged is lost, nothing happens twice, nothing is torn."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import flowkit
from tests.faults.driver import POINTS, Harness
from tests.faults.planted import BUGS
from tests.faults.report import report
from tests.faults.tracing import CALLS, missing


@pytest.mark.faults
def test_two_hundred_kills(tmp_path: Path) -> None:
    """Every command that was acknowledged happened, every one that was sent happened once or not at all, all is whole."""
    result = Harness(tmp_path, 200, seed=1).run()
    print(report(result))
    assert not result.faults
    assert result.ends.total == 200
    assert result.acknowledged.total() > 2000
    assert result.fired > 500
    assert result.hung_up > 20
    # Kills fall where a commit is made, where an outside effect begins and ends, and, by strace, inside SQLite's own commit.
    assert len(result.ends.points) >= 20
    assert {"before-commit", "after-commit", "before-ack", "before-send", "after-send"} <= result.ends.points.keys()
    assert result.ends.points.keys() <= dict(POINTS).keys()
    inside = {f"{call} of the log behind before-commit" for call, _ in CALLS}
    assert missing() or inside <= result.ends.calls.keys()


def test_every_place_is_known() -> None:
    """The harness knows each place at which flowkit says that it may be killed; some stand for what its business does not do."""
    code = "".join(path.read_text(encoding="utf-8") for path in (Path(flowkit.__file__).parent).rglob("*.py"))
    named = set(re.findall(r'\breach(?:"\])?\("([a-z-]+)"\)', code))
    tables = {f"write-{name}" for name in re.findall(r'^ {8}\("([a-z-]+)", ', code, re.MULTILINE)}
    assert {"before-commit", "migrated", "before-migration-commit", "after-send"} <= named
    assert {"write-history", "write-drop-timers", "write-meta"} <= tables
    beyond = (
        "put-off-timers",
        "watch-hits",
        "leave-records",
        "substitutions",
        "record-index",
    )
    assert named | tables == dict(POINTS).keys() | {f"write-{name}" for name in beyond}


@pytest.mark.faults
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(tmp_path: Path, bug: str) -> None:
    """Each way of losing, doubling or tearing makes the harness say so."""
    at = BUGS[bug][2]
    if at in dict(CALLS) and missing():
        pytest.skip(f"no kills at calls to the system: {missing()}")
    result = Harness(tmp_path, 50, seed=2, bug=bug, at=at).run()
    assert re.search(BUGS[bug][1], "\n".join(result.faults)), result.faults[:5]


@pytest.mark.long
def test_two_thousand_kills(tmp_path: Path) -> None:
    """The same for longer: `python -m tests.faults --kills 2000` prints where they fell."""
    assert not Harness(tmp_path, 2000, seed=3).run().faults
