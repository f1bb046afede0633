"""Opening hours of a week as a value: a unit may hold its own. Knows no date; what they come to a calendar says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowkit.calendars.hours import read_week, write_week
from flowkit.values.contract import Settings, absent, folded, misfit, typed

_WANTED = "营业时间,例如 mon-fri 08:30-12:00 13:30-17:30; sat 09:00-12:00"


@dataclass(frozen=True, slots=True)
class HoursType:
    """The hours of a week, kept in one spelling."""

    name: str = "hours"
    kind: str = "text"

    def read(self, raw: object, settings: Settings) -> str | None:
        if absent(raw):
            return None
        try:
            return write_week(read_week(folded(typed(raw, _WANTED, 500))))
        except ValueError:
            raise misfit(_WANTED, raw) from None

    def store(self, value: Any) -> Any:
        return value

    def load(self, stored: Any) -> Any:
        return stored
