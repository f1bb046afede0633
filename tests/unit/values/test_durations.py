"""Lengths of time as they are written, read aloud and stored."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.values.durations import BusinessDuration, DurationType, format_duration, parse_duration, write_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("180d", timedelta(days=180)),
        ("5y", timedelta(days=5 * 365)),
        ("90s", timedelta(seconds=90)),
        ("1h 30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("2 business hours", BusinessDuration(Decimal(2), "hours")),
        ("1 business days", BusinessDuration(Decimal(1), "days")),
        ("3 business days", BusinessDuration(Decimal(3), "days")),
    ],
)
def test_the_spellings_of_the_language_are_read(text, length):
    """Round the clock or by the calendar, each spelling has one meaning."""
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["2 hour", "m", "30", "-5m", "1e3m", "30M", "", "５m", "1m " * 50, "99999999y", "business days"]
)
def test_anything_else_is_a_value_error(text):
    """A misfit never becomes a length."""
    with pytest.raises(ValueError, match="expected a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "aloud"),
    [
        ("15m", "15 分钟"),
        ("2h", "2 小时"),
        ("90m", "1 小时 30 分钟"),
        ("36h", "1 天 12 小时"),
        ("180d", "180 天"),
        ("5y", "5 年"),
        ("45s", "45 秒"),
        ("0m", "0 分钟"),
        ("2 business hours", "2 个工作小时"),
        ("3 business days", "3 个工作日"),
    ],
)
def test_chinese_readers_get_chinese(text, aloud):
    """A length is told in the largest units that fit."""
    assert format_duration(parse_duration(text)) == aloud


@given(st.timedeltas(timedelta(days=-70_000), timedelta(days=70_000)))
def test_the_stored_spelling_is_exact(length):
    """Writing and loading loses no microsecond, in either direction of time."""
    assert DurationType().load(write_duration(length)) == length
    if length >= timedelta(0):
        assert parse_duration(write_duration(length)) == length
