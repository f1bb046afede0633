"""What one batch of commands sees: what was read in its transaction, overlaid with what its earlier commands have changed.

So that each command of a batch is judged as if those before it had been committed alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowkit.engine.case import Case
from flowkit.engine.facts import Facts, Former, Need, Want
from flowkit.engine.people import People
from flowkit.errors import StoreError
from flowkit.store.connection import Connection
from flowkit.store.gathering import gather
from flowkit.store.shelf import unseal
from flowkit.store.statements import Statements

Wants = dict[str, set[Any]]
"""By kind of `store.gathering`; members that are lists there are tuples here."""

FOUND_BY_CASE = frozenset({"applicant", "pointed"})
"""Kinds that name a case and bring what it points to: to be asked for before any command of a batch has changed anything."""


@dataclass(frozen=True, slots=True)
class Held:
    """A case as it is now, with the end of its chain."""

    case: Case
    head: str = ""


@dataclass(slots=True)
class Changes:
    """What one command changes of what others see."""

    held: Held | None = None
    key: tuple[tuple[str, str], tuple[str, str]] | None = None
    records: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    lines: dict[tuple[str, str, str], list[Any]] = field(default_factory=dict)
    loads: Counter[str] = field(default_factory=Counter)
    counters: dict[str, int] = field(default_factory=dict)
    serials: dict[str, int] = field(default_factory=dict)
    personal: dict[str, Any] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)
    persons: dict[str, str] = field(default_factory=dict)
    hits: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    inbox_gone: tuple[str, ...] = ()
    plan: tuple[tuple[str, str], int] | None = None
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict)


def stored_case(case_id: str, body: str) -> Case:
    """A case out of its row. Raises StoreError when somebody has damaged the row."""
    try:
        return Case.from_json(json.loads(body))
    except (ValueError, TypeError, KeyError, AttributeError) as failure:
        raise StoreError(f"the row of case {case_id} is damaged: {type(failure).__name__}: {failure}") from failure


def _stored_record(entity: str, key: str, body: str) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError) as failure:
        raise StoreError(f"the row of record {entity}:{key} is damaged: {failure}") from failure


class View:
    """Reads what is wanted once, in one statement a round. None stands for what is not there."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self._connection, self._statements = connection, statements
        self.cases: dict[str, Held | None] = {}
        self.keys: dict[tuple[str, str], tuple[str, str] | None] = {}
        self.records: dict[tuple[str, str], Mapping[str, Any] | None] = {}
        self.lines: dict[tuple[str, str, str], list[Any]] = {}
        self.loads: dict[str, int] = {}
        self.personal: dict[str, Any] = {}
        self.subjects: dict[str, str] = {}
        self.persons: dict[str, str | None] = {}
        self.counters: dict[str, int] = {}
        self.serials: dict[str, int] = {}
        self.inbox: dict[str, bool] = {}
        self.hits: dict[tuple[str, str], dict[str, str]] = {}
        self.plans: dict[tuple[str, str], int | None] = {}
        self.named: dict[str, list[str]] = {}
        self.uploads: dict[str, dict[str, Any] | None] = {}
        self._more_hits: dict[tuple[str, str], dict[str, str]] = {}
        self._more_load: Counter[str] = Counter()
        self._more_lines: dict[tuple[str, str, str], list[Any]] = {}

    # --- reading -----------------------------------------------------------------------------------------------------

    def fetch(self, wants: Wants) -> None:
        """Read what is wanted and not at hand yet. What earlier commands changed stays as they left it."""
        lacking = {kind: [w for w in members if not self._has(kind, w)] for kind, members in wants.items()}
        if not any(lacking.values()):
            return
        rows = gather(self._connection, self._statements.gather, lacking)
        self._note_absent(lacking)
        try:
            for kind, a, b, c, d, n in sorted(rows, key=lambda row: row[5]):
                self._take(kind, a, b, c, d, n)
        except StoreError:
            # What cannot be read is not absent: who asks again is told again.
            for kind in lacking.keys() - FOUND_BY_CASE:
                for want in lacking[kind]:
                    self._shelf(kind).pop(want, None)
            raise

    def _shelf(self, kind: str) -> dict[Any, Any]:
        shelves: dict[str, dict[Any, Any]] = {
            "case": self.cases,
            "key": self.keys,
            "record": self.records,
            "line": self.lines,
            "load": self.loads,
            "personal": self.personal,
            "person": self.persons,
            "counter": self.counters,
            "serial": self.serials,
            "inbox": self.inbox,
            "hits": self.hits,
            "plan": self.plans,
            "named": self.named,
            "upload": self.uploads,
        }
        return shelves[kind]

    def _has(self, kind: str, want: Any) -> bool:
        return kind not in FOUND_BY_CASE and want in self._shelf(kind)

    def _note_absent(self, lacking: Mapping[str, Iterable[Any]]) -> None:
        for kind, members in lacking.items():
            if kind in FOUND_BY_CASE:
                continue
            shelf = self._shelf(kind)
            for want in members:
                if kind == "hits":
                    shelf[want] = dict(self._more_hits.get(want, {}))
                elif kind == "named":
                    shelf[want] = []
                elif kind == "line":
                    shelf[want] = list(self._more_lines.get(want, ()))
                else:
                    shelf[want] = {"load": self._more_load[want], "counter": 0, "inbox": False}.get(kind)

    def _take(self, kind: str, a: str, b: str, c: str, d: str, n: int) -> None:
        match kind:
            case "case":
                self.cases[a] = Held(stored_case(a, c), b)
            case "key":
                self.keys[a, b] = (c, d)
            case "record":
                stored = _stored_record(a, b, c)
                self.records[a, b] = Former(stored) if n else stored
            case "line":
                added = self.lines[a, b, c]
                added.insert(len(added) - len(self._more_lines.get((a, b, c), ())), json.loads(d))
            case "load":
                self.loads[a] = n + self._more_load[a]
            case "personal":
                self.personal[a], self.subjects[a] = unseal(d, a, c)["value"], b
                self.persons.setdefault(b, d)
            case "person":
                self.persons[a] = b
            case "counter" | "serial":
                self._shelf(kind)[a] = n
            case "inbox":
                self.inbox[a] = True
            case "plan":
                self.plans[a, b] = n
            case "hits":
                self.hits[a, b][c] = d
            case "named":
                self.named[a].append(b)
            case "upload":
                self.uploads[a] = {"by": b, "case": c, **json.loads(d)}

    # --- what commands before have changed ----------------------------------------------------------------------------

    def accept(self, changes: Changes) -> None:
        """Let later commands see this."""
        if changes.held is not None:
            self.cases[changes.held.case.id] = changes.held
        if changes.key is not None:
            self.keys[changes.key[0]] = changes.key[1]
        self.records.update(changes.records)
        self.counters.update(changes.counters)
        self.serials.update(changes.serials)
        self.personal.update(changes.personal)
        self.subjects.update(changes.subjects)
        self.persons.update(changes.persons)
        for watched, hits in changes.hits.items():
            self._more_hits.setdefault(watched, {}).update(hits)
            if watched in self.hits:
                self.hits[watched].update(hits)
        if changes.plan is not None:
            self.plans[changes.plan[0]] = changes.plan[1]
        self.uploads.update(changes.uploads)
        self.inbox.update(dict.fromkeys(changes.inbox_gone, False))
        for where, rows in changes.lines.items():
            self._more_lines.setdefault(where, []).extend(rows)
            if where in self.lines:
                self.lines[where].extend(rows)
        for holder, change in changes.loads.items():
            self._more_load[holder] += change
            if holder in self.loads:
                self.loads[holder] += change


