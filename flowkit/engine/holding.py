"""Folding what changes whose a case is, besides its moves. Total; evaluates no expression and needs no definition."""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.engine.case import Case, Changes, Data, Event, Fold


def is_person(holder: str) -> bool:
    """Whether a holder is one actor and no pool."""
    return not holder.startswith("role:")


def owned(case: Case, event: Event, data: Data) -> Changes:
    """Somebody else has the case: what was claimed or escalated before is over, but for the helpers who are told to stay."""
    changes = {"owner": tuple(data["owner"]), "pool": (), "helpers": tuple(data.get("helpers", ()))}
    why = data.get("why") or {}
    return {**changes, **_alone(case, data), "caught": why["text"] if why.get("kind") == "caught" else ""}


def _replaced(case: Case, event: Event, data: Data) -> Changes:
    """One of those who have it was replaced by somebody else; the others stay."""
    changes = {name: tuple(data[name]) for name in ("owner", "pool", "helpers")}
    return {**changes, **(_alone(case, data) if data["from"] in case.owner else {}), "caught": ""}


def held(case: Case, event: Event, data: Data) -> Changes:
    """One of a pool has its task from now on; without a holder nobody takes anything."""
    holder = data["holder"]
    changes: Changes = {}
    if "for" in data:
        stood_in = dict.fromkeys((*case.stood_in.get(case.node, ()), event.by))
        changes["stood_in"] = {**case.stood_in, case.node: tuple(stood_in)}
    if not holder:
        return changes
    pool = case.owner if case.owner != (holder,) else case.pool
    return {**changes, "owner": (holder,), "pool": pool, **_holds(case, holder, data)}


def _escalated(case: Case, event: Event, data: Data) -> Changes:
    why = data.get("why") or {}
    caught = {"caught": why["text"]} if why.get("kind") == "caught" else {}
    return {"helpers": (*case.helpers, *(h for h in data["to"] if h not in case.helpers)), **caught}


def _alone(case: Case, data: Data) -> Changes:
    owner = data["owner"]
    return _holds(case, owner[0], data) if len(owner) == 1 and is_person(owner[0]) else {}


def _holds(case: Case, holder: str, data: Data) -> Changes:
    """Somebody holds the node from now on; `roles` are those as whose people he does, where it is told."""
    changes: Changes = {"holders": {**case.holders, case.node: holder}}
    if "roles" in data:
        changes["capacities"] = {**case.capacities, case.node: (holder, *data["roles"])}
    return changes


def _handed_over(case: Case, event: Event, data: Data) -> Changes:
    giver, taker = data["from"], data["to"]
    pool = case.pool or (case.owner if case.owner != (giver,) else ())
    holders, handed = {**case.holders, case.node: taker}, tuple(dict.fromkeys((*case.handed, giver)))
    return {"owner": (taker,), "pool": pool, "holders": holders, "handed": handed, "caught": ""}


FOLDS: Mapping[str, Fold] = {
    "acted": held,
    "claimed": held,
    "handed_over": _handed_over,
    "put_back": lambda case, event, data: {"owner": tuple(data["owner"]), "pool": ()},
    "reassigned": owned,
    "replaced": _replaced,
    "escalated": _escalated,
    "moved": lambda case, event, data: {"unit": data["unit"]},
}
