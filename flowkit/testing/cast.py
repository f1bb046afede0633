"""Whom one can be while a business is tried out: who has something to do now, some of the others, whoever is looked for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from flowkit.app.app import App
from flowkit.engine.view import RecordView, World
from flowkit.errors import FlowKitError, RefusedError
from flowkit.kit import FlowKit
from flowkit.runtime.customers import MADE, nameless
from flowkit.runtime.lists import CaseRow
from flowkit.runtime.personal import mask

Persona = tuple[str, str, str]
"Actor, name and roles."

CUSTOMER = "客户"

OF_A_POOL = 2
"How many of a pool are shown of those who could do what waits for it."

MOST_STAFF, MOST_CUSTOMERS = 24, 5
"How many are shown who have nothing to do: a few of each kind, so that a phone need not scroll for long."

MOST_CASES = 40
"The most urgent cases; whose turn it is in another is found by typing."

MOST_FOUND = 30

FRESH = 2.0
"Seconds for which the list stands on every page before it is made anew."


class Cast:
    """The people of a kit at work."""

    def __init__(self, kit: FlowKit) -> None:
        self._kit, self._app = kit, kit.app
        self._on_file, self._others = _on_file(kit.app), dict[str, str]()
        self._shown: tuple[float, tuple[Sequence[Persona], Sequence[Persona]]] | None = None
        self._some = (*_a_few_of_each(self._staff()), *self._customers()[:MOST_CUSTOMERS])

    @property
    def people(self) -> tuple[Persona, ...]:
        """All that are shown."""
        busy, others = self.shown
        return (*busy, *others)

    @property
    def busy(self) -> tuple[Persona, ...]:
        """For whom an open case waits, of a pool two who are there for its unit; the most urgent first."""
        found: dict[str, str] = {}
        rows = self._kit.cases(None, open=True, order="due", limit=MOST_CASES).items
        for row in rows:
            for holder in (*row.owner, *(self._called_in(row.id) if row.late is not None else ())):
                for actor in self._of_pool(holder, row):
                    found.setdefault(actor, row.id)
        return tuple((actor, self.name(actor, case), self._roles(actor)) for actor, case in found.items())

    @property
    def shown(self) -> tuple[Sequence[Persona], Sequence[Persona]]:
        """Those who were busy a moment ago, and some of everybody else: a few of each combination of roles, then customers."""
        now = time.monotonic()
        if self._shown is None or now - self._shown[0] > FRESH:
            busy = self.busy
            known = {actor for actor, _, _ in busy}
            self._shown = now, (busy, tuple(each for each in self._some if each[0] not in known))
        return self._shown[1]

    def found(self, text: str) -> tuple[Persona, ...]:
        """Those whose name, key or roles hold that text."""
        wanted = text.strip().casefold()
        everybody = dict.fromkeys((*self.busy, *self._staff(), *self._customers(), *self._from_the_door()))
        fits = [each for each in everybody if wanted and any(wanted in part.casefold() for part in each)]
        return tuple(fits[:MOST_FOUND])

    def one(self, actor: str) -> Persona | None:
        """That person; None for whom nobody knows."""
        try:
            self._kit.count_tasks(actor)
        except RefusedError:
            return None
        return actor, self.name(actor), self._roles(actor)

    def name(self, actor: str, case: str = "") -> str:
        """What somebody is called; a customer of whom no more is known than a number by that: 客户 138****0001.

        `case` is one of his, which is looked for when it is not given.
        """
        if actor in self._on_file:
            return self._on_file[actor]
        key = actor.partition(":")[2]
        if actor not in self._others:
            known = self._by_number(actor, case) if self._is_made(actor) else self._kit.people({actor}).get(actor, key)
            self._others[actor] = known
        return self._others[actor] or actor

    # --- inside ------------------------------------------------------------------------------------------------------

    def _staff(self) -> list[Persona]:
        return [(actor, name, self._roles(actor)) for actor, name in self._kit.colleagues()]

    def _customers(self) -> list[Persona]:
        entity = self._app.customer_entity
        return [(actor, name, CUSTOMER) for actor, name in self._on_file.items() if actor.partition(":")[0] == entity]

    def _from_the_door(self) -> list[Persona]:
        """Customers who came by themselves, as far as the newest cases are theirs."""
        cases = {row.applicant: row.id for row in self._kit.cases(None, limit=MOST_CASES).items}
        return [(actor, self.name(actor, case), CUSTOMER) for actor, case in cases.items() if self._is_made(actor)]

    def _is_made(self, actor: str) -> bool:
        entity, _, key = actor.partition(":")
        return entity == self._app.customer_entity and MADE.fullmatch(key) is not None

    def _roles(self, actor: str) -> str:
        roles = self._app.business.roles
        outside = actor.partition(":")[0] == self._app.customer_entity
        return CUSTOMER if outside else "、".join(roles.get(role, role) for role in self._kit.roles(actor))

    def _called_in(self, case: str) -> tuple[str, ...]:
        """Whom an escalation has called in; nobody where the case cannot be read."""
        try:
            return self._kit.look(case, lambda world: world.case.helpers)
        except FlowKitError:
            return ()

    def _of_pool(self, holder: str, row: CaseRow) -> tuple[str, ...]:
        """He himself, or the first of a pool who are there for the case's unit; of a case that cannot be read nobody."""
        role = holder.removeprefix("role:")
        if role == holder:
            return (holder,)
        try:
            return self._kit.look(row.id, lambda world: world.facts.people.with_role(role, row.unit))[:OF_A_POOL]
        except FlowKitError:
            return ()

    def _by_number(self, actor: str, case: str) -> str:
        title, by = self._app.entities[actor.partition(":")[0]].title, self._app.recognised_by

        def ask(world: World) -> str | None:
            person = world.person(actor)
            known_by = person.attribute(by) if by is not None and isinstance(person, RecordView) else None
            return None if known_by is None else mask(str(known_by))

        try:
            his = case or next((row.id for row in self._kit.cases(actor, limit=1).items), "")
            return nameless(title, self._kit.look(his, ask) if his else None)
        except FlowKitError:
            return title


def _a_few_of_each(staff: Iterable[Persona]) -> list[Persona]:
    """The first of each combination of roles, the second of each, and so on; those of one stand together."""
    counted = Counter[str]()
    turns: list[tuple[int, Persona]] = []
    for each in staff:
        turns.append((counted[each[2]], each))
        counted[each[2]] += 1
    turns.sort(key=lambda turn: turn[0])
    return sorted((each for _, each in turns[:MOST_STAFF]), key=lambda each: each[2])


def _on_file(app: App) -> dict[str, str]:
    """What people are called, as the app's files say it: they are made up, so nothing of it is kept from anybody."""
    found: dict[str, str] = {}
    for entity in (app.staff_entity, app.customer_entity):
        made = app.entities.get(entity or "")
        for key, row in app.rows.get(entity or "", {}).items():
            label = _label(row, made.label if made is not None else None)
            found[f"{entity}:{key}"] = label or key
    return found


def _label(row: Mapping[str, object], name: str | None) -> str:
    label = row.get(name) if name is not None else None
    return label if isinstance(label, str) else ""
