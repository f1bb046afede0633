"""What is shown of cases: frozen pictures for programs, pages and the command line. Personal values in them are masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowkit.engine.approval.sheet import Seat
from flowkit.engine.case import Case, Event, deadlines


@dataclass(frozen=True, slots=True)
class DeadlineView:
    """A deadline that stands: what people call it, when it is due, and what happens then, in words.

    `why` is the sum by which it is due then, line by line.
    """

    title: str
    due: datetime
    then: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureView:
    """One signature that an approval wants: of whom, whether it is given, by whom and with which opinion.

    `state` is waiting (not its turn), open (asked now), approved, rejected, returned, removed or closed (decided without it); `added_by`
    who has added it, "" when the workflow asks for it; `at` as ISO text.
    """

    holders: tuple[str, ...]
    state: str
    by: str = ""
    at: str = ""
    opinion: str = ""
    added_by: str = ""

    @classmethod
    def of(cls, seat: Seat) -> SignatureView:
        return cls(seat.holders, seat.state, seat.by, seat.at, seat.opinion, seat.added_by)


@dataclass(frozen=True, slots=True)
class SuspendedView:
    """A case that stands still: who suspended it, when and why."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class CommentView:
    """Something said about a case; `mention` are the people it names. `text` is in full, for whoever sees the case."""

    at: datetime
    by: str
    text: str
    mention: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CopyView:
    """Somebody who was given the case to read, and when he said that he has."""

    to: str
    at: datetime
    read: datetime | None


@dataclass(frozen=True, slots=True)
class LinkView:
    """Another case. `how`: related, into (this one was joined to it), from (it was joined to this one)."""

    case: str
    number: str
    workflow: str
    how: str


@dataclass(frozen=True, slots=True)
class RelativeView:
    """A case that this one has begun, or by which it was begun. `how`: child or parent; `outcome` "" while it is open."""

    case: str
    number: str
    workflow: str
    how: str
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as it was after some event. Moments are UTC.

    owner     actors (`employee:zhang`) and pools (`role:NAME`) who must act now; empty where nobody must
    helpers   who was called in by an escalation, and may do what the owner may
    due       the nearest deadline; `deadlines` all that stand, nearest first
    values    fields and results in stored form; forms filled in on the way under their names
    actions   (name, title) of what the asking person may do now; empty when nobody was named
    operations
              (name, title) of what he may do besides, the same in every workflow: claim, hand over, comment ...
    incident  what a machine gave up on, in words; None while all is well
    suspended why it stands still, and since when; None while it goes on
    urged     how often its owner was urged, in all
    signatures
              at an approval the signatures that are wanted, in their order
    late      since when it is late where it stands: the first deadline that called in somebody else; None while it is not
    relatives the case that began it and those it has begun and waited for, as far as whoever asks sees them
    returned  where an approval has sent the case back to where it is: by whom, when and with which opinion
    """

    id: str
    number: str
    workflow: str
    node: str
    node_title: str
    visit: int
    owner: tuple[str, ...]
    applicant: str
    created: datetime
    due: datetime | None
    outcome: str
    ended: datetime | None
    values: Mapping[str, Any]
    actions: tuple[tuple[str, str], ...]
    incident: str | None
    sequence: int
    helpers: tuple[str, ...] = ()
    deadlines: tuple[DeadlineView, ...] = ()
    operations: tuple[tuple[str, str], ...] = ()
    signatures: tuple[SignatureView, ...] = ()
    returned: SignatureView | None = None
    comments: tuple[CommentView, ...] = ()
    followers: tuple[str, ...] = ()
    copies: tuple[CopyView, ...] = ()
    links: tuple[LinkView, ...] = ()
    urged: int = 0
    suspended: SuspendedView | None = None
    relatives: tuple[RelativeView, ...] = ()
    late: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskView:
    """One entry of somebody's to-do list. `kind`: owner, sign, helper, incident, copy or suspended; `flags` are words to be
    shown.

    incident  what a machine gave up on, in words, where the case stands at that; else None
    operations
              (name, title) of what the person may do besides the actions
    urged     how often the owner was urged at this visit
    late      since when the case is late where it stands; None while it is not
    acting_for
              whose task it is, where the person stands in for somebody; else ""
    """

    case: str
    number: str
    workflow: str
    title: str
    node: str
    owner: tuple[str, ...]
    visit: int
    kind: str
    due: datetime | None
    actions: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    incident: str | None = None
    operations: tuple[tuple[str, str], ...] = ()
    urged: int = 0
    acting_for: str = ""
    late: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of a case's history, as it was written."""

    sequence: int
    at: datetime
    kind: str
    by: str
    data: Mapping[str, Any]

    @classmethod
    def of(cls, sequence: int, event: Event) -> EventView:
        return cls(sequence, event.at, event.kind, event.by, event.data)


