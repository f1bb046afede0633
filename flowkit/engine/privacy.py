"""Personal values are never written down in the open: what reads one may fill only a personal field.

A check of a linked workflow. Whoever judges by a personal value (a `when`, a message) is free to: only what is stored counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flowkit.diagnostics import Findings, Place
from flowkit.engine.definition import Business, Run, Workflow
from flowkit.engine.instructions import DecideVerb, RecordVerb, ScoreVerb, SetVerb, StartVerb, Verb
from flowkit.engine.reach import Path, Reach, exits
from flowkit.engine.reading import WorkflowDefinition
from flowkit.fields.definition import Field
from flowkit.rules.language.expression import Expression
from flowkit.version import VERSION


def prove(definition: WorkflowDefinition, workflow: Workflow, findings: Findings) -> None:
    """Report every expression that would put a personal value where it can be read by all."""
    reach = Reach(workflow)
    for reads, place in _open_texts(definition, workflow):
        _report(reach.personal(reads), "the number or unit of a case", place, findings)
    for part, place in _parts(definition, workflow):
        for verb in part:
            for what, reads in _stored(verb, workflow, reach):
                _report(reach.personal(reads), what, place, findings)
    for node in workflow.nodes.values():
        for what, reads in _begun(node.run) if node.run is not None else ():
            _report(reach.personal(reads), what, definition.nodes[node.name].place, findings)
        _taken_back(node.run, workflow, definition.nodes[node.name].place, findings)
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


def _open_texts(definition: WorkflowDefinition, workflow: Workflow) -> Iterator[tuple[frozenset[Path], Place]]:
    for key, read in (("number", workflow.number), ("unit", workflow.unit)):
        if read is not None:
            yield read.reads, definition.entries[key].place


Filled = Iterator[tuple[str, frozenset[Path]]]
"""What is filled in the open, and the paths that what fills it reads."""


def _stored(verb: Verb, workflow: Workflow, reach: Reach) -> Filled:
    """What a verb writes down in the open, with what it fills."""
    match verb:
        case SetVerb(values):
            yield from _open_fields(values, workflow.fields)
        case ScoreVerb(card):
            for band in card.bands:
                yield from _open_fields(band.sets, workflow.fields)
        case DecideVerb(table):
            for row in table.rows:
                yield from ((f'"{n}"', v.reads) for n, v in row.values.items() if isinstance(v, Expression))
        case RecordVerb():
            yield from _record(verb, workflow.business, reach)
        case StartVerb():
            yield from _begun(verb)


def _begun(begins: Run | StartVerb) -> Filled:
    """What a case that is begun is filled with."""
    rows = begins.each.reads if begins.each is not None else frozenset()
    for what, reads in _open_fields(begins.values, begins.fields):
        yield f'{what} of "{begins.workflow}"', _beyond_row(reads, rows)


def _taken_back(run: Run | None, workflow: Workflow, place: Place, findings: Findings) -> None:
    """What an ended child gives back; a column of rows is never kept apart."""
    for name, expression in run.back.items() if run is not None else ():
        if run is not None and (run.rows is not None or not workflow.fields[name].personal):
            found = [p for p in expression.reads if p[0] in run.fields and run.fields[p[0]].personal]
            _report(found, f'field "{name}"', place, findings)


def _record(verb: RecordVerb, business: Business, reach: Reach) -> Filled:
    rows = verb.each.reads if verb.each is not None else frozenset()
    entity = reach.entity(_beyond_row(verb.record.reads, rows))
    entities = [business.entities[entity]] if entity is not None else list(business.entities.values())
    for name, expression in verb.set.items():
        # Of a record whose entity cannot be told, each that has such a field must keep it apart.
        if not all(e.fields[name].personal for e in entities if name in e.fields):
            yield f'field "{name}" of the record', _beyond_row(expression.reads, rows)
    for name, row in verb.add.items():
        for column, expression in row.items():
            yield f'"{name}.{column}" of the record', _beyond_row(expression.reads, rows)


def _beyond_row(reads: frozenset[Path], rows: frozenset[Path]) -> frozenset[Path]:
    """What is read through `row`, told by where the rows come from."""
    found = {path for path in reads if path[0] != "row"}
    return frozenset(found | {(*where, *path[1:]) for path in reads if path[0] == "row" for where in rows})


def _open_fields(values: Mapping[str, Expression], fields: Mapping[str, Field]) -> Filled:
    for name, expression in values.items():
        if name in fields and not fields[name].personal:
            yield f'field "{name}"', expression.reads


def _parts(definition: WorkflowDefinition, workflow: Workflow) -> Iterator[tuple[list[Verb], Place]]:
    """The verbs of each node and stage, with its place."""
    for node in workflow.nodes.values():
        yield [*node.do, *(v for e in node.exits for v in e.do)], definition.nodes[node.name].place
    for stage in workflow.stages.values():
        yield [v for e in stage.exits for v in e.do], definition.stages[stage.name].place


def _forms(workflow: Workflow) -> Iterator[Mapping[str, Field]]:
    if workflow.form is not None:
        yield workflow.form.fields
    yield from (exit_.form.fields for exit_ in exits(workflow) if exit_.form is not None)
