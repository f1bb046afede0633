"""Public holidays and make-up workdays of a country, as the `holidays` library knows them. The only place that asks it.

Where days are moved by decree each year, as in China, a year that the library has no decree for is *provisional*: its
holidays are those that follow from the law alone, and none of its weekends is worked. What it knows does not depend on
the day on which it is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import holidays
from holidays.version import __version__

EDITION = __version__
"""Of what the library knows."""
FIRST, LAST = 1900, 2200
"""Years outside have no holidays: nothing is due then."""


@dataclass(frozen=True, slots=True)
class PublicDays:
    """One year: days off with their names, weekends that are worked, and whether that is only provisional."""

    off: Mapping[date, str]
    worked: frozenset[date]
    provisional: bool


_DECREED_AS_RANGES = frozenset({"CN"})
"""Where a holiday is "from the 15th to the 23rd": the weekends that it touches belong to it, and whoever works on other
Saturdays has those off. The library lists weekdays only."""

_NONE = PublicDays({}, frozenset(), provisional=False)


def countries() -> tuple[str, ...]:
    """Codes by which holidays can be named, each with its parts (`CN`, `DE`, `DE-BY`)."""
    found = holidays.list_supported_countries(include_aliases=False)
    return tuple(each for code, parts in found.items() for each in (code, *(f"{code}-{part}" for part in parts)))


def is_country(code: str) -> bool:
    """Whether holidays can be named by that code."""
    code, dash, part = code.partition("-")
    kind: Any = getattr(holidays, code, None) if code.isascii() and code.isupper() and len(code) == 2 else None
    return kind is not None and (part in kind.subdivisions if dash else True)


@lru_cache(maxsize=512)
def public_days(country: str, year: int) -> PublicDays:
    """The days of a year in a country, or a part of it. KeyError for a code that `countries` does not have."""
    code, _, part = country.partition("-")
    kind: Any = getattr(holidays, code, None)
    if kind is None:
        raise KeyError(country)
    if not FIRST <= year <= LAST:
        return _NONE
    # Names must not depend on the language of the machine.
    years = (year - 1, year, year + 1)
    found = kind(years=years, subdiv=part or None, expand=False, language=kind.default_language)
    named = {day: str(name) for day, name in found.items()}
    if code in _DECREED_AS_RANGES:
        named = _with_weekends(named, found.weekend_workdays)
    off = {day: name for day, name in sorted(named.items()) if day.year == year}
    worked = frozenset(day for day in found.weekend_workdays if day.year == year and day not in off)
    return PublicDays(off, worked, _undecreed(found, year) or _estimated(found, off))


def _with_weekends(named: Mapping[date, str], worked: Collection[date]) -> dict[date, str]:
    """The same days off, and the weekends that they touch; a weekend that is worked ends a holiday."""
    whole = dict(named)
    for step in (timedelta(days=1), timedelta(days=-1)):
        for first, name in named.items():
            day = first + step
            while day.weekday() >= 5 and day not in worked and day not in named:
                whole.setdefault(day, name)
                day += step
    return whole


def _undecreed(found: Any, year: int) -> bool:
    """Whether days are moved in that country, and for no year as late as this one it is known which."""
    if not found.has_substituted_holidays:
        return False
    return year > max(found.special_public_holidays, default=year)


def _estimated(found: Any, off: Mapping[date, str]) -> bool:
    """Whether a date is only estimated, as those that hang on the sight of the moon."""
    label = getattr(found, "estimated_label", None)
    if label is None:
        return False
    said = [piece for piece in found.tr(label).split("%s") if piece.strip()]
    return any(all(piece in name for piece in said) for name in off.values())
