"""A schedule: work that comes by the calendar, once or for each record of a kind, such as a service every fifteen days.

Reads what an author wrote. When it is due by that, `timing` says.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal

from flowkit.diagnostics import Findings, Place
from flowkit.source.keys import Key, found, names_of, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.suggest import did_you_mean
from flowkit.values.durations import BusinessDuration, parse_duration, write_duration
from flowkit.values.recurrence import LAST, WEEKDAYS, Recurrence

Length = timedelta | BusinessDuration
OnHoliday = Literal["as_is", "next_working_day", "previous_working_day"]

MISSED = ("one", "all")
ON_HOLIDAY: tuple[OnHoliday, ...] = ("as_is", "next_working_day", "previous_working_day")

KEYS = (
    Key("title", "words", "what people see instead of the name", example="半月保"),
    Key("after_last", "duration", "how long after the last one was finished the next is due", example="15d"),
    Key(
        "every",
        "any",
        "how far apart they are due, whether the last one is finished or not: a duration, or days of the calendar",
        example='{day: [1, 15], at: "09:00"}',
    ),
    Key("per", "mapping", "one for each record of an entity; without it one in all", example="{entity: elevator}"),
    Key("since", "setting", "when it was done last, before the first that is begun here", example="=row.last_service"),
    Key(
        "start", "mapping", "the case that is begun", required=True, example="{workflow: visit, with: {elevator: =row}}"
    ),
    Key("ahead", "duration", "how long before it is due it begins", example="3 business days"),
    Key(
        "on_holiday",
        "name",
        "when it is due if its day is none that is worked: `as_is` (default), `next_working_day` or `previous_working_day`",
        example="next_working_day",
    ),
    Key(
        "missed",
        "name",
        "what is begun of several that were missed, as while nothing ran: `one`, the latest (default), or `all`",
        example="all",
    ),
)
PER_KEYS = (
    Key("entity", "name", "the kind of record", required=True, example="elevator"),
    Key("when", "expression", "which of them it is for, by `row`; else all", example="row.status == '在保'"),
)
EVERY_KEYS = (
    Key("month", "names", "in which months, 1 to 12; else in each", example="[3, 9]"),
    Key(
        "day",
        "names",
        "on which days of the month, 1 to 28, 29 to 31 where the month has them, or `last`",
        example="last",
    ),
    Key("weekday", "names", "on which days of the week, mon to sun", example="[mon, thu]"),
    Key("nth", "name", "beside `weekday`: which one of the month, 1 to 5 or `last`", example="1"),
    Key("at", "text", "at what time of day; else 09:00", example="08:30"),
)


@dataclass(frozen=True, slots=True)
class ScheduleDefinition:
    """A schedule as written. Just one of `after_last` and `every` is there; `when`, `since` and `start` for the caller to link."""

    name: str
    title: str
    after_last: Length | None
    every: Length | Recurrence | None
    entity: ScalarNode | None
    when: ScalarNode | None
    since: ScalarNode | None
    start: Node
    ahead: Length
    missed: Literal["one", "all"]
    on_holiday: OnHoliday
    place: Place

    @property
    def basis(self) -> str:
        """Tells one timing from another: where it has changed, what is due must be worked out anew."""
        told = repr((self.after_last, self.every, self.ahead, self.since.typed if self.since else ""))
        moved = "" if self.on_holiday == "as_is" else self.on_holiday
        return hashlib.sha256((told + moved).encode()).hexdigest()[:16]

    @property
    def in_business_time(self) -> bool:
        """Whether it takes a calendar of business hours to tell when it is due."""
        lengths = (self.after_last, self.every, self.ahead)
        return self.on_holiday != "as_is" or any(isinstance(length, BusinessDuration) for length in lengths)


def parse(node: Node, findings: Findings, name: str = "") -> ScheduleDefinition | None:
    """A schedule as written. Every mistake in its keys is reported; None when it cannot be told when it is due."""
    read = read_keys(node, "schedule", KEYS, findings)
    if read is None or not isinstance(node, MappingNode):
        return None
    rhythms = [key for key in ("after_last", "every") if key in node]
    if len(rhythms) != 1:
        said = "both" if rhythms else "neither"
        message = f'expected either "after_last" or "every", found {said}'
        findings.error("missing-key", node.place, message, "after_last: 15d, or every: {day: 1}")
        return None
    after_last = _length(read["after_last"], "after_last", findings) if "after_last" in read else None
    every = _every(read["every"], findings) if "every" in read else None
    per = read_keys(read["per"], "per", PER_KEYS, findings) if "per" in read else {}
    if "since" in read and not per:
        findings.error("unknown-key", read["since"].place, '"since" says nothing without "per"', "leave it out")
    ahead = _length(read["ahead"], "ahead", findings) if "ahead" in read else timedelta(0)
    on_holiday = _on_holiday(read.get("on_holiday"), every, findings)
    title = text_of(read["title"], findings) if "title" in read else None
    if (after_last is None and every is None) or per is None or ahead is None or "start" not in read:
        return None
    entity, when, since = (_scalar(n) for n in (per.get("entity"), per.get("when"), read.get("since")))
    return ScheduleDefinition(
        name,
        title or name,
        after_last,
        every,
        entity,
        when,
        since,
        read["start"],
        ahead,
        _missed(read.get("missed"), findings),
        on_holiday,
        node.place,
    )


def _scalar(node: Node | None) -> ScalarNode | None:
    return node if isinstance(node, ScalarNode) else None


def _length(node: Node, key: str, findings: Findings) -> Length | None:
    typed = node.typed if isinstance(node, ScalarNode) else ""
    try:
        length = parse_duration(typed)
    except ValueError as error:
        findings.error("type-mismatch", node.place, f'{error}, found "{typed[:40]}"')
        return None
    if not (length.amount if isinstance(length, BusinessDuration) else length):
        findings.error("out-of-range", node.place, "expected a duration longer than nothing", f"write {key}: 15d")
        return None
    return length


def _missed(node: Node | None, findings: Findings) -> Literal["one", "all"]:
    if isinstance(node, ScalarNode) and node.typed not in MISSED:
        help = did_you_mean(node.typed, MISSED)
        findings.error("unknown-name", node.place, f'expected one or all, found "{node.typed}"', help)
    return "all" if isinstance(node, ScalarNode) and node.typed == "all" else "one"


def _on_holiday(node: Node | None, every: Length | Recurrence | None, findings: Findings) -> OnHoliday:
    if not isinstance(node, ScalarNode):
        return "as_is"
    named = next((each for each in ON_HOLIDAY if each == node.typed), None)
    if named is None:
        message = f'expected {", ".join(ON_HOLIDAY[:-1])} or {ON_HOLIDAY[-1]}, found "{node.typed}"'
        findings.error("unknown-name", node.place, message, did_you_mean(node.typed, ON_HOLIDAY))
    elif named != "as_is" and isinstance(every, timedelta) and every % timedelta(days=1):
        message = f'"on_holiday" moves whole days, and it is due every {write_duration(every)}'
        findings.error("out-of-range", node.place, message, "write every: 1d, or leave on_holiday out")
    return named or "as_is"


def _every(node: Node, findings: Findings) -> Length | Recurrence | None:
    if not isinstance(node, MappingNode):
        return _length(node, "every", findings)
    read = read_keys(node, "every", EVERY_KEYS, findings)
    if read is None:
        return None
    before = len(findings.errors)
    months = _numbers(read.get("month"), 1, 12, findings)
    days = _numbers(read.get("day"), 1, 31, findings, last=True)
    weekdays = _weekdays(read.get("weekday"), findings)
    nth = next(iter(_numbers(read.get("nth"), 1, 5, findings, last=True)), None)
    at = _at(read.get("at"), findings)
    if "nth" in read and not weekdays:
        findings.error("missing-key", read["nth"].place, '"nth" needs "weekday": which one of which', "weekday: mon")
    if months and not days and not weekdays:
        days = frozenset({1})
    _refuse_never(node, months, days, findings)
    return Recurrence(months, days, weekdays, nth, at) if len(findings.errors) == before else None


_LONGEST = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


def _refuse_never(node: MappingNode, months: frozenset[int], days: frozenset[int], findings: Findings) -> None:
    """A day that some of the months do not have would be left out in silence."""
    shortest = min(_LONGEST[month] for month in (months or _LONGEST))
    lacking = sorted(day for day in days if day > shortest)
    if lacking:
        message = f"not every month here has a day {lacking[0]}: it would be left out"
        findings.error("out-of-range", node.entries["day"].place, message, "write day: last for the last of the month")


def _numbers(node: Node | None, least: int, most: int, findings: Findings, *, last: bool = False) -> frozenset[int]:
    numbers = set()
    for item in names_of(node, findings) if node is not None else ():
        if last and item.typed == "last":
            numbers.add(LAST)
        elif item.typed.isdecimal() and least <= int(item.typed) <= most:
            numbers.add(int(item.typed))
        else:
            expected = f"{least} to {most}" + (" or last" if last else "")
            findings.error("out-of-range", item.place, f"expected {expected}, found {found(item)}")
    return frozenset(numbers)


def _weekdays(node: Node | None, findings: Findings) -> frozenset[int]:
    days = set()
    for item in names_of(node, findings) if node is not None else ():
        if item.typed in WEEKDAYS:
            days.add(WEEKDAYS.index(item.typed))
        else:
            findings.error(
                "unknown-name",
                item.place,
                f"expected mon to sun, found {found(item)}",
                did_you_mean(item.typed, WEEKDAYS),
            )
    return frozenset(days)


def _at(node: Node | None, findings: Findings) -> time:
    if node is None:
        return Recurrence().at
    try:
        return time.fromisoformat(node.typed) if isinstance(node, ScalarNode) else time()
    except ValueError:
        findings.error("type-mismatch", node.place, f"expected a time of day such as 09:00, found {found(node)}")
        return time()
