"""A condition over cases as lists know them: the same answer from a case in memory and from the rows of a database.

Kept so small that both are easy to see: a value is one of some texts; and, or, not. Two-valued: what is empty equals nothing
but `null`. Knows neither people nor SQL; whoever compiles it has replaced what it asks of a person by texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flowkit.engine.case import Case

COLUMNS: Mapping[str, Callable[[Case], str | None]] = {
    "workflow": lambda case: case.workflow or None,
    "node": lambda case: case.node or None,
    "unit": lambda case: case.unit or None,
    "applicant": lambda case: case.applicant or None,
    "number": lambda case: case.number or None,
    "outcome": lambda case: case.outcome or None,
    "open": lambda case: str(case.ended is None),
}
"""What a row has besides the case's fields; these names go before fields of the same name."""


@dataclass(frozen=True, slots=True)
class Among:
    """A column or field holds one of these texts; with `empty` also when it holds nothing."""

    name: str
    texts: tuple[str, ...]
    empty: bool = False

    def holds(self, case: Case) -> bool:
        text = column_text(case, self.name)
        return self.empty if text is None else text in self.texts


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[RowCondition, ...]

    def holds(self, case: Case) -> bool:
        return all(part.holds(case) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[RowCondition, ...]

    def holds(self, case: Case) -> bool:
        return any(part.holds(case) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Negated:
    part: RowCondition

    def holds(self, case: Case) -> bool:
        return not self.part.holds(case)


RowCondition = Among | Every | Some | Negated


def column_text(case: Case, name: str) -> str | None:
    """What a case holds under the name of a column or field, as lists compare it; None when that is nothing."""
    column = COLUMNS.get(name)
    if column is not None:
        return column(case)
    return listed_text(band_held(case.values, name) if "." in name else case.values.get(name))


def listed_text(value: Any) -> str | None:
    """A stored value as lists compare it; None for an empty one, for several, and for what is personal."""
    return None if value is None or isinstance(value, (dict, list, tuple)) else str(value)


def band_held(values: Mapping[str, Any], name: str) -> Any:
    """What a case with these values, in stored form, holds under such a name."""
    score = values.get(name.partition(".")[0])
    return score.get("band") if isinstance(score, Mapping) else None
