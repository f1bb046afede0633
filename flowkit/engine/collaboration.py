"""Who stands around a case besides those whose task it is, and what they have said: comments, followers, copies, links.

Plain values; what events make of them is told in `collaborating`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Self

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Collaboration:
    """All of it is in stored form.

    followers  who is told of each move to another node
    readers    who may see the case because somebody named him in a comment or gave him a copy
    copies     by person, what was given to him to read: {"visit", "at", "by", "read": moment or None}
    comments   oldest first: {"at", "by", "text": {"personal": ref}, "mention": [actor]}
    urges      {"times": in all, "visit", "here": at that visit, "last": {actor: moment}}
    links      by the id of another case: {"number", "workflow", "how": "related" | "into" | "from"}; `into` is the case
               that this one was joined to, `from` one that was joined to this
    """

    followers: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    copies: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NOTHING)
    comments: tuple[Mapping[str, Any], ...] = ()
    urges: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    links: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NOTHING)

    def as_json(self) -> dict[str, Any]:
        """What there is; nothing for what is empty, which most of it is in most cases."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: list(v) if isinstance(v, tuple) else dict(v) for name, v in found.items() if v}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        found: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in stored.items()}
        return cls(**found)

    @property
    def unread(self) -> tuple[str, ...]:
        """Who has a copy that he has not marked as read."""
        return tuple(actor for actor, copy in self.copies.items() if copy["read"] is None)

    def urged(self, visit: int) -> int:
        """How often the owner was urged at that visit."""
        return self.urges["here"] if self.urges and self.urges["visit"] == visit else 0


ALONE = Collaboration()
