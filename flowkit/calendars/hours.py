"""The hours of a week as people write them: `mon-fri 08:30-12:00 13:30-17:30; sat 09:00-12:00`.

Knows days of the week and times on a clock; knows no date and no zone. Messages are for whoever wrote the text: English.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

Span = tuple[int, int]
"""From one minute of a day up to another; one that runs past midnight ends after minute 1440."""
Spans = tuple[Span, ...]
"""The hours of one day, in order; none: closed."""
Week = tuple[Spans, ...]
"""The hours of Monday to Sunday."""

DAY = 24 * 60
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHUT: Week = ((),) * 7
ALWAYS: Week = (((0, DAY),),) * 7

_CLOCK = r"(\d{1,2}):(\d{2})"
_SPAN = re.compile(rf"{_CLOCK}\s*[-~]\s*{_CLOCK}", re.ASCII)
_BETWEEN = re.compile(r"[\s,、]*")
_PART = re.compile(r"([a-z][a-z\s,-]*?)\s+(\d.*)", re.ASCII | re.IGNORECASE | re.DOTALL)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−至到", "-"))


def read_days(text: str) -> tuple[int, ...] | None:
    """The days that `mon`, `mon-fri` or `mon,wed-fri` names, 0 for Monday; `sat-mon` goes over the end of the week.

    None for anything else.
    """
    found: list[int] = []
    for part in _plain(text).lower().split(","):
        named = [name.strip() for name in part.split("-")]
        if len(named) > 2 or any(name not in DAYS for name in named):
            return None
        first, last = DAYS.index(named[0]), DAYS.index(named[-1])
        found += ((first + n) % 7 for n in range((last - first) % 7 + 1))
    return tuple(found)


def read_spans(text: str) -> Spans:
    """The hours that `08:30-12:00 13:30-17:30` names; `22:00-06:00` ends on the day after. Raises ValueError on a misfit."""
    plain, found, at = _plain(text), list[Span](), 0
    while at < len(plain):
        match = _SPAN.match(plain, at)
        if match is None:
            raise ValueError(f'expected hours such as 08:30-17:30, found "{text.strip()[:40]}"')
        found.append(_span(match))
        at = match.end()
        gap = _BETWEEN.match(plain, at)
        assert gap is not None
        if gap.end() == at < len(plain):
            raise ValueError(f'expected hours such as 08:30-12:00 13:30-17:30, found "{text.strip()[:40]}"')
        at = gap.end()
    return in_order(found)


def in_order(spans: list[Span]) -> Spans:
    """These spans as the hours of one day. Raises ValueError where two of them overlap."""
    found = tuple(sorted(spans))
    for (_, ends), (begins, _) in pairwise(found):
        if begins < ends:
            raise ValueError(f"{_clock(begins)} lies within the hours that end at {_clock(ends)}")
    if found and found[-1][1] - DAY > found[0][0]:
        raise ValueError(f"the hours that end at {_clock(found[-1][1])} of the next day run into those of the next day")
    return found


def check_week(week: Week) -> None:
    """Raises ValueError where a week has no hours at all, or a night runs into the hours of the day after."""
    if not any(week):
        raise ValueError("it is never open")
    for number, spans in enumerate(week):
        following = week[(number + 1) % 7]
        if spans and following and spans[-1][1] - DAY > following[0][0]:
            days = f"{DAYS[number]} runs into the hours of {DAYS[(number + 1) % 7]}"
            raise ValueError(f"the night of {days}, which begin at {_clock(following[0][0])}")


def read_week(text: str) -> Week:
    """A week as one text, its parts parted by `;` or lines; hours that name no day are those of each.

    Raises ValueError on a misfit.
    """
    week: list[Spans | None] = [None] * 7
    parts = [part for part in (part.strip() for part in re.split(r"[;\n]", _plain(text))) if part]
    if len(parts) == 1 and parts[0][0].isdecimal():
        parts = [f"mon-sun {parts[0]}"]
    for part in parts:
        match = _PART.fullmatch(part)
        days = read_days(match[1]) if match else None
        if match is None or days is None:
            raise ValueError(f'expected hours such as mon-fri 08:30-17:30, found "{part[:40]}"')
        spans = read_spans(match[2])
        for day in days:
            if week[day] is not None:
                raise ValueError(f"{DAYS[day]} is said twice")
            week[day] = spans
    found = tuple(spans or () for spans in week)
    check_week(found)
    return found


def write_spans(spans: Spans) -> str:
    """`08:30-12:00 13:30-17:30`"""
    return " ".join(f"{_clock(begins)}-{_clock(ends)}" for begins, ends in spans)


def write_week(week: Week) -> str:
    """The one spelling of a week: days alike that follow each other stand together."""
    parts, day = list[str](), 0
    while day < 7:
        last = day
        while last < 6 and week[last + 1] == week[day]:
            last += 1
        if week[day]:
            named = DAYS[day] if last == day else f"{DAYS[day]}-{DAYS[last]}"
            parts.append(f"{named} {write_spans(week[day])}")
        day = last + 1
    return "; ".join(parts)


def _span(match: re.Match[str]) -> Span:
    hour, minute, until_hour, until_minute = (int(group) for group in match.groups())
    begins, ends = hour * 60 + minute, until_hour * 60 + until_minute
    if minute > 59 or until_minute > 59 or begins >= DAY or ends > DAY:
        raise ValueError(f'"{match[0]}" is no time of day')
    if begins == ends:
        raise ValueError(f'"{match[0]}" begins and ends at the same time; the whole day is 00:00-24:00')
    return begins, ends if ends > begins else ends + DAY


def _clock(minutes: int) -> str:
    minutes = minutes if minutes == DAY else minutes % DAY
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _plain(text: str) -> str:
    """Full-width signs as half-width, and the dashes that people type as "-"."""
    return unicodedata.normalize("NFKC", text).translate(_DASHES).strip()
