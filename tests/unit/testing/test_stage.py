"""Letting time pass by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowkit.testing.caller import ScenarioCaller
from flowkit.testing.stage import Stage, StuckError
from tests.unit.testing.buying import buying
from tests.unit.testing.conftest import shop

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_each_timer_fires_at_its_own_time(tmp_path: Path) -> None:
    """However far time is moved, the history shows each timer at the moment it was due."""
    with Stage(shop(tmp_path), AT) as stage:
        case = stage.kit.submit("repair", {"car": "A1", "fault": "发动机"}, by="customer:gov")
        stage.until(AT + timedelta(days=3))
        fired = [e.at - AT for e in stage.kit.history(case.id) if e.kind == "fired"]
        assert fired == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1)]
        assert stage.clock.now() == AT + timedelta(days=3)
        assert stage.kit.verify() == []


def test_what_is_due_at_the_end_waits(tmp_path: Path) -> None:
    """Up to a moment means before it: a timer due exactly then is left to whoever acts at that moment."""
    with Stage(shop(tmp_path), AT) as stage:
        stage.kit.submit("repair", {"car": "A1", "fault": "发动机"}, by="customer:gov")
        stage.until(AT + timedelta(minutes=15))
        assert stage.kit.next_due() == AT + timedelta(minutes=15)
        stage.advance()
        assert stage.kit.next_due() == AT + timedelta(minutes=30)


def test_time_that_does_not_pass_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer that stays due after it was carried out ends the play instead of hanging it."""
    with Stage(shop(tmp_path), AT) as stage:
        stage.kit.submit("repair", {"car": "A1", "fault": "发动机"}, by="customer:gov")
        monkeypatch.setattr(stage, "advance", lambda: None)
        with pytest.raises(StuckError):
            stage.until(AT + timedelta(days=1))


def test_nobody_is_asked_where_nobody_answers(tmp_path: Path) -> None:
    """Without a caller a call is written down and its time runs out; with one it is asked and answered at once."""
    for caller, node in ((None, "checking"), (ScenarioCaller(), "review")):
        with Stage(buying(tmp_path), AT, caller) as stage:
            case = stage.kit.submit("job", {"lines": [{"part": "A"}]}, by="employee:wang")
            stage.advance()
            (child,) = stage.case(case.id).children
            assert stage.case(child.id).node == node
            stage.until(AT + timedelta(minutes=6))
            assert stage.case(child.id).node == "review"
            assert stage.kit.verify() == []
