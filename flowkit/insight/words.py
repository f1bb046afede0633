"""Stored values in words for people: by the title of their field, moments in a zone, people by name, personal ones hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from flowkit.fields.definition import Field
from flowkit.runtime.names import Names, in_order

Fields = Mapping[str, Field]
NONE: Fields = {}


@dataclass(frozen=True, slots=True)
class Words:
    """How values of one case are told: by these names, in this zone."""

    names: Names
    zone: tzinfo

    def say(self, template: str, /, **given: object) -> str:
        """A sentence with that filled in, in the language of whoever reads."""
        return self.names.say(template, **given)

    def clock(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def pairs(self, values: Mapping[str, Any], fields: Fields, *, empty: bool = True) -> list[tuple[str, str]]:
        """Title and words of each value; without `empty` only of those that hold something."""
        return [
            (self.called(name, fields), self.value(value, fields.get(name)))
            for name, value in in_order(values, fields).items()
            if empty or value not in (None, "", [])
        ]

    def lines(self, values: Mapping[str, Any], fields: Fields, *, empty: bool = True) -> list[str]:
        return [f"{title} = {words}" for title, words in self.pairs(values, fields, empty=empty)]

    def called(self, name: str, fields: Fields) -> str:
        return self.names.look(fields[name].title) if name in fields else name

    def value(self, value: Any, field: Field | None = None) -> str:
        """One value; what its field is not known for is told as it is stored."""
        if value is None:
            return self.say("空")
        if isinstance(value, bool):
            return self.say("是" if value else "否")
        if isinstance(value, Mapping):
            return self._mapping(value, field)
        if isinstance(value, (list, tuple)):
            return self._several(value, field)
        kind = field.type.name if field is not None else ""
        if kind == "datetime" and isinstance(value, str):
            return self.clock(datetime.fromisoformat(value))
        if kind == "person":
            return self.names.holder(value)
        # An option is its author's word; what somebody typed is never touched.
        chosen = field is not None and field.choices is not None and field.entity is None
        return self.names.look(str(value)) if chosen or kind == "role" else str(value)

    def _mapping(self, value: Mapping[str, Any], field: Field | None) -> str:
        if "personal" in value:
            return "***"
        if {"latitude", "longitude"} <= value.keys():
            return f"{value['latitude']},{value['longitude']} ({value.get('system', '')})"
        if "kind" in value and field is not None and field.type.name in ("media", "signature"):
            return str(value.get("name") or self.say("已手写签名"))
        columns = (field.of or NONE) if field is not None else NONE
        shown = ((self.called(n, columns), self.value(v, columns.get(n))) for n, v in in_order(value, columns).items())
        return " ".join(f"{title}={words}" for title, words in shown)

    def _several(self, values: list[Any] | tuple[Any, ...], field: Field | None) -> str:
        item = field.item if field is not None and field.item is not None else field
        between = ";" if field is not None and field.of is not None else self.say("、")
        return between.join(self.value(v, item) for v in values) or self.say("空")

    def sum_of(self, deadline: Mapping[str, Any]) -> list[str]:
        """The sum behind a deadline: round the clock one line, in business time one for each stretch that was counted."""
        why = [self.names.look(line) for line in deadline.get("why") or ()]
        return why if "counted" in deadline else [" ".join(why)] if why else []

    def sums(self, deadlines: Iterable[Mapping[str, Any]]) -> list[str]:
        """The sum behind each."""
        return [line for deadline in deadlines for line in self.sum_of(deadline)]