class Got(Mapping[Want, Any]):
    """Facts for one command out of a view. Numbers it took are its own only if it comes to something."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.taken: dict[str, int] = {}

    def __contains__(self, want: object) -> bool:
        return isinstance(want, tuple) and all(w in self._view._shelf(kind) for kind, w in _needed(want))  # noqa: SLF001

    def __getitem__(self, want: Want) -> Any:
        view = self._view
        match want:
            case ("record", str(entity), str(key)):
                return view.records[entity, key]
            case ("lines", str(entity), str(key), str(field_)):
                return view.lines[entity, key, field_]
            case ("loads", tuple(actors)):
                return {actor: view.loads[actor] for actor in actors}
            case ("personal", str(ref)):
                return view.personal[ref]
            case ("subject", str(ref)):
                return view.subjects.get(ref)
            case ("hits", str(watch), str(key)):
                return view.hits[watch, key]
            case ("case", str(case_id)):
                return _summary(view.cases[case_id])
            case ("whole", str(case_id)):
                return held.case if (held := view.cases[case_id]) is not None else None
            case ("named", str(text)):
                return view.named[text]
            case ("upload", str(id_)):
                return view.uploads[id_]
            case ("sequence", str(name)):
                self.taken[name] = view.serials[name] + 1
                return self.taken[name]
        raise KeyError(want)

    def __iter__(self) -> Iterator[Want]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _summary(held: Held | None) -> dict[str, Any] | None:
    """What one case may know of another."""
    if held is None:
        return None
    case = held.case
    return {n: getattr(case, n) for n in ("id", "number", "node", "unit", "applicant", "outcome")}


def facts_of(view: View, people: People) -> tuple[Facts, Got]:
    got = Got(view)
    return Facts(people, got), got


def lacking(need: Need) -> Wants:
    """What the judge asks for."""
    wants: Wants = {}
    for kind, what in (pair for want in need.wants for pair in _needed(want)):
        wants.setdefault(kind, set()).add(what)
    return wants


def join(wants: Wants, more: Wants) -> None:
    """Want these as well."""
    for kind, members in more.items():
        wants.setdefault(kind, set()).update(members)


def _needed(want: Want) -> list[tuple[str, Any]]:
    """One want of the judge as kinds and members of a view."""
    match want:
        case ("lines", *where):
            return [("line", tuple(where))]
        case ("loads", tuple(actors)):
            return [("load", actor) for actor in actors]
        case ("record" | "hits" as kind, *where):
            return [(kind, tuple(where))]
        case ("whole", case_id):
            return [("case", case_id)]
        case ("subject", ref):
            return [("personal", ref)]
        case ("sequence", name):
            return [("serial", name)]
        case (str(kind), what):
            return [(kind, what)]
    raise KeyError(want)
