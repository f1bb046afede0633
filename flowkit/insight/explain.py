"""Why a case went where it went, in words, from its history alone: change a card today, the answer stays what it was.

What judged comes from the history; only what things and people are called is looked up when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from flowkit.engine.case import Event
from flowkit.engine.party import SYSTEM
from flowkit.insight import approvals
from flowkit.insight.telling import Teller
from flowkit.insight.together import BY_HAND
from flowkit.insight.words import Words
from flowkit.runtime.names import Names


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in words: what happened, by whom, and beneath it why.

    `by` is the actor whose command it was; `who` what he is called, 自动 for what followed from it by itself. `brief` is `why`
    with long lists counted instead of told: of a hundred candidates the best few.
    """

    sequence: int
    at: datetime
    by: str
    who: str
    kind: str
    what: str
    why: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "sequence": self.sequence,
            "at": self.at.isoformat(),
            "by": self.by,
            "who": self.who,
            "kind": self.kind,
            "what": self.what,
            "why": list(self.why),
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """The story of a case. `lines` for people, `whole` with nothing left out, `as_json()` for programs."""

    entries: tuple[Entry, ...]
    timezone: tzinfo

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(line for entry in self.entries for line in self._told(entry, entry.brief))

    @property
    def whole(self) -> tuple[str, ...]:
        return tuple(line for entry in self.entries for line in self._told(entry, entry.why))

    def _told(self, entry: Entry, why: Iterable[str]) -> list[str]:
        at = entry.at.astimezone(self.timezone).strftime("%Y-%m-%d %H:%M:%S")
        first, *more = _lines(f"{entry.who}  {entry.what}")
        return [f"{at}  {first}", *more, *(f"    {line}" for one in why for line in _lines(one))]

    def as_json(self) -> list[dict[str, Any]]:
        return [entry.as_json() for entry in self.entries]


def _lines(told: str) -> list[str]:
    """Its lines, all but the first set in: what somebody typed on a line of its own must not look like one of ours."""
    first, *more = told.splitlines() or [""]
    return [first, *(f"    {line}" for line in more)]


_BY_HAND = (
    BY_HAND
    | approvals.BY_HAND
    | {
        *("created", "acted", "answered", "edited", "resolved", "signalled", "kept", "late", "claimed", "put_back"),
        *("replaced", "moved", "revealed"),
    }
)
"""What somebody does; all else follows from it by itself, in the same command and so under the same name."""


def _who(event: Event, names: Names) -> str:
    by_hand = event.kind in _BY_HAND or event.data.get("outcome") == "returned"
    by_itself = not by_hand and not event.by.startswith(SYSTEM)
    person = event.data.get("for")
    if by_itself:
        return names.look("自动")
    by = names.holder(event.by)
    return names.say("{who} 代 {person}", who=by, person=names.holder(person)) if person else by


def explain(events: Iterable[Event], timezone: tzinfo, names: Names | None = None) -> Explanation:
    """The story that these events tell, oldest first; moments in `timezone`, things and people called by `names`."""
    words = Words(names or Names(), timezone)
    teller, brief, entries = Teller(words), Teller(words, whole=False), []
    for sequence, event in enumerate(events, 1):
        (what, why), (_, few) = teller.tell(event), brief.tell(event)
        who = _who(event, words.names)
        entries.append(Entry(sequence, event.at, event.by, who, event.kind, what, tuple(why), tuple(few)))
    return Explanation(tuple(entries), timezone)
