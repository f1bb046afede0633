"""Where personal values lie: paths from the names of a workflow to fields, followed without any value at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flowkit.engine.definition import Exit, Workflow
from flowkit.engine.stored import as_stored
from flowkit.fields.definition import Field

Path = tuple[str, ...]
PEOPLE = ("applicant", "owner", "actor", "me")


class Reach:
    """Follows paths from names to fields, to see whether a personal one lies on them."""

    def __init__(self, workflow: Workflow) -> None:
        self._business, self._fields, self._places = workflow.business, workflow.fields, workflow.nodes
        self._answers = {e.answer: e.form.fields for e in exits(workflow) if e.form is not None}

    def personal(self, reads: Iterable[Path], own: Mapping[str, Field] | None = None) -> list[Path]:
        """Those of these paths that lead to, or through, a personal field; `own` are names before the workflow's."""
        return sorted(path for path in reads if any(f.personal for f in self._along(path, own or {})))

    def entity(self, reads: Iterable[Path]) -> str | None:
        """Whose records a path leads to, where there is one path and it can be told."""
        paths = list(reads)
        along = list(self._along(paths[0], {})) if len(paths) == 1 else []
        return along[-1].entity if along else None

    def masked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by the dotted path they were read by, in stored form, personal ones masked."""
        hidden = {".".join(path) for path in self.personal(tuple(name.split(".")) for name in values)}
        return {name: "***" if name in hidden else as_stored(value) for name, value in values.items()}

    def _along(self, path: Path, own: Mapping[str, Field]) -> Iterator[Field]:
        """The fields that a path goes through, the one it leads to last."""
        name, *rest = path
        if name in own or name in self._fields:
            yield from self._from(own.get(name) or self._fields[name], rest)
        elif name in self._answers:
            if rest[:1] == ["by"]:
                yield from self._of_people(rest[1:])
            else:
                yield from self._among(self._answers[name], rest[1:] if rest[:1] == ["all"] else rest)
        elif name in PEOPLE:
            yield from self._of_people(rest)
        elif name in self._places and rest[:1] == ["owner"]:
            yield from self._of_people(rest[1:])

    def _of_people(self, rest: list[str]) -> Iterator[Field]:
        for entity in (self._business.staff, self._business.customers):
            if entity is not None:
                yield from self._among(self._business.entities[entity].fields, rest)

    def _among(self, fields: Mapping[str, Field], rest: list[str]) -> Iterator[Field]:
        if rest and rest[0] in fields:
            yield from self._from(fields[rest[0]], rest[1:])

    def _from(self, field: Field, rest: list[str]) -> Iterator[Field]:
        yield field
        if field.entity is not None:
            yield from self._among(self._business.entities[field.entity].fields, rest)
        elif field.type.name == "person":
            yield from self._of_people(rest)
        elif field.of is not None:
            yield from self._among(field.of, rest)


def exits(workflow: Workflow) -> Iterator[Exit]:
    """Every way out of a node or stage."""
    for node in workflow.nodes.values():
        yield from node.exits
    for stage in workflow.stages.values():
        yield from stage.exits
