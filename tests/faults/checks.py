"""What goes beyond one case and its rows: how often each command happened, and what became of each message."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests import evidence
from tests.faults.peer import Taken

HAPPENED = ("created", "answered", "signalled", "kept", "late")
"Events in which a command's mark stands because it happened; in others it may stand again."


@dataclass(slots=True)
class Found:
    """What a look at a database came to. `marks`: how often each mark happened, and (case, sequence) where; `asked`: the keys
    of all messages that histories ask for."""

    faults: list[str] = field(default_factory=list)
    marks: Counter[str] = field(default_factory=Counter)
    where: dict[str, tuple[str, int]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    fired: int = 0
    events: int = 0
    cases: int = 0


def look(path: str, cases: Iterable[str] | None = None) -> Found:
    """Check these cases, or all with all that goes beyond a case."""
    with closing(evidence.reading(path)) as database:
        seen = evidence.look(database, cases)
        found = Found(seen.faults, fired=seen.fired, cases=len(seen.histories))
        for case_id, events in seen.histories.items():
            _happened(case_id, events, found)
        if cases is None:
            found.faults += [*_whole(database), *_planned(database, seen.histories)]
            # What was refused when it was carried out lies listed, and has happened as far as it can.
            # What nobody listened for is listed as well, and has happened when it was kept.
            listed = [json.loads(b)["values"]["mark"] for (b,) in database.execute("SELECT body FROM inbox")]
            found.marks.update([mark for mark in listed if not found.marks[mark]])
        found.marks.update(key for (key,) in database.execute("SELECT key FROM records WHERE entity = 'car'"))
    return found


def _happened(case_id: str, events: list[dict], found: Found) -> None:  # type: ignore[type-arg]
    found.events += len(events)
    for sequence, event in enumerate(events, 1):
        data = event["data"]
        if event["kind"] in HAPPENED and "mark" in data["values"]:
            found.marks[data["values"]["mark"]] += 1
            found.where[data["values"]["mark"]] = (case_id, sequence)
        if event["kind"] == "notified":
            found.asked |= {f"{case_id}/{sequence}/{to}/{by}" for to in data["to"] for by in data["channels"]}


def _whole(database: sqlite3.Connection) -> Iterator[str]:
    past = Counter(json.loads(body)["mark"] for (body,) in database.execute("SELECT body FROM record_lines"))
    told = [
        json.loads(b)["data"]["add"]
        for (b,) in database.execute("SELECT body FROM history WHERE body LIKE '%recorded%'")
    ]
    if past != Counter(line["past"]["mark"] for line in told if line):
        yield "the lines of records are not those that histories tell of"
    if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        yield "SQLite finds the file damaged"


EVERY, AFTER_LAST = timedelta(minutes=3), timedelta(minutes=2)
"As the business says of its schedules `rounds` and `upkeep`."


def _planned(database: sqlite3.Connection, histories: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """What each schedule has begun for each record follows one from the other without a gap, and the plan goes on from there."""
    begun: dict[tuple[str, str], list[_Begun]] = {}
    for case_id, events in histories.items():
        scheduled = events[0]["data"].get("scheduled")
        if scheduled is not None:
            ended = events[-1]["at"] if events[-1]["kind"] == "ended" else None
            one = _Begun(
                datetime.fromisoformat(scheduled["due"]),
                case_id,
                scheduled["missed"],
                datetime.fromisoformat(ended) if ended else None,
            )
            begun.setdefault((scheduled["schedule"], scheduled["record"]), []).append(one)
    stored = "SELECT schedule, record, last, due, begin, case_id FROM plans"
    plans = {(schedule, record): rest for schedule, record, *rest in database.execute(stored)}
    for where, ones in begun.items():
        ones.sort()
        for before, one in pairwise(ones):
            yield from _follows(where, before, one)
        if where not in plans:
            yield f"{where}: what is begun is not planned"
            continue
        last, due, begin, case = plans[where]
        newest = ones[-1]
        if case != newest.case:
            yield f"{where}: the plan says {case}, begun last was {newest.case}: one of them was begun twice or forgotten"
        elif where[0] == "upkeep" and (begin is None) != (newest.ended is None):
            yield f"{where}: the plan stands still, {newest.case} ended {newest.ended}, the next begins {begin}"
        elif where[0] == "upkeep" and newest.ended and (last, due) != _micros(newest.ended, newest.ended + AFTER_LAST):
            yield f"{where}: planned for {due} after {last}, {newest.case} ended {newest.ended}"
        elif where[0] == "rounds" and (last, due) != _micros(newest.due, newest.due + EVERY):
            yield f"{where}: planned for {due} after {last}, {newest.case} was due {newest.due}"


@dataclass(frozen=True, slots=True, order=True)
class _Begun:
    """A case that a schedule has begun: for which moment, after how many that were missed; when it ended."""

    due: datetime
    case: str
    missed: int
    ended: datetime | None


def _follows(where: tuple[str, str], before: _Begun, one: _Begun) -> Iterator[str]:
    if one.due == before.due:
        yield f"{where}: begun twice for {one.due}: {before.case}, {one.case}"
    elif where[0] == "rounds" and one.due - before.due != EVERY * (one.missed + 1):
        yield f"{where}: forgotten between {before.due} and {one.due}, and {one.missed} told as missed"
    elif where[0] == "upkeep" and before.ended is None:
        yield f"{where}: {one.case} was begun twice, {before.case} has not ended"
    elif where[0] == "upkeep" and before.ended is not None and one.due != before.ended + AFTER_LAST:
        yield f"{where}: {one.case} was planned for {one.due}, {before.case} ended {before.ended}"


def _micros(*moments: datetime) -> tuple[int, ...]:
    return tuple(evidence.micros(moment) for moment in moments)


def messages(path: str, asked: set[str], taken: list[Taken], listed: int) -> Iterator[str]:
    """After a drain: each message that history asks for was taken under its key, or its visit was over; nothing else was.

    So many as are `listed` may have been given up on.
    """
    with closing(evidence.reading(path)) as database:
        rows = dict(database.execute("SELECT key, state FROM outbox"))
    if rows.keys() != asked:
        yield f"messages {sorted(rows.keys() ^ asked)[:5]} are not those that histories ask for"
    states = Counter(rows.values())
    if states.keys() - {"done", "dropped", "dead"} or states["dead"] != listed:
        yield f"messages were left over: {dict(states)}"
    content: dict[str, set[tuple[str, str, str]]] = {}
    for one in taken:
        content.setdefault(one.key, set()).add((one.to, one.case, one.text))
    yield from (f"{key} was never taken" for key, state in rows.items() if state == "done" and key not in content)
    yield from (f"{key} was taken, and nothing asks for it" for key in content.keys() - rows.keys())
    yield from (f"{key} was taken with {len(what)} contents" for key, what in content.items() if len(what) > 1)
