"""What events ask of the world: messages to be sent, records to be changed. Read off the events, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowkit.engine.case import JSON, Case, Event
from flowkit.engine.party import SYSTEM

Segment = str | Mapping[str, str]
"""Text, or {"personal": ref} in whose place the personal value stands when the message is delivered."""


@dataclass(frozen=True, slots=True)
class MessageEffect:
    """One message to one person over one channel. `key` is stable: a retry carries the same one.

    `lane` is one of its own beside that of the person and channel, in which messages go in order.
    `while_visit`: the message is pointless once the case has left that visit; None: it is sent whatever happens.
    """

    key: str
    case: str
    to: str
    channel: str
    notification: str
    title: str
    text: tuple[Segment, ...]
    while_visit: int | None
    lane: str = ""


def messages(case_id: str, sequence: int, event: Event) -> tuple[MessageEffect, ...]:
    """The messages that event number `sequence` of that case asks for."""
    if event.kind != "notified":
        return ()
    data = event.data
    return tuple(
        MessageEffect(
            key=f"{case_id}/{sequence}/{to}/{channel}",
            case=case_id,
            to=to,
            channel=channel,
            notification=data["notification"],
            title=data["title"],
            text=tuple(data["text"]),
            while_visit=data["while_visit"],
            lane=data.get("lane", ""),
        )
        for to in data["to"]
        for channel in data["channels"]
    )


@dataclass(frozen=True, slots=True)
class CallEffect:
    """One operation of an outside system to be carried out under a stable key, as long as the case is in that visit.

    `arguments` in stored form, {"personal": ref} where a personal value goes along.
    """

    key: str
    case: str
    visit: int
    connector: str
    operation: str
    arguments: Mapping[str, JSON]


def call(case_id: str, event: Event) -> CallEffect | None:
    """The call that an event asks for."""
    if event.kind != "called":
        return None
    data: Mapping[str, Any] = event.data
    return CallEffect(data["key"], case_id, data["visit"], data["connector"], data["operation"], data["arguments"])


@dataclass(frozen=True, slots=True)
class PageEffect:
    """A page to be made and filed. `content` is text with {"personal": ref} in the places of personal values.

    `subject` is the person under whose key it is kept: the case's applicant.
    """

    key: str
    case: str
    name: str
    title: str
    kind: str
    content: tuple[Segment, ...]
    subject: str


def page(case: Case, event: Event) -> PageEffect | None:
    """The page that an event of `case` (as it is after it) asks for."""
    if event.kind != "printed":
        return None
    data: Mapping[str, Any] = event.data
    key = f"{case.id}/{case.sequence}/print"
    return PageEffect(key, case.id, data["name"], data["title"], data["kind"], tuple(data["content"]), case.applicant)


@dataclass(frozen=True, slots=True)
class Hit:
    """A case that has counted for a watch under a key."""

    watch: str
    key: str
    at: str


def hit(event: Event) -> Hit | None:
    """The hit that an event is."""
    return Hit(event.data["watch"], event.data["key"], event.at.isoformat()) if event.kind == "watched" else None


BEGIN = "begin/{}"
"""The key of the signal that begins a child, by the child's id."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A command for another case, to be carried out in a transaction of its own. `key` makes it happen once.

    `data` is that of `engine.case.Command`, with "by". With an `error` it is not carried out, but listed for people.
    """

    key: str
    case: str
    kind: str
    data: Mapping[str, Any]
    error: str = ""


def signals(case: Case, event: Event) -> tuple[Signal, ...]:
    """What an event of `case` (as it is after it) asks of other cases: children to begin or to end, a parent to be told.

    And what came to it and found nobody who listens: that is listed.
    """
    data: Mapping[str, Any] = event.data
    if (event.kind == "wanted" and data["state"] == "open") or event.kind in ("begun", "started"):
        waits = "" if event.kind == "started" else data["name"]
        parent = {"case": case.id, "visit": case.visit, "name": waits}
        begin = {"workflow": data["name"], "values": data["values"], "by": _beginner(case, event), "parent": parent}
        if data.get("applicant"):
            begin["applicant"] = data["applicant"]
        return (Signal(BEGIN.format(data["child"]), data["child"], "submit", begin),)
    if event.kind in ("linked", "unlinked") and data["here"]:
        return (_related(case, event),)
    if event.kind == "resumed":
        key = f"resumed/{case.id}/{case.sequence:08}"
        deferred = enumerate(data["deferred"])
        return tuple(Signal(f"{key}/{n:04}/{d['key']}", case.id, d["kind"], d["data"]) for n, d in deferred)
    if event.kind == "released":
        by = {"by": "system:parent"}
        return tuple(Signal(f"cancel/{child}", child, "cancel", by) for child in data["children"])
    if event.kind == "ended" and case.parent is not None and case.parent["name"]:
        told = {"child": case.id, "outcome": data["outcome"], "number": case.number, "values": dict(case.values)}
        if "unfit" in data:
            told["unfit"] = data["unfit"]
        return (Signal(f"finished/{case.id}", case.parent["case"], "finished", {**told, "by": "system:child"}),)
    if event.kind == "unheard":
        came = {"name": data["name"], "values": data["values"], "by": data["by"]}
        return (Signal(data["key"], case.id, "signal", came, f"“{data['name']}”: 24 小时内没有节点接收"),)
    return ()


def _related(case: Case, event: Event) -> Signal:
    """The other side of a link. Who waited for a case that was joined to another waits for that one now."""
    data: Mapping[str, Any] = event.data
    how = "unlinked" if event.kind == "unlinked" else "from" if data["how"] == "into" else data["how"]
    waiting = [a for a in (case.applicant, *case.collaboration.followers) if not a.startswith("system:")]
    told = {
        "case": case.id,
        "number": case.number,
        "workflow": case.workflow,
        "how": how,
        "followers": waiting if how == "from" else [],
        "who": event.by,
    }
    # In the order of their making, also when several are found after a crash.
    return Signal(f"related/{case.id}/{case.sequence:08}", data["case"], "related", {**told, "by": "system:case"})


def _beginner(case: Case, event: Event) -> str:
    """Who begins a child: who acted; when time or a machine did, the applicant of the case itself."""
    return case.applicant if event.by.startswith(SYSTEM) else event.by


@dataclass(frozen=True, slots=True)
class RecordChange:
    """`set` replaces fields, `add` puts a row at the end of fields of type rows; both in stored form."""

    entity: str
    key: str
    set: Mapping[str, JSON]
    add: Mapping[str, JSON]


def record_change(event: Event) -> RecordChange | None:
    """The change of a record that an event made, if it made one."""
    if event.kind != "recorded":
        return None
    data: Mapping[str, Any] = event.data
    return RecordChange(data["entity"], data["key"], data["set"], data["add"])
