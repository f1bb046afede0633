"""Whether a database is as it must be, judged from its rows by other code than the library's own `verify`.

Reads in one snapshot, so it may look while somebody is at work. Two oracles stand beside the stored case: the library's fold
over the history as it was stored, and `told`, a second reading of the history that shares no code with the first.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flowkit.engine.apply import fold
from flowkit.engine.case import Case, Event, tasks, timers

Which = tuple[str, int, int]
"""A deadline: its name, its visit, its repetition."""


@dataclass(slots=True)
class Told:
    """What a history tells of a case, read by hand."""

    node: str = ""
    visit: int = 0
    owner: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    incident: str = ""
    stuck: bool = False
    outcome: str = ""
    deadlines: dict[Which, str] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    suspended: str = ""
    handed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    followers: tuple[str, ...] = ()
    copies: dict[str, bool] = field(default_factory=dict)
    "By person, whether he has read it."
    kept: dict[Which, str] = field(default_factory=dict)

    @property
    def holders(self) -> Counter[tuple[str, str]]:
        """(kind, holder) of every task that must stand."""
        unread = {("copy", h) for h, read in self.copies.items() if not read}
        if self.outcome:
            return Counter(unread)
        found = unread | ({("suspended", self.suspended)} if self.suspended else set())
        found |= {("owner", h) for h in self.owner} | {("helper", h) for h in self.helpers if h not in self.owner}
        return Counter(found | ({("incident", self.incident)} if self.incident else set()))


def told(events: Iterable[dict[str, Any]]) -> Told:
    """What these stored events come to. Only what people are asked and when; values are left out."""
    now = Told()
    for event in events:
        tell(now, event)
    return now


def tell(now: Told, event: dict[str, Any]) -> None:
    """Let one more event happen."""
    data = event["data"]
    match event["kind"]:
        case "entered":
            now.node, now.visit, now.owner, now.helpers, now.deadlines = data["node"], data["visit"], (), (), {}
            now.handed, now.left_out = (), tuple(data["left_out"])
        case "assigned":
            now.owner, now.helpers = tuple(data["owner"]), ()
            now.deadlines = {_which(d): d["due"] for d in data["deadlines"]}
        case "acted" if data["holder"]:
            now.owner = (data["holder"],)
        case "handed_over":
            now.owner, now.handed = (data["to"],), (*now.handed, data["from"])
        case "claimed":
            now.owner = (data["holder"],)
        case "put_back":
            now.owner = tuple(data["owner"])
        case "followed":
            now.followers = (*now.followers, data["who"])
        case "unfollowed":
            now.followers = tuple(f for f in now.followers if f != data["who"])
        case "copied":
            now.copies |= {to: now.copies.get(to, False) for to in data["to"]}
        case "read":
            now.copies[data["who"]] = True
        case "suspended":
            now.suspended, now.deadlines = event["by"], {_which(d): d["due"] for d in data["deadlines"]}
        case "resumed":
            now.suspended, now.deadlines = "", {_which(d): d["due"] for d in data["deadlines"]}
        case "due_changed":
            now.deadlines |= {_which(d): d["due"] for d in data["deadlines"]}
        case "answered":
            now.answered[data["name"]] = now.visit
        case "reassigned":
            now.owner, now.helpers = tuple(data["owner"]), ()
        case "escalated":
            now.helpers = tuple(dict.fromkeys((*now.helpers, *data["to"])))
        case "fired":
            now.deadlines.pop((data["deadline"], data["visit"], data["n"]))
            if data["next"]:
                now.deadlines[_which(data["next"])] = data["next"]["due"]
        case "kept":
            now.kept[_kept(data)] = data["until"]
        case "consumed" | "unheard":
            now.kept.pop(_kept(data))
        case "incident":
            now.incident, now.stuck = data["holder"], data["resume"]["step"] != "none"
        case "resolved":
            now.incident, now.stuck = "", False
        case "ended":
            now.outcome, now.owner, now.helpers, now.deadlines, now.kept = data["outcome"], (), (), {}, {}
            now.suspended = ""


@dataclass(slots=True)
class Found:
    """What a look came to: what is wrong, and each case's events as they were stored, by case."""

    faults: list[str] = field(default_factory=list)
    histories: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    fired: int = 0


def look(database: sqlite3.Connection, cases: Iterable[str] | None = None) -> Found:
    """Check these cases, or all with what goes beyond a case. The connection should be in a transaction."""
    found = Found()
    wanted = [c for (c,) in database.execute("SELECT id FROM cases")] if cases is None else sorted(set(cases))
    for case_id in wanted:
        found.faults += [f"{case_id}: {fault}" for fault in _case(database, case_id, found)]
    if cases is None:
        found.faults += _beyond(database)
    return found


def look_at_file(path: str, cases: Iterable[str] | None = None) -> Found:
    with closing(reading(path)) as database:
        return look(database, cases)


