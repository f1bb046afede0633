"""What the command line writes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from flowkit.cli.printing import as_json, cells, columns, counting, moment, value_text, visible

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_columns_stand_under_each_other_whatever_the_script() -> None:
    """A Chinese character takes two cells, a combining mark none, and the next column begins at the same cell."""
    lines = columns([("工单", "x"), ("WX0001", "x"), ("e\u0301", "x")])
    assert [cells(line[: line.index("x")]) for line in lines] == [8, 8, 8]


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1))
def test_a_row_stays_one_line(rows: list[tuple[str, str]]) -> None:
    """Whatever a cell holds, each row is one line of output."""
    assert len("\n".join(columns(rows)).split("\n")) == len(rows)


def test_what_was_typed_cannot_steer_the_terminal() -> None:
    """Control characters in submitted text are shown escaped; line ends, tabs and Chinese stay."""
    assert visible("门\x1b[2J关\r不上\n\t8 楼\x9b") == "门\\x1b[2J关\\x0d不上\n\t8 楼\\x9b"
    assert visible("门\u202e意同\u2069 👩‍🔧") == "门\\u202e意同\\u2069 👩‍🔧"


def test_a_moment_is_told_in_the_zone_of_the_app() -> None:
    """A time in UTC is shown as the clock on the app's wall shows it, to the minute; none is shown as nothing."""
    assert moment(datetime(2026, 11, 22, 17, 5, 59, tzinfo=UTC), SHANGHAI) == "2026-11-23 01:05"
    assert moment(None, SHANGHAI) == ""


def test_values_read_as_people_write_them() -> None:
    """A switch is 是 or 否, an absent value is nothing, a list is one line of JSON with Chinese as it is."""
    shown = [value_text(v, SHANGHAI) for v in (True, False, None, Decimal("1.10"), ["困人"], {"at": date(2026, 1, 2)})]
    assert shown == ["是", "否", "", "1.10", '["困人"]', '{"at": "2026-01-02"}']


def test_json_loses_no_digit() -> None:
    """Decimals and moments become text in JSON, views their fields; what can write itself is asked to."""

    @dataclass(frozen=True)
    class View:
        price: Decimal
        at: datetime

    class Own:
        def as_json(self) -> list[int]:
            return [1]

    view = View(Decimal("1.10"), datetime(2026, 1, 2, tzinfo=UTC))
    assert as_json([view, Own()]) == [{"price": "1.10", "at": "2026-01-02T00:00:00+00:00"}, [1]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_on_a_terminal_and_leaves_nothing_behind() -> None:
    """The counter is one line that is rewritten and wiped out at the end."""
    terminal = Terminal()
    with counting("tickets", terminal) as step:
        step(1, 3)
    assert terminal.getvalue() == "\rtickets 1/3\r\x1b[K"


def test_progress_is_silent_where_nobody_looks() -> None:
    """Output that goes to a file or a pipe holds no counter."""
    file = io.StringIO()
    with counting("tickets", file) as step:
        step(1, 3)
    assert file.getvalue() == ""