@dataclass(frozen=True, slots=True)
class CaughtView:
    """A case that fell to the catcher: `reason` says why, in words; `owner` who has it now, `since` when it came there."""

    case: str
    number: str
    workflow: str
    title: str
    owner: tuple[str, ...]
    since: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class ReassignedView:
    """What became of one task that was to be handed over: `refused` tells why it was not, else it is empty."""

    case: str
    number: str
    refused: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """What a schedule has due for a record ("" where it is not by record), which people call `label`. Moments are UTC.

    begin         when its case will begin; None once it has: then `case` and `number` tell which
    planned       the day it would be due on if that were worked: another than `due` where `on_holiday` has moved it
    was           when it was due before the calendar changed
    """

    schedule: str
    title: str
    record: str
    label: str
    due: datetime
    begin: datetime | None
    case: str = ""
    number: str = ""
    planned: datetime | None = None
    was: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubstitutionView:
    """`substitute` may do the tasks of `person` from `since` up to `until`, in all workflows (None) or in these."""

    id: str
    person: str
    substitute: str
    since: datetime
    until: datetime
    workflows: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class EffectView:
    """Something that must happen outside. `kind`: message, call or page; `state`: pending, done, dead or dropped."""

    key: str
    case: str
    kind: str
    target: str
    state: str
    attempts: int
    error: str

    def as_json(self) -> dict[str, Any]:
        return {n: getattr(self, n) for n in self.__slots__}


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message of a case: to whom over which channel, and what became of it; `note` what the channel said of it.

    Personal values in its text are masked. `state` as that of an EffectView; `attempts` counts the tries.
    """

    key: str
    channel: str
    to: str
    title: str
    text: str
    at: datetime
    state: str
    attempts: int
    note: str


@dataclass(frozen=True, slots=True)
class FileView:
    """A page that was filed for a case: `kind` pdf, html or text; `sha256` over its bytes; `size` in bytes."""

    id: str
    name: str
    title: str
    kind: str
    sha256: str
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RefusalView:
    """Something that somebody tried and was refused. `actor` is "" for whoever is unknown, `case` where there is none."""

    at: datetime
    actor: str
    tried: str
    code: str
    case: str


@dataclass(frozen=True, slots=True)
class MigrationView:
    """Whether an open case went over to the present version of its workflow; `reason` why not."""

    case: str
    number: str
    moved: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Advanced:
    """What was carried out: how many timers, signals and messages, how many plans of schedules were looked at, and lines.

    A timer or signal that failed has a line and is not counted: it was put off.
    """

    timers: int = 0
    signals: int = 0
    messages: int = 0
    lines: tuple[str, ...] = ()
    plans: int = 0

    def plus(self, other: Advanced) -> Advanced:
        return Advanced(
            self.timers + other.timers,
            self.signals + other.signals,
            self.messages + other.messages,
            self.lines + other.lines,
            self.plans + other.plans,
        )

    @property
    def nothing(self) -> bool:
        return not (self.timers or self.signals or self.messages or self.plans)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the database that is not as it must be. `sequence`: the first bad line of the history, if it is one."""

    case: str
    kind: str
    message: str
    sequence: int | None = None


def nearest_due(case: Case) -> datetime | None:
    """When the first of its deadlines is; None where none stands."""
    return min((deadline.due for deadline in deadlines(case)), default=None)


def urgent_at(case: Case) -> datetime | None:
    """By what the more urgent goes first: since when it is late, else when the first of its deadlines is."""
    return case.late_since or nearest_due(case)


def incident(case: Case) -> str | None:
    """What a machine gave up on, in words; None while all is well."""
    return f"{case.incident['where']}: {case.incident['message']}" if case.incident is not None else None
