"""Which mapping reads a file of recorded tickets: one of the app's own, or one that lies beside the file.

A mapping for tickets says which workflow a row begins, when it came in and by whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flowkit.diagnostics import Diagnostic, Findings, Place
from flowkit.engine.definition import Workflow
from flowkit.errors import DefinitionError
from flowkit.records.mapping import LinkedMapping, MappingDefinition, link, parse
from flowkit.source.reading import read
from flowkit.suggest import did_you_mean

NEEDED = {
    "workflow": "which workflow each row begins",
    "at": "when a ticket came in",
    "by": "who reported it, as ENTITY:KEY",
}


def choose_map(mappings: Mapping[str, LinkedMapping], tickets: Path) -> LinkedMapping:
    """The app's mapping named like the file, else its only one that has `at`. Raises DefinitionError."""
    named = mappings.get(tickets.stem)
    timed = [m for m in mappings.values() if m.at is not None]
    chosen = named or (timed[0] if len(timed) == 1 else None)
    if chosen is None:
        message = f"no mapping says how {tickets.name} is read"
        way_out = f'write "mapping: {tickets.stem}" with fields, workflow, at, by; or give one with --map'
        raise DefinitionError([Diagnostic("missing-map", "error", message, Place(str(tickets)), way_out)])
    findings = Findings()
    _check(chosen.definition, findings)
    if findings.errors:
        raise DefinitionError(findings.errors)
    return chosen


def load_map(path: Path, workflows: Mapping[str, Workflow]) -> LinkedMapping:
    """The mapping that a file of its own holds. Raises DefinitionError with every mistake in it."""
    findings = Findings()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError([Diagnostic("unreadable", "error", str(error), Place(str(path)))]) from None
    documents = read(text, str(path), findings)
    definition: MappingDefinition | None = None
    for document in documents:
        if document.noun != "mapping":
            findings.error("unknown-noun", document.place, f'expected a mapping, found "{document.noun}"')
        elif definition is not None:
            findings.error("duplicate-name", document.place, "expected one mapping, found a second one")
        else:
            definition = parse(document.node, findings, document.name.typed if document.name else path.stem)
    if definition is None and not findings.errors:
        findings.error("missing-map", Place(str(path)), "no mapping stands here", "write fields, workflow, at, by")
    linked = _linked(definition, workflows, findings) if definition is not None else None
    if linked is None or findings.errors:
        raise DefinitionError(findings.errors)
    return linked


def _linked(definition: MappingDefinition, workflows: Mapping[str, Workflow], findings: Findings) -> LinkedMapping:
    _check(definition, findings)
    fillable = None
    if definition.workflow is not None:
        name = definition.workflow.typed
        workflow = workflows.get(name)
        if workflow is None:
            findings.error(
                "unknown-name", definition.workflow.place, f'unknown workflow "{name}"', did_you_mean(name, workflows)
            )
        elif workflow.form is not None:
            fillable = workflow.form.types()
    return link(definition, findings, fillable=fillable)


def _check(definition: MappingDefinition, findings: Findings) -> None:
    for key, what in NEEDED.items():
        if getattr(definition, key) is None:
            findings.error("missing-key", definition.place, f'a mapping of tickets needs "{key}"', what)
