"""What an expression can know about a value before there is one.

Knows the kinds of values and how to name them in messages. Knows nothing of fields or nouns: whoever links an app
builds these types from its definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "boolean", "date", "time", "datetime", "duration", "location", "list", "record", "any"]

WORDS: Mapping[str, str] = {
    "text": "a text",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date",
    "time": "a time of day",
    "datetime": "a moment",
    "duration": "a duration",
    "location": "a location",
    "list": "a list",
    "record": "a record",
    "any": "a value",
}

ORDERED = frozenset({"text", "number", "date", "time", "datetime", "duration"})


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a name, an attribute or a result.

    `item` is the type of what a list holds (a record may have one too: children are reached by name and counted);
    `options` are the only texts a choice can be; `members` gives the attributes, called late because records may
    refer to each other in a circle, None when any attribute may be there; `title` is what people call it; `guarded` says
    that not everybody may see it, or not in full.
    """

    kind: Kind = "any"
    optional: bool = True
    item: Type | None = None
    options: tuple[str, ...] = ()
    members: Callable[[], Mapping[str, Type]] | None = None
    title: str = ""
    guarded: bool = False

    @property
    def words(self) -> str:
        """How a message calls it: "a number"."""
        return WORDS[self.kind]

    @property
    def is_any(self) -> bool:
        return self.kind == "any"

    def attributes(self) -> Mapping[str, Type] | None:
        """The attributes there are, or None when that is not known."""
        if self.members is not None:
            return self.members()
        if self.kind == "location":
            return LOCATION_MEMBERS
        return None if self.kind in ("any", "record") else {}


ANY = Type("any")
TEXT = Type("text")
NUMBER = Type("number")
BOOLEAN = Type("boolean")
DATE = Type("date")
DATETIME = Type("datetime")
DURATION = Type("duration")
LIST = Type("list")

LOCATION_MEMBERS: Mapping[str, Type] = {"latitude": NUMBER, "longitude": NUMBER, "system": TEXT, "accuracy": NUMBER}
