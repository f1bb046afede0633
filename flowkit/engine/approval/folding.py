"""What each event of an approval makes of a case, and which last move can be taken back. Total; evaluates nothing.

The last move is {"by", "node", "visit", "owner", "pool", "came_from", "sheet"} as they were before it; "values", what a machine
has changed since, as it was; "sent", what has gone out since that cannot be undone; "after", whether somebody took it up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowkit.engine.approval.sheet import Sheet, patched
from flowkit.engine.case import Case, Changes, Data, Event, Fold


def on_sheet(case: Case, data: Data) -> Changes:
    """What the seats that an event tells of make of the sheet, and so of who is asked."""
    sheet = patched(case.sheet or Sheet(), data)
    return {"sheet": sheet, "owner": sheet.owner}


def _asked(case: Case, event: Event, data: Data) -> Changes:
    sheet = Sheet.from_json(data["sheet"])
    rest = {node: told for node, told in case.approvals.items() if node != case.node}
    return {"sheet": sheet, "owner": sheet.owner, "approvals": rest}


def _signed(case: Case, event: Event, data: Data) -> Changes:
    return {**on_sheet(case, data), "holders": {**case.holders, case.node: event.by}}


def _concluded(case: Case, event: Event, data: Data) -> Changes:
    changes = on_sheet(case, data)
    told = {n: data[n] for n in ("outcome", "by", "opinion")}
    changes["approvals"] = {**case.approvals, case.node: {**changes["sheet"].told(), **told}}
    if data["outcome"] == "approved":
        here = {"node": case.node, "visit": case.visit}
        approved = {seat.behalf or seat.by: here for seat in changes["sheet"] if seat.state == "approved"}
        changes["signed"] = {**case.signed, **approved}
    return changes


def _taken_back(case: Case, event: Event, data: Data) -> Changes:
    changes: Changes = {"values": {**case.values, **data["values"]}}
    if data["sheet"] is None:
        return changes
    rest = {node: told for node, told in case.approvals.items() if node != data["node"]}
    sheet = Sheet.from_json(data["sheet"])
    # Where it went elsewhere in the meantime, entering the node anew is told by the events that follow.
    return {**changes, "approvals": rest, **({"sheet": sheet, "owner": sheet.owner} if data["here"] else {})}


def _changed(case: Case, event: Event, data: Data) -> Changes:
    return on_sheet(case, data)


FOLDS: Mapping[str, Fold] = {
    "asked": _asked,
    "signed": _signed,
    "advised": _changed,
    "carried": _changed,
    "concluded": _concluded,
    "delegated": _changed,
    "signers_added": _changed,
    "signer_removed": _changed,
    "taken_back": _taken_back,
}


def with_sheets(folds: Mapping[str, Fold]) -> dict[str, Fold]:
    """These folds and those of approvals. Where somebody else gets a task, an approval's seats say who is asked now."""
    both = {kind: _with_seats(folds[kind]) for kind in ("claimed", "put_back", "handed_over", "reassigned", "replaced")}
    return {**folds, **both, **FOLDS}


def _with_seats(fold: Fold) -> Fold:
    def both(case: Case, event: Event, data: Data) -> Changes:
        changes = fold(case, event, data)
        return changes if "seats" not in data else {**changes, **on_sheet(case, data), "pool": ()}

    return both


def way(case: Case, node: str) -> tuple[str, ...]:
    """The way that led to a node: coming back to one cuts off what came after it."""
    before = case.path[: case.path.index(node)] if node in case.path else case.path
    return (*before, node)


def on_the_way(case: Case, node: str, data: Data) -> Changes:
    """Entering a node: what was signed there, and since, is void."""
    since, signed = case.latest.get(node), case.signed
    if signed and since is not None:
        signed = {who: told for who, told in signed.items() if told["visit"] < since}
    return {"path": tuple(data.get("path", ())), "signed": signed, "sheet": None}


# --- the last move -----------------------------------------------------------------------------------------------------

_MOVES = frozenset({"acted", "signed", "advised", "handed_over", "delegated"})
_NONE = frozenset({"created", "signers_added", "signer_removed", "taken_back", "ended"})
_TAKEN_UP = frozenset({"claimed", "put_back"})
_BY_MACHINE = frozenset({"set", "scored", "decided"})
_SENT = {
    "called": "已经请求外部系统",
    "printed": "已经打印存档",
    "recorded": "已经修改档案",
    "wanted": "已经发起下级工单",
    "begun": "已经发起下级工单",
    "started": "已经发起别的工单",
    "notified": "已经发出通知",
}
_ANEW = frozenset({"reassigned", "replaced"})
TURNING = _MOVES | _ANEW | _NONE | _TAKEN_UP | _BY_MACHINE | _SENT.keys() | {"concluded", "entered"}
"""Kinds of events that say something of the last move."""


def last_move(case: Case, event: Event, changes: Changes) -> Mapping[str, Any] | None:
    """The last move after `event`; `case` is as it was before it, `changes` what it makes of the case."""
    last, kind, data = case.last, event.kind, event.data
    if kind in _MOVES or (kind == "concluded" and data["outcome"] == "returned"):
        return _move(case, event)
    if last is None or kind in _NONE or (kind == "entered" and event.by != last["by"]):
        return None
    if kind in _ANEW:
        # What was given to others since would be taken from them unseen; what follows from the move itself is undone with it.
        follows = kind == "reassigned" and event.by == last["by"]
        return None if "seats" in data and last["visit"] == case.visit and not follows else last
    if kind in _TAKEN_UP:
        return None if event.by == last["by"] else {**last, "after": True}
    if kind in _BY_MACHINE and event.by == last["by"]:
        new = changes["values"]
        old = {n: case.values.get(n) for n in new if new[n] != case.values.get(n)}
        return {**last, "values": {**old, **last["values"]}}
    if kind in _SENT and not (kind == "notified" and _binds_nobody(data)):
        return {**last, "sent": _SENT[kind]}
    return last


def _binds_nobody(data: Data) -> bool:
    """Whether nobody acts on a message: it falls with the visit, nobody gets it, or it tells those who only look on.

    Those are told in a lane beside the case's own: copies, comments, what they follow.
    """
    return data["while_visit"] is not None or not data["to"] or bool(data.get("lane"))


def _move(case: Case, event: Event) -> Mapping[str, Any]:
    return {
        "by": event.by,
        "node": case.node,
        "visit": case.visit,
        "owner": list(case.owner),
        "pool": list(case.pool),
        "came_from": case.came_from,
        "sheet": case.sheet.as_json() if case.sheet is not None else None,
        "values": {},
        "sent": "",
        "after": False,
    }
