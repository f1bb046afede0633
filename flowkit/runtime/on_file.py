"""What is on file about the records a case points to: for those who work here, beside what was said of the case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowkit.app.app import App
from flowkit.fields.definition import Field
from flowkit.runtime.looks import Look, Looks

MOST = 3
"How many records are told of: those that the case's first fields point to."


@dataclass(frozen=True, slots=True)
class OnFileView:
    """A record: `field` is what the case calls it, `values` its own fields in stored form that may be shown, in order."""

    field: str
    entity: str
    key: str
    title: str
    fields: dict[str, Field]
    values: dict[str, Any]


class OnFile:
    def __init__(self, app: App, looks: Looks) -> None:
        self._app, self._looks = app, looks

    def about(self, case: str, by: str | None) -> tuple[OnFileView, ...]:
        """RefusedError `unknown-case`. Outsiders are told of none."""

        def ask(look: Look) -> tuple[OnFileView, ...]:
            found, viewer = self._looks.seen_by(look, case, by)
            workflow = self._looks.workflow(found)
            if viewer.outsider or workflow is None:
                return ()
            people = (self._app.staff_entity, self._app.customer_entity)
            pointed = [
                (field.title, field.entity, key)
                for name, field in workflow.fields.items()
                if field.entity and field.entity not in people and isinstance(key := found.values.get(name), str)
            ][:MOST]
            look.view.fetch({"record": {(entity, key) for _, entity, key in pointed}})
            views = []
            for title, entity, key in pointed:
                record, made = look.view.records.get((entity, key)), self._app.entities[entity]
                if record is not None:
                    fields = {
                        n: f for n, f in made.fields.items() if not f.personal and not viewer.hides(f) and f.of is None
                    }
                    values = {n: record[n] for n in fields if record.get(n) not in (None, "", [])}
                    views.append(OnFileView(title, entity, key, made.title, fields, values))
            return tuple(views)

        return self._looks.looking(ask)
