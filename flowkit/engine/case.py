"""A case and the lines of its history, as plain values. Knows no definition, no clock, no database.

Everything a case holds is in *stored form*: text, int, bool, None, lists and dicts of these; decimals and moments as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from flowkit.engine.approval.sheet import Sheet
from flowkit.engine.collaboration import ALONE, Collaboration
from flowkit.engine.counting import Counted

JSON = Any
"""Stored form: what `json.dumps` takes and gives back unchanged."""

KEPT = "kept/"
"""How the timers of signals begin that are kept until a node listens; what follows is the signal's key."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a case's history: it carries results, so that folding it evaluates nothing."""

    kind: str
    at: datetime
    by: str
    data: Mapping[str, JSON] = field(default_factory=lambda: NOTHING)

    def as_json(self) -> dict[str, JSON]:
        return {"kind": self.kind, "at": self.at.isoformat(), "by": self.by, "data": dict(self.data)}

    @classmethod
    def from_json(cls, stored: Mapping[str, JSON]) -> Event:
        return cls(stored["kind"], datetime.fromisoformat(stored["at"]), stored["by"], stored["data"])


@dataclass(frozen=True, slots=True)
class Secret:
    """A personal value on its way to its own shelf. History holds {"personal": ref, "commitment": hex} in its place.

    `subject` is the person it is about (`customer:li`); the commitment is sha256 over salt, ref and value, so the shelf keeps
    `salt` with the value.
    """

    subject: str
    ref: str
    value: JSON
    salt: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something becomes due at the present node. Unique in the store by (case, visit, name, n).

    `due` is UTC; `n` counts repetitions from 0; `why` is the sum behind it, a list of lines for people. A stage's deadline
    is called `STAGE/1`, and its `visit` is the number of the entry into the stage. `counted` tells from when on and how
    much business time made it; None round the clock. `still` tells how long it stood still, [since, until, word]; `said`
    since when its moment is what it is, where that was said anew: standing still before does not count.
    """

    name: str
    visit: int
    n: int
    due: datetime
    why: tuple[str, ...] = ()
    counted: Counted | None = None
    still: tuple[tuple[datetime, datetime, str], ...] = ()
    said: datetime | None = None

    def as_json(self) -> dict[str, JSON]:
        told = {"name": self.name, "visit": self.visit, "n": self.n, "due": self.due.isoformat(), "why": list(self.why)}
        counted = {"counted": self.counted.as_json()} if self.counted is not None else {}
        still = {"still": [[a.isoformat(), b.isoformat(), word] for a, b, word in self.still]} if self.still else {}
        said = {"said": self.said.isoformat()} if self.said is not None else {}
        return {**told, **counted, **still, **said}

    @classmethod
    def from_json(cls, stored: Mapping[str, JSON]) -> Deadline:
        due, counted = datetime.fromisoformat(stored["due"]), stored.get("counted")
        read = Counted.from_json(counted) if counted is not None else None
        moment = datetime.fromisoformat
        still = tuple((moment(a), moment(b), word) for a, b, word in stored.get("still", ()))
        said = moment(stored["said"]) if "said" in stored else None
        return cls(stored["name"], stored["visit"], stored["n"], due, tuple(stored["why"]), read, still, said)


@dataclass(frozen=True, slots=True)
class StageState:
    """A stage the case is in: which entry, since when; while paused since when, and the deadlines that stand still."""

    entry: int
    entered: str
    paused: str | None = None
    standing: tuple[Deadline, ...] = ()

    def as_json(self) -> dict[str, JSON]:
        standing = [d.as_json() for d in self.standing]
        return {"entry": self.entry, "entered": self.entered, "paused": self.paused, "standing": standing}

    @classmethod
    def from_json(cls, stored: Mapping[str, JSON]) -> StageState:
        standing = tuple(Deadline.from_json(d) for d in stored["standing"])
        return cls(stored["entry"], stored["entered"], stored["paused"], standing)


@dataclass(frozen=True, slots=True)
class Child:
    """A case that this one has begun and waits for. `state` is waiting (its turn has not come), open or ended.

    `index` is that of the row it was made from, `order` that in which it ended; while it waits `values` is what it begins
    with, and `applicant` for whom when that is not who acts.
    """

    id: str
    name: str
    visit: int
    index: int
    state: str
    outcome: str = ""
    number: str = ""
    order: int = 0
    values: Mapping[str, JSON] = field(default_factory=lambda: NOTHING)
    applicant: str = ""

    def as_json(self) -> dict[str, JSON]:
        plain = {n: getattr(self, n) for n in ("id", "name", "visit", "index", "state", "outcome", "number", "order")}
        return {**plain, "values": dict(self.values), **({"applicant": self.applicant} if self.applicant else {})}


TaskKind = Literal["owner", "sign", "helper", "incident", "copy", "suspended"]


