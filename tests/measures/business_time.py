"""`python -m tests.measures.business_time --many 1000000`: business time against minutes that are marked and counted.

Random calendars (lunch, nights, make-up days, days that are otherwise, clocks that are set forward and back, zones that
skip a whole day), random moments in them, random lengths in hours and days. Each sum must come out to the microsecond.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flowkit.calendars.calendar import Calendar
from flowkit.calendars.hours import Spans, in_order
from tests.measures.minutes import Hours, Minutes, Written

ZONES = (
    *("Asia/Shanghai", "Asia/Shanghai", "Asia/Kathmandu", "America/New_York", "Europe/Berlin", "Europe/London"),
    *("Australia/Lord_Howe", "Africa/Cairo", "America/Sao_Paulo", "America/Havana", "Pacific/Apia", "Asia/Tehran"),
)
COUNTRIES = (None, "CN", "CN", "CN", "HU", "RU", "TW", "US", "DE-BY", "SG")
LUNCH = [(510, 720), (810, 1050)]
WEEKS: tuple[tuple[Hours, ...], ...] = (
    tuple([LUNCH] * 5 + [[(540, 720)], []]),
    tuple([[(540, 1080)]] * 5 + [[], []]),
    tuple([[(0, 1440)]] * 7),
    tuple([[(1320, 1800)]] * 6 + [[]]),
    tuple([[(0, 150), (1380, 1440)]] * 7),
    tuple([[(115, 150), (170, 185), (1439, 1441)]] * 7),
)
YEARS = 4
"""Enough for a leap day in any of them."""


@dataclass
class Found:
    """What came out: how many sums were compared, over how many calendars, and where the two differed."""

    sums: Counter[str] = field(default_factory=Counter)
    calendars: int = 0
    differences: list[str] = field(default_factory=list)


def random_hours(chance: random.Random) -> Hours:
    marks = sorted(chance.sample(range(1440), 2 * chance.randint(1, 3)))
    return list(zip(marks[::2], marks[1::2], strict=True))


def random_written(chance: random.Random, first: int) -> Written:
    week = chance.choice(WEEKS) if chance.random() < 0.7 else tuple(random_hours(chance) for _ in range(7))
    days = (date(first, 1, 1) + timedelta(days=chance.randrange(365 * YEARS)) for _ in range(chance.randint(0, 40)))
    said: dict[date, Hours | str] = {d: chance.choice(["work", [], random_hours(chance)]) for d in days}
    leap = next(year for year in range(first, first + 4) if year % 4 == 0)
    said[date(leap, 2, 29)] = chance.choice(["work", [], random_hours(chance)])
    return Written(chance.choice(ZONES), week, chance.choice(COUNTRIES), said)


def ours(written: Written) -> Calendar:
    def spans(hours: Hours | str) -> Spans | str:
        return hours if isinstance(hours, str) else in_order(hours)

    week = tuple(in_order(hours) for hours in written.week)
    return Calendar(
        ZoneInfo(written.zone),
        week,
        written.country,
        {d: spans(h) for d, h in written.overrides.items()},  # type: ignore[misc]
    )


def measure(many: int, seed: int, calendars: int, told: bool = False) -> Found:
    """Compare `many` random sums, spread over so many calendars."""
    found, chance = Found(), random.Random(seed)
    for number in range(calendars):
        first = chance.choice([2008, 2010, 2016, 2018, 2022, 2023, 2024, 2025, 2026, 2030])
        written = random_written(chance, first)
        share = many // calendars + (1 if number < many % calendars else 0)
        measure_one(written, first, YEARS, share, chance, found)
        if told:
            said = (
                f"{written.zone}, {written.country}: {sum(found.sums.values())} sums, {len(found.differences)} differ"
            )
            print(f"{found.calendars}/{calendars} {said}", flush=True)
    return found


def measure_one(written: Written, first: int, years: int, many: int, chance: random.Random, found: Found) -> None:
    """Compare random sums in one calendar, over some years from `first` on."""
    calendar, reference = ours(written), Minutes(written, first, first + years)
    # Far enough from both ends that the reference has the days it needs.
    minutes = range(5 * 1440, (years * 365 - 200) * 1440)
    for _ in range(many):
        compare(calendar, reference, minutes, chance, found)
    found.calendars += 1


def compare(calendar: Calendar, reference: Minutes, minutes: range, chance: random.Random, found: Found) -> None:
    """One random start in one calendar, and one sum of a kind that chance says, which is also told backwards."""
    micro = chance.choice([0, 0, 1_000_000 * chance.randrange(60), chance.randrange(60_000_000)])
    minute = chance.choice(minutes)
    if chance.random() < 0.2:  # near the edges, where mistakes are made
        minute = min(reference.next_opening(minute, 0)[0] + chance.choice([-1, 0, 1]), minutes[-1])
    start = reference.moment(minute, micro)
    kind = chance.choice(["hours", "hours", "days"])
    if kind == "days":
        amount: int | timedelta = chance.choice([0, 1, 1, 2, 3, 5, 10, 30])
        wanted, got = reference.add_days(start, int(amount)), calendar.add_days(start, int(amount)).due  # type: ignore[call-overload]
    else:
        amount = timedelta(hours=chance.choice([1, 2, 8, 40, 1 / 60, 0.1, 100 * chance.random()]))
        wanted, told = reference.add_time(start, amount), calendar.add_time(start, amount)
        got = told.due
        counted = sum((each.until - each.since for each in told.counted), timedelta(0))
        if counted != amount or calendar.between(start, got) != amount:
            found.differences.append(f"{reference.written}: {start} + {amount} is told as {counted}")
    apart = calendar.between(start, got), reference.between(start, got)
    if got != wanted or apart[0] != apart[1]:
        found.differences.append(f"{reference.written}: {start} + {amount} = {got}, not {wanted}; {apart}")
    if calendar.is_open(start) != (reference.owner[minute] >= 0):
        found.differences.append(f"{reference.written}: open at {start}?")
    found.sums[kind] += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--calendars", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.perf_counter()
    found = measure(given.many, given.seed, given.calendars, told=True)
    for difference in found.differences[:20]:
        print(difference)
    sums = ", ".join(f"{count:,} in {kind}" for kind, count in sorted(found.sums.items()))
    took = time.perf_counter() - began
    print(f"{sums}, over {found.calendars} calendars, in {took:.0f} s: {len(found.differences)} differences")
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main())
