"""What may be wanted of a case, as a plain value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flowkit.engine.case import NOTHING

CommandKind = Literal[
    "submit",
    "act",
    "timeout",
    "signal",
    "finished",
    "cancel",
    "replied",
    "filed",
    "related",
    "retry",
    "withdraw",
    "catch",
    "migrate",
    "recount",
]


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody wants done to one case. `by` is an actor, `ENTITY:KEY`, or `system:timer` and the like.

    `data` by kind:
      submit  {"workflow", "values": raw mapping, "applicant"?, "visitor"?, "parent"?}   `case` is the id the new case gets; with
              "scheduled": {"schedule", "title", "record", "due", "missed"} it is filled in as the schedule says
      act     {"action", "values": raw mapping, "visit"?, "task"?, "operation"?, "visitor"?}   "operation": no action
      timeout {"deadline", "visit", "n"}
      signal  {"name", "values": mapping}
      finished {"child", "outcome", "number", "values"}    a child has ended
      replied {"visit", "connector", "operation", "ok", "values", "error"}   an outside system has answered, or failed
      filed   {"name", "file", "sha256", "kind", "notice"}  a page has been filed
      related {"case", "number", "workflow", "how": "related" | "from" | "unlinked", "followers", "who"}
                                                           another case was linked to this one, joined to it, or unlinked
      cancel  {}                                           the parent has no use for this case any more
      retry   {}                                           the incident's step is tried again
      withdraw {"outcome"}                                 the case ends here; by `system:` only
      catch   {}                                           who held it may have gone; by `system:` only
      recount {}                                           business time is counted otherwise than before; by `system:` only
      migrate {}                                           the workflow that judges it from now on is given
    `entropy` is random text from the shell; it salts the commitments of personal values.
    """

    kind: CommandKind
    case: str
    by: str
    data: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    entropy: str = ""