@dataclass(frozen=True, slots=True)
class Task:
    """One entry of a to-do list: `holder` is an actor or a pool, `role:NAME`. Unique by (case, visit, kind, holder).

    copy       somebody was given the case to read, at that visit; it stands until he has, even when the case has ended
    suspended  who suspended the case must see to it that it goes on
    """

    case: str
    visit: int
    kind: TaskKind
    holder: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A form filled in on the way."""

    node: str
    visit: int
    by: str
    at: str
    values: Mapping[str, JSON]

    def as_json(self) -> dict[str, JSON]:
        return {"node": self.node, "visit": self.visit, "by": self.by, "at": self.at, "values": dict(self.values)}


@dataclass(frozen=True)
class Case:
    """The present state of a case: what folding its history gives. `id` is "" before the first event.

    owner      who must act now: actors and pools (`role:NAME`); several make one pool
    pool       the owner before one of them claimed the task; empty when nobody has
    helpers    who was called in by an escalation: may do all that the owner may
    handed     who handed the task of this visit on
    caught     why the catcher has it because nobody else was found; empty where that is not so
    left_out   actors not to be asked at this visit: those whom the exit that led here leaves out
    values     fields by name; results of cards and decisions under theirs
    answers    forms filled in on the way, by value name, oldest first
    holders    who held each node last
    party      who submitted it, for whom, whose own task it ever was, who did anything with it: `engine.party` tells
    revealed   who has asked, at this visit, to see personal values in full
    capacities who that was, and as whose people he was found: [actor, role …], by node; missing where he was meant in person
    stood_in   who has acted in the name of its owner at each node, at the last visit to it
    visits     how often each node was entered; `latest` the number of its last visit
    incident   {"where", "message", "holder", "resume"} while a machine has given up and a person must look
    kept       signals that came before a node listened, each "until" when it waits for one
    stages     the stages it is in, by name; `entries` how often each was entered
    came_from  the node `to: back` leads to
    children   what it has begun and waits for, and what of that has ended
    parent     {"case", "visit", "name"} of the case that began it; `name` is "" when nobody waits for its end
    scheduled  {"schedule", "title", "record", "due", "missed"} of the work by the calendar that it is, or None
    calls      the key of the last call to each connector: what comes from outside names it
    suspended  {"at", "by", "reason", "deadlines": those that stand still, "deferred": what came meanwhile} or None
    collaboration  who stands around it, and what they have said
    sheet      the signatures that are wanted at this visit; `owner` is then who is asked now
    approvals  what the last visit to each approval came to, or has come to so far, by node
    signed     who has approved, and at which node and visit, of the approvals that stand: {actor: {"node", "visit"}}
    path       the nodes it has come through, the present one last; coming back to one cuts off what came after it. Kept
               where a workflow has approvals, and so is `last`
    last       the last move that may be taken back: {"by", "node", "visit", …}; see `approval.folding`
    late       since when it is late where it stands, "" for the node, by name for a stage: the first deadline that has called
               in or handed it to somebody else
    busy       since when, and how often since, nodes were entered within a minute: a ring without people is stopped
    """

    id: str = ""
    workflow: str = ""
    version: str = ""
    number: str = ""
    unit: str | None = None
    applicant: str = ""
    created: datetime | None = None
    node: str = ""
    visit: int = 0
    entered: datetime | None = None
    owner: tuple[str, ...] = ()
    pool: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    handed: tuple[str, ...] = ()
    caught: str = ""
    left_out: tuple[str, ...] = ()
    values: Mapping[str, JSON] = field(default_factory=lambda: NOTHING)
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=lambda: NOTHING)
    holders: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    party: tuple[str, ...] = ()
    revealed: tuple[str, ...] = ()
    capacities: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NOTHING)
    stood_in: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NOTHING)
    visits: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    latest: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    deadlines: tuple[Deadline, ...] = ()
    incident: Mapping[str, JSON] | None = None
    kept: tuple[Mapping[str, JSON], ...] = ()
    stages: Mapping[str, StageState] = field(default_factory=lambda: NOTHING)
    entries: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    came_from: str = ""
    children: tuple[Child, ...] = ()
    parent: Mapping[str, JSON] | None = None
    scheduled: Mapping[str, JSON] | None = None
    calls: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    sheet: Sheet | None = None
    approvals: Mapping[str, Mapping[str, JSON]] = field(default_factory=lambda: NOTHING)
    signed: Mapping[str, Mapping[str, JSON]] = field(default_factory=lambda: NOTHING)
    path: tuple[str, ...] = ()
    last: Mapping[str, JSON] | None = None
    busy: tuple[str, int] = ("", 0)
    suspended: Mapping[str, JSON] | None = None
    collaboration: Collaboration = ALONE
    outcome: str = ""
    ended: datetime | None = None
    sequence: int = 0
    now: datetime | None = field(default=None)
    late: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    @property
    def returned(self) -> Mapping[str, JSON] | None:
        """What the approval came to that has sent the case back to where it is; None where it came otherwise."""
        told = self.approvals.get(self.came_from)
        return told if told is not None and told["outcome"] == "returned" and self.node != self.came_from else None

    @property
    def late_since(self) -> datetime | None:
        """Since when it is late; None while it is not."""
        return min((datetime.fromisoformat(at) for at in self.late.values()), default=None)

    def changed(self, changes: Mapping[str, Any]) -> Case:
        """A copy in which these fields are others.

        A step makes dozens. Without slots this costs a twentieth of `dataclasses.replace`.
        """
        made = object.__new__(Case)
        made.__dict__.update(self.__dict__)
        made.__dict__.update(changes)
        return made

    def as_json(self) -> dict[str, JSON]:
        return {n: v for n, value in vars(self).items() if (v := _stored(value)) or n not in _RARELY}

    @classmethod
    def from_json(cls, stored: Mapping[str, JSON]) -> Case:
        found: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in stored.items()}
        for name in ("created", "entered", "ended", "now"):
            found[name] = datetime.fromisoformat(stored[name]) if stored[name] else None
        for name in ("capacities", "stood_in"):
            found[name] = {node: tuple(actors) for node, actors in stored.get(name, {}).items()}
        # Rows from before it was kept tell of those who held a node last.
        known = (stored["applicant"], *stored["holders"].values())
        found["party"] = tuple(stored.get("party") or dict.fromkeys(a for a in known if not a.startswith("system:")))
        found["answers"] = {n: tuple(Answer(**a) for a in all_) for n, all_ in stored["answers"].items()}
        found["deadlines"] = tuple(Deadline.from_json(d) for d in stored["deadlines"])
        found["children"] = tuple(Child(**c) for c in stored["children"])
        found["stages"] = {n: StageState.from_json(s) for n, s in stored["stages"].items()}
        found["sheet"] = Sheet.from_json(stored["sheet"]) if stored.get("sheet") is not None else None
        found["collaboration"] = Collaboration.from_json(stored.get("collaboration", {}))
        return cls(**found)


_RARELY = frozenset(
    (
        *("handed", "party", "revealed", "suspended", "collaboration", "sheet", "approvals", "signed", "path", "last"),
        "scheduled",
        "late",
    )
)
"""What most cases have nothing of, and rows of earlier versions do not hold: left out where it is empty."""


def _stored(value: Any) -> JSON:
    """What a field of a case holds, in stored form."""
    if isinstance(value, (dict, MappingProxyType)):
        return {name: _stored(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_stored(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.as_json() if isinstance(value, _PARTS) else value


_PARTS = (Deadline, StageState, Child, Answer, Sheet, Collaboration)


def tasks(case: Case) -> frozenset[Task]:
    """The to-do entries that must stand for this case now; once it has ended only copies that are not read yet."""
    copies = case.collaboration.copies
    found = {Task(case.id, copies[a]["visit"], "copy", a) for a in case.collaboration.unread}
    if case.ended or not case.id:
        return frozenset(found)
    kind: TaskKind = "owner" if case.sheet is None else "sign"
    found |= {Task(case.id, case.visit, kind, holder) for holder in case.owner}
    found |= {Task(case.id, case.visit, "helper", holder) for holder in case.helpers if holder not in case.owner}
    if case.incident is not None:
        found.add(Task(case.id, case.visit, "incident", case.incident["holder"]))
    if case.suspended is not None:
        found.add(Task(case.id, case.visit, "suspended", case.suspended["by"]))
    return frozenset(found)


def stopped(case: Case) -> bool:
    """Whether a machine gave up where the case is now, so that it goes on from here by a retry only."""
    return case.incident is not None and case.incident["resume"].get("visit") == case.visit


def deadlines(case: Case) -> frozenset[Deadline]:
    """By when somebody must have done something about this case; nothing once it has ended."""
    return frozenset() if case.ended else frozenset(case.deadlines)


def unheard_at(signal: Mapping[str, JSON]) -> Deadline | None:
    """When a signal that is kept is given up; None for one from before there was a limit."""
    until = signal.get("until")
    return Deadline(f"{KEPT}{signal['key']}", 0, 0, datetime.fromisoformat(until)) if until else None


def timers(case: Case) -> frozenset[Deadline]:
    """The timers that must stand for this case now: its deadlines, and until when its signals are kept."""
    if case.ended or not case.kept:
        return deadlines(case)
    return deadlines(case) | {due for due in map(unheard_at, case.kept) if due is not None}


Data = Mapping[str, Any]
"""What an event carries."""
Changes = dict[str, Any]
"""Fields of a case and what they become."""
Fold = Callable[[Case, Event, Data], Changes]
"""What an event makes of a case."""
