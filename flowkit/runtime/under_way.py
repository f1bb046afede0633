"""What is already being done about the same thing, told to whoever is about to report it once more.

The same thing is a record that has a door of its own (an intake with `per`) into that workflow. Who may see the case learns which
it is; who stands at the record's own door learns how far it has come, in the words that customers read; all others nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowkit.app.app import App
from flowkit.engine.listed import listed_fields
from flowkit.engine.viewer import THE_HOST, Viewer
from flowkit.runtime.forms import Acting, Beginning, Target
from flowkit.runtime.intakes import Intakes
from flowkit.runtime.lists import CaseRow, Lists
from flowkit.runtime.looks import Look, Looks
from flowkit.store.listing import Sought

MOST = 5
"How many are told."

LOOKED_AT = 50
"How many are looked at for one record: some of them wait for a customer alone, some are not for everybody to see."


@dataclass(frozen=True, slots=True)
class UnderWayView:
    """One case that is open about that record.

    mark      tells it apart from others, to nobody which it is
    thing     the title of the field that holds the record, and its key
    progress  what customers read of where it stands, "" where its author says nothing there
    row       the case, None for whoever may not see it
    """

    mark: str
    thing: tuple[str, str]
    progress: str
    row: CaseRow | None


class UnderWay:
    def __init__(self, app: App, looks: Looks, lists: Lists, intakes: Intakes) -> None:
        self._app, self._looks, self._lists, self._intakes = app, looks, lists, intakes

    def about(
        self, target: Target, by: str | None, given: Mapping[str, Any], key: str | None
    ) -> tuple[UnderWayView, ...]:
        """What is under way about the records that stand in what is about to be sent; the most urgent first.

        A case that waits for nobody but a customer is done with, as far as the record goes. Where one was begun under `key`
        nothing is told: this is the same report again. RefusedError as for the form.
        """
        return self._looks.looking(lambda look: self._about(look, target, by, given, key or ""))

    def _about(
        self, look: Look, target: Target, by: str | None, given: Mapping[str, Any], key: str
    ) -> tuple[UnderWayView, ...]:
        if isinstance(target, Acting):
            return ()
        viewer = self._looks.viewer(look, by) if by is not None else None
        if isinstance(target, Beginning):
            workflow, filled = target.workflow, dict(given)
        else:
            entered = self._intakes.entered(look, target.intake, target.record, by)
            # Nobody learns what is done about a thing by typing its number.
            typed = given if viewer is not None else {}
            workflow, filled = entered.workflow, {**typed, **entered.values}
        found = list[UnderWayView]()
        for name, title in self._fields(workflow, viewer):
            record = filled.get(name)
            if isinstance(record, str) and record:
                rows = self._open(workflow, name, record)
                if self._begun(look, rows, by, key):
                    return ()
                found += self._told(viewer, rows, (title, record))
        return tuple(found[:MOST])

    def _fields(self, workflow: str, viewer: Viewer | None) -> list[tuple[str, str]]:
        """Name and title of the fields that hold records with a door of their own."""
        known = self._app.workflows.get(workflow)
        doors = {i.per for i in self._app.intakes.values() if i.per is not None and i.workflow == workflow}
        form = known.form if known is not None else None
        if known is None or form is None:
            return []
        held = [f for name, f in listed_fields(known).items() if name in form.fields and f.entity in doors]
        return [(f.name, f.title) for f in held if viewer is None or not viewer.hides(f)]

    def _open(self, workflow: str, name: str, record: str) -> list[CaseRow]:
        sought = Sought(workflow=workflow, open=True, where=((name, record),))
        return [row for row in self._lists.matching(THE_HOST, [sought], LOOKED_AT) if not self._is_with_a_customer(row)]

    def _begun(self, look: Look, rows: Sequence[CaseRow], by: str | None, key: str) -> bool:
        """Whether one of these was begun by what was sent under that key before."""
        asked = {(by or row.applicant, key): row.id for row in rows} if key else {}
        look.view.fetch({"key": set(asked)})
        done = (look.view.keys.get(pair) for pair in asked)
        begun = {json.loads(result)["case"] for _, result in filter(None, done)}
        return any(row.id in begun for row in rows)

    def _told(self, viewer: Viewer | None, rows: Sequence[CaseRow], thing: tuple[str, str]) -> list[UnderWayView]:
        ids = tuple(row.id for row in rows)
        seen = {r.id: r for r in self._lists.matching(viewer, [Sought(ids=ids)], LOOKED_AT)} if viewer and ids else {}
        told = [row for row in rows if viewer is None or row.id in seen]
        return [UnderWayView(_mark(row.id), thing, self._progress(row), seen.get(row.id)) for row in told]

    def _is_with_a_customer(self, row: CaseRow) -> bool:
        entity = self._app.customer_entity
        return bool(row.owner) and all(holder.partition(":")[0] == entity for holder in row.owner)

    def _progress(self, row: CaseRow) -> str:
        node = self._app.workflows[row.workflow].nodes.get(row.node)
        return node.progress if node is not None else ""


def _mark(case: str) -> str:
    return hashlib.sha256(case.encode()).hexdigest()[:12]
