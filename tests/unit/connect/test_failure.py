"""When a failed request is made again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowkit.connect.failure import LONGEST_WAIT, RetryPolicy, retry_after

SPANS = st.timedeltas(timedelta(seconds=1), timedelta(days=400))


@given(st.integers(1, 100), st.integers(1, 200), SPANS, SPANS, st.none() | SPANS)
def test_there_is_an_end_and_no_haste(tries, failed, first, longest, asked) -> None:
    """After the last try there is none; before it the wait is never shorter than asked, within a day."""
    wait = RetryPolicy(tries, first, longest).delay(failed, asked)
    if failed >= tries:
        assert wait is None
    else:
        assert wait >= min(first, longest)
        assert asked is None or wait >= min(asked, LONGEST_WAIT)
        assert wait <= max(longest, LONGEST_WAIT)


def test_waits_double_up_to_the_longest() -> None:
    """10, 20, 40 … seconds, then the longest again and again."""
    policy = RetryPolicy(7, timedelta(seconds=10), timedelta(seconds=60))
    assert [policy.delay(n) for n in range(1, 8)] == [*(timedelta(seconds=s) for s in (10, 20, 40, 60, 60, 60)), None]


@given(st.text(max_size=80))
def test_no_header_raises(text) -> None:
    """Whatever stands there gives a wait of at most a day, or none."""
    wait = retry_after({"retry-after": text, "date": text}, datetime(2026, 3, 2, tzinfo=UTC))
    assert wait is None or timedelta(0) <= wait <= LONGEST_WAIT
