"""Personal values are never written down in the open: what reads one may fill only a personal field.

A check of a linked workflow. Whoever judges by a personal value (a `when`, a message) is free to: only what is stored counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flowkit.diagnostics import Findings, Place
from flowkit.engine.definition import (
    Business,
    DecideVerb,
    Exit,
    RecordVerb,
    ScoreVerb,
    SetVerb,
    Verb,
    Workflow,
)
from flowkit.engine.reading import WorkflowDefinition
from flowkit.fields.definition import Field
from flowkit.rules.language.expression import Expression
from flowkit.version import VERSION

Path = tuple[str, ...]
PEOPLE = ("applicant", "owner", "actor", "me")


def prove(definition: WorkflowDefinition, workflow: Workflow, findings: Findings) -> None:
    """Report every expression that would put a personal value where it can be read by all."""
    reach = _Reach(workflow)
    for reads, place in _open_texts(definition, workflow):
        _report(reach.personal(reads), "the number or unit of a case", place, findings)
    for part, place in _parts(definition, workflow):
        for verb in part:
            for what, expression in _stored(verb, workflow):
                _report(reach.personal(expression.reads), what, place, findings)
    _columns((f for e in workflow.business.entities.values() for f in e.fields.values()), findings)
    for form in _forms(workflow):
        _columns(form.values(), findings)
        for field in form.values():
            for setting in (field.default, field.value):
                if setting is not None and setting.expression is not None and not field.personal:
                    found = reach.personal(setting.expression.reads, form)
                    _report(found, f'field "{field.name}"', field.definition.place, findings)


def _columns(fields: Iterable[Field], findings: Findings) -> None:
    """A column of rows cannot be kept apart yet: so it may not be personal, rather than be so in name only."""
    for field in fields:
        for column in (field.of or {}).values():
            if column.personal:
                message = f'flowkit {VERSION} does not know personal columns such as "{column.name}" in rows yet'
                findings.error("not-yet", column.definition.place, message, "make it a field of its own")


def _report(paths: list[Path], what: str, place: Place, findings: Findings) -> None:
    for path in paths:
        said = ".".join(path)
        help = "give the field `personal: true`, or leave the value out"
        findings.error("personal-in-the-open", place, f'"{said}" is personal and {what} is not', help)


class _Reach:
    """Follows paths from names to fields, to see whether a personal one lies on them."""

    def __init__(self, workflow: Workflow) -> None:
        self._business: Business = workflow.business
        self._roots: dict[str, Mapping[str, Field]] = {}
        for exit_ in _exits(workflow):
            if exit_.form is not None:
                self._roots[exit_.answer] = exit_.form.fields
        self._fields = workflow.fields

    def personal(self, reads: Iterable[Path], own: Mapping[str, Field] | None = None) -> list[Path]:
        return sorted(path for path in reads if self._is_personal(path, own or {}))

    def _is_personal(self, path: Path, own: Mapping[str, Field]) -> bool:
        name, *rest = path
        if name in own or name in self._fields:
            return self._below(own.get(name) or self._fields[name], rest)
        if name in self._roots:
            return self._among(self._roots[name], rest)
        if name in PEOPLE:
            return any(self._among(self._business.entities[e].fields, rest) for e in self._people())
        return False

    def _people(self) -> Iterator[str]:
        for entity in (self._business.staff, self._business.customers):
            if entity is not None:
                yield entity

    def _among(self, fields: Mapping[str, Field], rest: list[str]) -> bool:
        return bool(rest) and rest[0] in fields and self._below(fields[rest[0]], rest[1:])

    def _below(self, field: Field, rest: list[str]) -> bool:
        if field.personal:
            return True
        if field.entity is not None:
            return self._among(self._business.entities[field.entity].fields, rest)
        if field.type.name == "person":
            return any(self._among(self._business.entities[e].fields, rest) for e in self._people())
        return field.of is not None and self._among(field.of, rest)


def _open_texts(definition: WorkflowDefinition, workflow: Workflow) -> Iterator[tuple[frozenset[Path], Place]]:
    for key, read in (("number", workflow.number), ("unit", workflow.unit)):
        if read is not None:
            yield read.reads, definition.entries[key].place


def _stored(verb: Verb, workflow: Workflow) -> Iterator[tuple[str, Expression]]:
    """What a verb writes down in the open, with what it fills."""
    match verb:
        case SetVerb(values):
            yield from _open_fields(values, workflow.fields)
        case ScoreVerb(card):
            for band in card.bands:
                yield from _open_fields(band.sets, workflow.fields)
        case DecideVerb(table):
            for row in table.rows:
                yield from ((f'"{n}"', v) for n, v in row.values.items() if isinstance(v, Expression))
        case RecordVerb():
            yield from _record(verb, workflow.business)


def _record(verb: RecordVerb, business: Business) -> Iterator[tuple[str, Expression]]:
    personal = {n for e in business.entities.values() for n, f in e.fields.items() if f.personal}
    for name, expression in verb.set.items():
        if name not in personal:
            yield f'field "{name}" of the record', expression
    for name, row in verb.add.items():
        yield from ((f'"{name}.{column}" of the record', expression) for column, expression in row.items())


def _open_fields(values: Mapping[str, Expression], fields: Mapping[str, Field]) -> Iterator[tuple[str, Expression]]:
    for name, expression in values.items():
        if name in fields and not fields[name].personal:
            yield f'field "{name}"', expression


def _exits(workflow: Workflow) -> Iterator[Exit]:
    for node in workflow.nodes.values():
        yield from node.exits
    for stage in workflow.stages.values():
        yield from stage.exits


def _parts(definition: WorkflowDefinition, workflow: Workflow) -> Iterator[tuple[list[Verb], Place]]:
    """The verbs of each node and stage, with its place."""
    for node in workflow.nodes.values():
        yield [*node.do, *(v for e in node.exits for v in e.do)], definition.nodes[node.name].place
    for stage in workflow.stages.values():
        yield [v for e in stage.exits for v in e.do], definition.stages[stage.name].place


def _forms(workflow: Workflow) -> Iterator[Mapping[str, Field]]:
    if workflow.form is not None:
        yield workflow.form.fields
    yield from (exit_.form.fields for exit_ in _exits(workflow) if exit_.form is not None)
