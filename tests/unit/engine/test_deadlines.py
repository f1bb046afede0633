"""Repetitions of a deadline are counted from when it was due, and none is lost or made up for."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings, Place
from flowkit.engine.case import Deadline
from flowkit.engine.deadlines import next_repetition
from flowkit.engine.definition import Exit, Timeout
from flowkit.rules.language.expression import compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import DURATION
from flowkit.source.nodes import ScalarNode
from tests.unit.engine.shop import START

WITHOUT_QUIET = SimpleNamespace(business=SimpleNamespace(quiet=None))


@given(late=st.lists(st.integers(0, 500), min_size=6, max_size=6), repeat=st.integers(0, 5))
def test_each_repetition_is_sent_or_counted_and_none_early(late: list[int], repeat: int) -> None:
    """However late a deadline is looked at each time, what was sent and what was passed over is all there is."""
    every = compile_setting(ScalarNode("30m", "30m", Place("it")), Scope({}), Findings(), DURATION)
    timeout = Timeout(Exit("1", "1"), every, None, repeat, every)
    due: Deadline | None = Deadline("1", 1, 0, START)
    counted = 0
    for minutes in late:
        if due is None:
            break
        now, before = due.due + timedelta(minutes=minutes), due
        due, skipped = next_repetition(timeout, due, SimpleNamespace(now=now, workflow=WITHOUT_QUIET))
        counted += 1 + skipped
        assert due is None or (due.due > now and due.n == before.n + skipped + 1)
        assert due is None or due.due == START + due.n * timedelta(minutes=30)
    assert due is None
    assert counted == 1 + repeat
