"""The console channel writes one line a message, whatever people typed."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.notify.channel import Channel, DeliveryError, Message
from flowkit.notify.console import Console, line


def message(text: str = "请立即处理", **more: str) -> Message:
    words = {"key": "k1", "to": "employee:zhang", "address": "13800000001", "title": "配件已超时", "case": "WX1"} | more
    return Message(**words, text=text, notification="overdue", at=datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


def test_a_line_says_when_to_whom_about_what() -> None:
    """All that a reader of a log needs stands in the line, the moment as the clock on his wall shows it."""
    stream = io.StringIO()
    channel: Channel = Console(stream, zone=ZoneInfo("Asia/Shanghai"))
    assert channel.send(message()) is not None
    assert stream.getvalue() == (
        "2026-03-02 09:00 → employee:zhang <13800000001> [WX1 overdue] 配件已超时: 请立即处理\n"
    )


@given(st.text())
def test_no_text_can_end_the_line_or_speak_to_the_terminal(text: str) -> None:
    """Line ends, escapes and marks that turn the direction of writing do not get through."""
    written = line(message(text, title=text))
    assert len(written.splitlines()) == 1
    assert not set(written) & {"\x1b", "\u202e", "\x07"}


def test_a_closed_stream_is_a_delivery_that_failed() -> None:
    """The caller learns it by the one exception that every channel raises."""
    stream = io.StringIO()
    stream.close()
    with pytest.raises(DeliveryError) as caught:
        Console(stream).send(message())
    assert caught.value.retry_after is None