def reading(path: str) -> sqlite3.Connection:
    """A connection that cannot write, in a transaction of its own."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    database.execute("BEGIN")
    return database


def _case(database: sqlite3.Connection, case_id: str, found: Found) -> Iterator[str]:
    rows = database.execute(
        "SELECT sequence, body, hash FROM history WHERE case_id = ? ORDER BY sequence", (case_id,)
    ).fetchall()
    stored = database.execute("SELECT sequence, head, body, ended FROM cases WHERE id = ?", (case_id,)).fetchone()
    if stored is None:
        yield "there is no such case" if not rows else "there is history, but no case"
        return
    if [row[0] for row in rows] != list(range(1, stored[0] + 1)):
        yield f"a gap: {[row[0] for row in rows]} of {stored[0]}"
        return
    head = ""
    for sequence, body, hash_ in rows:
        head = hashlib.sha256(f"{head}\n{body}".encode()).hexdigest()
        if head != hash_:
            yield f"the chain is broken at {sequence}"
            return
    if head != stored[1]:
        yield "the chain ends elsewhere than the case says"
    events = found.histories[case_id] = [json.loads(body) for _, body, _ in rows]
    case = fold(Event.from_json(event) for event in events)
    if json.loads(json.dumps(case.as_json())) != json.loads(stored[2]):
        yield "the case is not what its history tells"
    yield from _derived(database, case, told(events), stored[3])
    yield from _in_time(events, found)


def _derived(database: sqlite3.Connection, case: Case, now: Told, ended: int | None) -> Iterator[str]:
    held = Counter(
        database.execute("SELECT visit, kind, holder FROM tasks WHERE case_id = ? AND holder IS NOT NULL", (case.id,))
    )
    standing = Counter(
        database.execute("SELECT visit, name, n, due FROM timers WHERE case_id = ? AND name IS NOT NULL", (case.id,))
    )
    if held != Counter((t.visit, t.kind, t.holder) for t in tasks(case)):
        yield f"tasks {dict(held)} are not those it asks for"
    if standing != Counter((d.visit, d.name, d.n, micros(d.due)) for d in timers(case)):
        yield f"timers {dict(standing)} are not those it asks for"
    if (now.node, now.visit, now.owner, now.helpers) != (case.node, case.visit, case.owner, case.helpers):
        yield f"its history tells of {now}, the case of {case.node}, {case.visit}, {case.owner}, {case.helpers}"
    if Counter((kind, holder) for _, kind, holder in held.elements()) != now.holders:
        yield f"tasks {dict(held)} are not those its history tells of"
    if Counter((name, visit, n) for visit, name, n, _ in standing.elements()) != Counter([*now.deadlines, *now.kept]):
        yield f"timers {dict(standing)} are not those its history tells of"
    if ended is not None and (standing or any(kind != "copy" for _, kind, _ in held)):
        yield "it has ended, and still something stands"


def _in_time(events: list[dict[str, Any]], found: Found) -> Iterator[str]:
    """Each deadline took effect at most once, and none early; time does not run backwards within a case."""
    due: dict[Which, str] = {}
    fired: Counter[Which] = Counter()
    before = ""
    for event in events:
        data = event["data"]
        following = [data["next"]] if event["kind"] == "fired" and data["next"] else []
        due |= {_which(deadline): deadline["due"] for deadline in [*data.get("deadlines", ()), *following]}
        if event["kind"] == "kept":
            due[_kept(data)] = data["until"]
        if before and _moment(event["at"]) < _moment(before):
            yield f"{event['kind']} at {event['at']} stands behind {before}"
        before = event["at"]
        if event["kind"] in ("fired", "unheard"):
            which = _kept(data) if event["kind"] == "unheard" else (data["deadline"], data["visit"], data["n"])
            fired[which] += 1
            if _moment(event["at"]) < _moment(due[which]):
                yield f"{which} fired before it was due"
    yield from (f"{which} fired {times} times" for which, times in fired.items() if times > 1)
    found.fired += fired.total()


def _beyond(database: sqlite3.Connection) -> Iterator[str]:
    """What goes beyond one case."""
    orphans = "SELECT DISTINCT case_id FROM {} WHERE case_id NOT IN (SELECT id FROM cases)"
    for table in ("history", "tasks", "timers", "outbox", "inbox", "case_index"):
        yield from (f"{table} of {case} without a case" for (case,) in database.execute(orphans.format(table)))
    numbers = "SELECT series, count(DISTINCT serial), max(serial) FROM cases WHERE series IS NOT NULL GROUP BY 1"
    for series, many, last in database.execute(numbers):
        if many != last:
            yield f"numbers of {series}: {many} different ones up to {last}"
    keyless = (
        "SELECT count(*) FROM personal p WHERE NOT EXISTS (SELECT 1 FROM person_keys k WHERE k.subject = p.subject)"
    )
    if database.execute(keyless).fetchone() != (0,):
        yield "a personal value without its person's key"


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _moment(stored: str) -> datetime:
    return datetime.fromisoformat(stored)


def _kept(signal: dict[str, Any]) -> Which:
    return f"kept/{signal['key']}", 0, 0


def _which(deadline: dict[str, Any]) -> Which:
    return deadline["name"], deadline["visit"], deadline["n"]
