"""An event that an outside system tells of: which case it is for, and what it brings. Pure.

Which case is said by one equality, so that the case is found by an index and not by asking every case there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowkit.connect.answers import Answer, link_answer
from flowkit.connect.due_fields import ANSWERED, DueFields, parse_due_fields
from flowkit.connect.json_text import write_text
from flowkit.connect.keys import EVENT_KEYS
from flowkit.diagnostics import Findings, Place, shown
from flowkit.fields.definition import Choices
from flowkit.rules.language.types import Type
from flowkit.source.keys import read_keys, text_of
from flowkit.source.nodes import Node, ScalarNode
from flowkit.values.types import Settings

_PATH = r"[^\W\d]\w*(?:\.\w+)*"
_EQUALITY = re.compile(rf"\s*=?\s*({_PATH})\s*==\s*({_PATH})\s*")
_LONGEST_MATCH = 500


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """An event as written. `said` is the path within the event, `meant` the name on the case's side."""

    name: str
    title: str
    said: tuple[str, ...]
    meant: tuple[str, ...]
    gives: DueFields
    place: Place
    when: ScalarNode


@dataclass(frozen=True, slots=True)
class IncomingEvent:
    """An event ready to be read.

    said    where its own content says which case it is for: ("ref",) for `event.ref`
    meant   what of a case that is held against: ("call", "key"), or a field of the case
    """

    name: str
    title: str
    said: tuple[str, ...]
    meant: tuple[str, ...]
    answer: Answer
    definition: EventDefinition

    @property
    def type(self) -> Type:
        """How expressions see it under `event`: what it `gives`."""
        return self.answer.type

    def match(self, content: Any) -> str | None:
        """The text that a case is found by; None where the content does not say it."""
        value = content
        for name in self.said:
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is None or isinstance(value, (bool, Mapping, list)):
            return None
        return write_text(value).strip()[:_LONGEST_MATCH] or None

    def read(self, content: Any) -> dict[str, Any]:
        """What it gives, in its stored form. Raises `AnswerProblem`."""
        return self.answer.read(content, {})

    def load(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """What it gave, as expressions see it under `event`."""
        return self.answer.load(stored)


def parse_event(name: str, place: Place, node: Node, findings: Findings) -> EventDefinition | None:
    """One event. None when it cannot be said which case it is for."""
    read = read_keys(node, "event", EVENT_KEYS, findings)
    when = read.get("when") if read is not None else None
    if read is None or not isinstance(when, ScalarNode):
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    gives = parse_due_fields(read.get("gives"), ANSWERED, findings)
    equality = _EQUALITY.fullmatch(when.typed)
    sides = [tuple(side.split(".")) for side in equality.groups()] if equality is not None else []
    said = [side for side in sides if side[0] == "event" and len(side) > 1]
    meant = [side for side in sides if side[0] != "event"]
    if not said or not meant:
        findings.error(
            "not-indexable",
            when.place,
            f"expected one equality between the event and the case, found {shown(when.typed)}",
            "such as event.ref == call.key, or event.no == order_number",
        )
        return None
    return EventDefinition(name, title or name, said[0][1:], meant[0], gives, place, when)


def link_event(
    definition: EventDefinition, findings: Findings, settings: Settings, vocabularies: Mapping[str, Choices]
) -> IncomingEvent:
    """Compile an event. Whether its case has what `meant` names, only who knows the cases can say."""
    answer = link_answer(definition.gives, "event", {}, findings, settings, vocabularies)
    return IncomingEvent(definition.name, definition.title, definition.said, definition.meant, answer, definition)
