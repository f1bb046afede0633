"""What must hold between cases, and between cases and the outside, read from rows alone, in one snapshot.

`between` holds at any moment, also the one at which a worker was killed: whatever one case asks of another, or of the
outside, has happened or stands where it will be found. `at_rest` holds once nothing is due any more.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowkit.testing.peer_ledger import Order
from tests import evidence
from tests.faults.checks import Found

HAPPENED = ("created", "answered")


@dataclass(slots=True)
class Seen:
    """All histories, and the rows that stand between cases.

    outbox  state of each effect, whether it is a call, why it is listed
    told    how often each signal's key stands in histories
    answers what the supplier said, by the call's key: in time or late, and the order's number or ""
    """

    histories: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    inbox: dict[str, tuple[Any, str]] = field(default_factory=dict)
    outbox: dict[str, tuple[str, bool, str]] = field(default_factory=dict)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def events(self, *kinds: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """(case, data) of every event of these kinds."""
        for case, events in self.histories.items():
            yield from ((case, event["data"]) for event in events if event["kind"] in kinds)


def see(database: sqlite3.Connection) -> Seen:
    seen = Seen()
    for case, body in database.execute("SELECT case_id, body FROM history ORDER BY case_id, sequence"):
        event = json.loads(body)
        seen.histories[case].append(event)
        data, kind = event["data"], event["kind"]
        if kind == "joined":
            seen.told[case, f"finished/{data['child']}"] += 1
        elif kind in ("late", "kept", "signalled"):
            seen.told[case, data["key"]] += 1
            if data["key"].startswith("reply/"):
                said = data["values"]["values"]
                seen.answers[data["key"].removeprefix("reply/")] = "late", str(said.get("order", ""))
        elif kind == "ended":
            seen.ended.add(case)
        elif kind == "entered":
            visit = data["visit"]
        elif kind == "replied":
            seen.told[case, f"reply/{case}/{visit}"] += 1
            seen.answers[f"{case}/{visit}"] = "in time", str(data["values"].get("order", ""))
    for key, due, error in database.execute("SELECT key, due, error FROM inbox"):
        seen.inbox[key] = due, error
    for key, state, kind, error in database.execute("SELECT key, state, kind, error FROM outbox"):
        seen.outbox[key] = state, kind == "call", error
    return seen


def between(seen: Seen) -> Iterator[str]:
    """What one asks of another stands in exactly one place: in the inbox, or where it has happened.

    A child that was called off before it could begin stands nowhere any more.
    """
    never = never_begun(seen)
    for case, data in seen.events("wanted", "begun", "started"):
        if data.get("state") != "waiting" and data["child"] not in never:
            yield from _once(
                seen, f"child {data['child']} of {case}", f"begin/{data['child']}", int(data["child"] in seen.histories)
            )
    for case, data in seen.events("released"):
        for child in data["children"]:
            if child in never and f"cancel/{child}" in seen.inbox:
                yield f"stranded: {child} was called off by {case}, has no beginning, and still is to be called off"
            elif child not in seen.ended | never and f"cancel/{child}" not in seen.inbox:
                yield f"stranded: {child} was called off by {case} and is at work"
    for case, data in seen.events("created"):
        if data["parent"] and data["parent"]["name"] and case in seen.ended:
            key, parent = f"finished/{case}", data["parent"]["case"]
            yield from _once(seen, f"the end of {case}", key, seen.told[parent, key])
    for case, data in seen.events("called"):
        key = data["key"]
        state, *_ = seen.outbox.get(key, ("",))
        if not state:
            yield f"stranded: the call {key} stands nowhere"
        elif state in ("done", "dead"):
            yield from _once(seen, f"the answer to {key}", f"reply/{key}", seen.told[case, f"reply/{key}"])
    yield from (f"doubled: {key} in {case}, {times} times" for (case, key), times in seen.told.items() if times > 1)
    called = {data["key"] for _, data in seen.events("called")}
    yield from (
        f"the call {key} was never asked for" for key, (_, call, _) in seen.outbox.items() if call and key not in called
    )


def never_begun(seen: Seen) -> set[str]:
    """Children that were called off before they could begin."""
    called_off = {child for _, data in seen.events("released") for child in data["children"]}
    return {child for child in called_off if child not in seen.histories and f"begin/{child}" not in seen.inbox}


def _once(seen: Seen, what: str, key: str, happened: int) -> Iterator[str]:
    waiting = int(key in seen.inbox)
    if happened + waiting == 0:
        yield f"stranded: {what} is neither done nor waiting"
    elif happened + waiting > 1:
        yield f"doubled: {what} happened {happened} times, and {waiting} wait"


def at_rest(seen: Seen, placed: list[Order]) -> Iterator[str]:
    """Nothing waits, everything has ended, and the supplier has one order for each that was asked for and answered."""
    yield from (f"stranded: {key} lies in the inbox: {error}" for key, (_, error) in seen.inbox.items())
    yield from (f"stranded: {case} is at work, and nothing is due" for case in seen.histories.keys() - seen.ended)
    yield from (f"the call {key} is {state}" for key, (state, *_) in seen.outbox.items() if state == "pending")
    by_ref = defaultdict(list)
    for order in placed:
        by_ref[order.ref].append(order)
    yield from (f"{ref} was ordered {len(each)} times" for ref, each in by_ref.items() if len(each) > 1)
    asked: dict[str, tuple[str, dict[str, Any]]] = {d["key"]: (case, d) for case, d in seen.events("called")}
    yield from (f"{ref} was ordered, and nobody asked for it" for ref in by_ref.keys() - asked.keys())
    for key, (case, data) in asked.items():
        got = next(iter(by_ref.get(key, ())), None)
        if got is not None and (got.sku, got.qty) != (
            data["arguments"]["sku"],
            str(data["arguments"]["quantity"]),
        ):
            yield f"{key} was ordered as {got}"
        state, _, why = seen.outbox[key]
        if state == "done" and (got is None or seen.answers[key][1] != got.no):
            yield f"{key} was answered with another order than {got}"
        if state == "dead" and not why:
            yield f"{key} is listed without a reason"
        if got is not None and not _known(seen, got):
            yield f"unknown: {key} was ordered as {got.no}, is {state}: {why}, and its case does not know"
        if seen.outbox[key][0] == "dropped" and seen.told[case, f"reply/{key}"]:
            yield f"{key} was dropped, and answered"
    yield from _moved_on(seen)


def _known(seen: Seen, order: Order) -> str:
    """How people learn of an order: its case was answered, or the call is listed as perhaps carried out. "": not at all."""
    when, number = seen.answers.get(order.ref, ("", ""))
    if number == order.no:
        return when
    state, _, why = seen.outbox.get(order.ref, ("", False, ""))
    return "listed" if state == "dead" and "可能已经执行" in why else ""


def known_as(seen: Seen, placed: list[Order]) -> Counter[str]:
    return Counter(_known(seen, order) or "unknown" for order in placed)


def _moved_on(seen: Seen) -> Iterator[str]:
    """A parent whose last child was joined left at once, by itself."""
    for case, events in seen.histories.items():
        open_: set[str] = set()
        for number, event in enumerate(events):
            data = event["data"]
            if event["kind"] == "wanted":
                open_.add(data["child"])
            elif event["kind"] == "joined":
                open_.discard(data["child"])
                if not open_ and not any(e["kind"] == "entered" for e in events[number : number + 3]):
                    yield f"stranded: {case} had joined its last child and stayed"
            elif event["kind"] == "entered":
                open_ = set()


def in_transit(path: str) -> list[str]:
    """After a kill, before anybody mends anything: of a copy, for opening one that was being written is mending it."""
    with tempfile.TemporaryDirectory(prefix="flowkit-look-") as folder:
        for end in ("", "-wal", "-journal"):
            if Path(f"{path}{end}").exists():
                shutil.copy(f"{path}{end}", f"{folder}/work.db{end}")
        with closing(sqlite3.connect(f"{folder}/work.db")) as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'history'").fetchone():
                return []
            return list(between(see(database)))


def after_drain(path: str, placed: list[Order]) -> tuple[Found, Seen]:
    """Everything: each case by itself, what stands between them, what stands outside."""
    with closing(evidence.reading(path)) as database:
        each = evidence.look(database)
        seen = see(database)
        found = Found(
            [*each.faults, *between(seen), *at_rest(seen, placed)], fired=each.fired, cases=len(seen.histories)
        )
        if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            found.faults.append("SQLite finds the file damaged")
    for case, events in seen.histories.items():
        found.events += len(events)
        for sequence, event in enumerate(events, 1):
            data = event["data"]
            if event["kind"] in HAPPENED and "mark" in data["values"]:
                found.marks[data["values"]["mark"]] += 1
                found.where[data["values"]["mark"]] = case, sequence
    for (case, key), times in seen.told.items():
        if key.startswith("connector:"):
            found.marks[key] += times
            found.where[key] = case, 0
    return found, seen
