"""What judging a case may look at besides the case: a plain value that grows until nothing is lacking.

`facts[want]` gives what the shell has fetched, or raises `Need`; the shell adds what was named and judges again, which is
safe because judging is pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowkit.engine.people import People

Want = tuple[Hashable, ...]
"""One thing to fetch:

("record", ENTITY, KEY)         -> stored fields of that record as a mapping (`Former` when it has gone), or None
("lines", ENTITY, KEY, FIELD)   -> the rows added to that field, a list of mappings, oldest first
("loads", (ACTOR, ...))         -> {actor: number of open tasks he owns}; absent means 0
("personal", REF)               -> the personal value in stored form, or None when it was erased
("subject", REF)                -> the person whom that personal value is about, or None when it was erased
("case", ID)                    -> {number, node, unit, applicant, outcome} of another case, or None
("whole", ID)                   -> another case, whole
("named", TEXT)                 -> ids of the cases of that number or id, at most a few
("upload", ID)                  -> {by, case, name, kind, size, width?, height?, seconds?, sha256} of what somebody sent, or None;
                                   `case` is "" until a case has taken it
("hits", WATCH, KEY)            -> {case id: moment as ISO text} of the cases that have counted for that watch and key
("sequence", NAME)              -> the next number of that sequence, from 1, taken by this command
"""


class Former(dict[str, Any]):
    """The stored fields of a record that has gone from the app's files: it is read where it is referred to, never chosen anew."""


class Need(Exception):  # noqa: N818 - not an error: it asks the shell for more facts
    """Raised by judging when facts lack something."""

    def __init__(self, *wants: Want) -> None:
        self.wants = wants
        super().__init__(wants)


@dataclass(frozen=True, slots=True)
class Facts:
    """`people` is the snapshot of staff; `got` what was fetched for this command so far."""

    people: People
    got: Mapping[Want, Any] = field(default_factory=dict)

    def __getitem__(self, want: Want) -> Any:
        if want not in self.got:
            raise Need(want)
        return self.got[want]
