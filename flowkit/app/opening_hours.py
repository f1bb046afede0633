"""The key `calendar` of an app: hours of the week, public holidays, days on which it is otherwise. Resolves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from flowkit.calendars.calendar import Calendar
from flowkit.calendars.hours import ALWAYS, DAY, DAYS, SHUT, Spans, Week, check_week, in_order, read_days, read_spans
from flowkit.calendars.public_days import FIRST, LAST, countries, is_country
from flowkit.diagnostics import Diagnostic, Findings, Place, shown
from flowkit.source.keys import Key, integer_of, read_keys
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.suggest import did_you_mean

_NAMED = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KEYS = (
    Key(
        "mon-fri",
        "names",
        "the hours of these days, with lunch as two spans; any two days may stand around the dash",
        example='["08:30-12:00", "13:30-17:30"]',
    ),
    *(
        Key(day, "names", f"the hours of {named}", example='"09:00-12:00"')
        for day, named in zip(DAYS, _NAMED, strict=True)
    ),
    Key(
        "holidays",
        "name",
        "the country whose public holidays and make-up workdays hold, such as CN, HK or DE-BY",
        example="CN",
    ),
    Key(
        "overrides",
        "mapping",
        "days on which it is otherwise, by date: off, work (as on a full working day), or that day's hours",
        example='{"2027-02-06": work}',
    ),
    Key(
        "checked",
        "integer",
        "the last year whose holidays somebody has compared with the official notice: it is no longer provisional",
        example="2027",
    ),
)
AHEAD = timedelta(days=90)
"""How far ahead a provisional year is told of: deadlines reach there already."""
_HOURS = 'write hours such as "08:30-12:00 13:30-17:30"'


@dataclass(frozen=True, slots=True)
class CalendarDefinition:
    """The calendar as written; `place` is where its holidays are named, or else the calendar itself."""

    calendar: Calendar
    place: Place


def parse(node: Node, zone: ZoneInfo, findings: Findings) -> CalendarDefinition:
    """Read the calendar. Every mistake in it is reported; what it makes is only of use without."""
    days, rest = _parted(node, findings) if isinstance(node, MappingNode) else ((), node)
    entries = read_keys(rest, "calendar", KEYS, findings)
    if entries is None or not isinstance(rest, MappingNode):
        return CalendarDefinition(Calendar(zone, ALWAYS), node.place)
    country = _country(entries.get("holidays"), findings)
    calendar = Calendar(
        zone,
        _week(days, node.place, rest.complete, findings),
        country,
        dict(_overrides(entries.get("overrides"), findings)),
        _checked(entries, findings),
    )
    return CalendarDefinition(calendar, entries["holidays"].place if country is not None else node.place)


def parse_quiet(node: Node, zone: ZoneInfo, findings: Findings) -> Calendar | None:
    """The hours in which nobody is reminded, the same each day; None, and a finding, where they are none."""
    spans = _spans(node, findings)
    if spans is not None and sum(ends - begins for begins, ends in spans) >= DAY:
        findings.error("bad-value", node.place, "reminders would never come: all day is quiet", 'write "22:00-07:00"')
        return None
    return Calendar(zone, (spans,) * 7) if spans is not None else None


def provisional(definition: CalendarDefinition, now: datetime) -> tuple[Diagnostic, ...]:
    """A warning for each year that deadlines begun now reach, and whose holidays are not known for good."""
    calendar = definition.calendar
    first, last = (moment.astimezone(calendar.zone).year for moment in (now, now + AHEAD))
    return tuple(
        Diagnostic(
            "provisional-year",
            "warning",
            f"holidays and make-up days of {year} in {calendar.country} are not known yet: the law's alone are counted",
            definition.place,
            f"put what the notice says under overrides and write checked: {year}, or install a newer holidays package",
        )
        for year in range(first, last + 1)
        if calendar.is_provisional(year)
    )


def _parted(node: MappingNode, findings: Findings) -> tuple[list[tuple[str, Place, Node]], MappingNode]:
    """The entries that are days, whichever range they name, and the rest."""
    days = [(key, place, value) for key, place, value in node.items() if read_days(key) is not None]
    chinese = [key for key in node.entries if key.startswith(("周", "星期"))]
    for key in chinese:
        findings.error("unknown-key", node.keys[key], f"unknown key {shown(key)}", f"days are written {' '.join(DAYS)}")
    apart = {*chinese, *(key for key, _, _ in days)}
    rest = {key: value for key, value in node.entries.items() if key not in apart}
    # Where a key could not be read, what it says is not known to be missing.
    complete = node.complete and not chinese and rest.keys() <= {key.name for key in KEYS}
    return days, MappingNode(rest, {key: node.keys[key] for key in rest}, node.place, complete)


def _week(days: Sequence[tuple[str, Place, Node]], place: Place, whole: bool, findings: Findings) -> Week:
    """The hours of each day; around the clock where they cannot be told, for one when not the `whole` could be read."""
    found, said = list[Spans](SHUT), dict[int, str]()
    for key, at, value in days:
        spans = _spans(value, findings)
        whole = whole and spans is not None
        for day in read_days(key) or ():
            if day in said:
                message = f'the hours of {_NAMED[day]} stand under "{said[day]}" already'
                findings.error("bad-value", at, message, "let each day stand under one key")
                whole = False
            said[day], found[day] = key, spans or ()
    if not whole:
        return ALWAYS
    try:
        check_week(tuple(found))
    except ValueError as error:
        findings.error("bad-value", place, f"the calendar cannot be so: {error}", 'write mon-fri: "08:30-17:30"')
        return ALWAYS
    return tuple(found)


def _spans(node: Node, findings: Findings) -> Spans | None:
    """One or several spans, as one text or as a list; None, and a finding, where they are none."""
    found: list[tuple[int, int]] = []
    for item in node.items if isinstance(node, SequenceNode) else (node,):
        if not isinstance(item, ScalarNode) or item.value is None:
            findings.error("wrong-kind", item.place, "expected hours", _HOURS)
            return None
        try:
            spans = read_spans(item.typed)
        except ValueError as error:
            findings.error("bad-value", item.place, str(error), _HOURS)
            return None
        if not spans:
            findings.error("bad-value", item.place, "no hours stand here", "leave the day out where it is closed")
            return None
        found += spans
    try:
        return in_order(found)
    except ValueError as error:
        findings.error("bad-value", node.place, str(error), _HOURS)
        return None


def _country(node: Node | None, findings: Findings) -> str | None:
    if not isinstance(node, ScalarNode):
        return None
    if is_country(node.typed):
        return node.typed
    help = did_you_mean(node.typed.upper(), countries()) or "write the country's code of two letters, such as CN"
    findings.error("unknown-name", node.place, f'no country "{node.typed}" whose holidays are known', help)
    return None


def _overrides(node: Node | None, findings: Findings) -> Iterator[tuple[date, Spans | Literal["work"]]]:
    for key, place, value in node.items() if isinstance(node, MappingNode) else ():
        day = _day(key)
        if day is None:
            message = f'expected a date such as 2027-02-06, found "{key[:40]}"'
            findings.error("bad-value", place, message, 'write "2027-02-06": work')
        elif isinstance(value, ScalarNode) and value.typed in ("off", "work"):
            yield day, "work" if value.typed == "work" else ()
        elif (spans := _spans(value, findings)) is not None:
            yield day, spans


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day is not None and FIRST <= day.year <= LAST else None


def _checked(entries: Mapping[str, Node], findings: Findings) -> int | None:
    node = entries.get("checked")
    year = integer_of(node, findings) if node is not None else None
    if node is None or year is None:
        return None
    if not FIRST <= year <= LAST:
        findings.error("bad-value", node.place, f"expected a year, found {year}", "write checked: 2027")
    elif "holidays" not in entries:
        findings.error(
            "missing-key", node.place, "`checked` speaks of holidays, and none are named", "write holidays: CN"
        )
    return year
