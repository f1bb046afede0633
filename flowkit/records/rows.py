"""The rows that an app's files give an entity: read through its fields, each mistake told at its cell.

Knows rows with places. Whether what they point to exists can be told only when all entities are read: references are
handed out for the caller to check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowkit.diagnostics import Findings, Place, Related, shown
from flowkit.errors import Problem
from flowkit.fields.definition import Environment, Field
from flowkit.records.entity import Entity
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.source.rows import ReadFile, read_rows
from flowkit.suggest import did_you_mean
from flowkit.values.lists import items_of
from flowkit.values.types import Settings

_WANTED: Mapping[str, str] = {
    "number": "a number such as 3 or 2.5",
    "money": "an amount such as 120 or 99.50",
    "date": "a date such as 2026-03-02",
    "time": "a time of day such as 09:30",
    "datetime": "a moment such as 2026-03-02 09:30",
    "duration": "a duration such as 2h or 30m",
    "hours": "opening hours such as mon-fri 08:30-12:00 13:30-17:30; sat 09:00-12:00",
    "switch": "true or false",
    "rating": "a whole number of stars",
    "phone": "a phone number such as 13800000000 or 0571-88888888",
    "plate": "a plate such as 浙A12345",
    "email": "an address such as name@example.com",
    "location": 'a point such as "30.2741,120.1551"',
    "person": "somebody as ENTITY:KEY",
    "rows": "a list of rows",
}
_SAID: Mapping[str, str] = {
    "min": "this is less than the field allows",
    "max": "this is more than the field allows",
    "range": "this is out of all range",
    "too-long": "this is too long",
    "too-many": "these are too many",
    "characters": "this holds a control character",
    "places": "an amount has at most two decimal places",
    "readonly": "this is computed or read-only; leave the cell empty",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A cell that points to the record `key` of `entity`."""

    entity: str
    key: str
    place: Place


@dataclass(frozen=True, slots=True)
class EntityRows:
    """Records by key, each with its values by field; `places` tells where each stands.

    Not `whole`: there is more that could not be read, so a record that is not here may stand there.
    """

    values: Mapping[str, Mapping[str, Any]]
    places: Mapping[str, Place]
    references: tuple[Reference, ...]
    whole: bool = True


def read_entity_rows(
    entity: Entity,
    settings: Settings,
    read_file: ReadFile,
    findings: Findings,
    roles: Mapping[str, str] | None = None,
) -> EntityRows:
    """The records that the app's files give. Reports unknown columns, misfits, missing and repeated keys.

    `roles` are titles of the roles there are, by name; without it any text will do as one.
    """
    node = entity.definition.rows
    values: dict[str, Mapping[str, Any]] = {}
    keys: dict[str, Place] = {}
    references: list[Reference] = []
    told: set[str] = set()
    environment = Environment(settings, lambda name, key: {}, roles=roles)
    before = len(findings.errors)
    # Without fields, which are reported, every cell would be a mistake.
    rows = read_rows(node, read_file, findings) if node is not None and entity.fields else ()
    whole = len(findings.errors) == before and bool(entity.fields)
    for row in rows:
        found, problems = entity.read(row.as_typed(), environment)
        for problem in problems:
            _tell(entity, row, problem, environment, told, findings)
        key = entity.key_of(found)
        if key is None:
            whole = False
            continue
        cell = row.get(entity.key)
        place = cell.place if cell is not None else row.place
        if key in keys:
            related = [Related(keys[key], f"{shown(key)} stands here first")]
            findings.error("duplicate-key", place, f"{shown(key)} is the key of a second record", "", related)
            continue
        keys[key], values[key] = place, found
        references += _references(entity.fields, found, row)
    return EntityRows(values, keys, tuple(references), whole)


def _tell(
    entity: Entity,
    row: MappingNode,
    problem: Problem,
    environment: Environment,
    told: set[str],
    findings: Findings,
) -> None:
    """One problem of a row in the words of a diagnostic; an unknown column once, for a file has it in every row."""
    path = problem.field.split(".")
    if problem.code == "unknown-field":
        # The name may have been cut for people's eyes; the place is that of the key as written.
        place = row.keys.get(problem.field, row.place)
        if len(path) == 1 and problem.field not in told:
            told.add(problem.field)
            advice = did_you_mean(problem.field, entity.fields)
            findings.error("unknown-key", place, f"unknown field {shown(problem.field)}", advice)
        elif len(path) > 1:
            findings.error("unknown-key", _node_at(row, path).place, f"unknown field {shown(path[-1])}")
        return
    node, field = _node_at(row, path), _field_at(entity.fields, path)
    if problem.code == "unknown-role":
        _tell_role(node, path, environment.roles or {}, findings)
        return
    code, message, advice = _words(problem, path[-1] if field is None else field.name, field, node)
    findings.error(code, node.place, message, advice)


def _tell_role(node: Node, path: list[str], roles: Mapping[str, str], findings: Findings) -> None:
    """A role that the app does not define. Of a list in one cell the item that is meant is named."""
    typed = node.typed if isinstance(node, ScalarNode) else ""
    items = [str(item) for item in items_of(typed)]
    if len(items) > 1 and path[-1].isdecimal() and int(path[-1]) <= len(items):
        typed = items[int(path[-1]) - 1]
    elif len(items) > 1:
        help = f"for several roles give the field {path[-1]} {{type: list, of: role}}"
        findings.error("unknown-name", node.place, f"no role {shown(typed)}", help)
        return
    titled = [name for name, title in roles.items() if title == typed]
    help = f'did you mean "{titled[0]}"?' if titled else did_you_mean(typed, roles)
    findings.error("unknown-name", node.place, f"no role {shown(typed)}", help or "define it under roles of the app")


def _words(problem: Problem, name: str, field: Field | None, node: Node) -> tuple[str, str, str]:
    typed = node.typed if isinstance(node, ScalarNode) else ""
    if problem.code == "required":
        return "missing-value", f'"{name}" has no value', "fill it in"
    if problem.code == "option" and field is not None and field.choices is not None:
        return "unknown-option", f'no option {shown(typed)} in "{name}"', did_you_mean(typed, field.choices.options)
    if problem.code == "type":
        kind = (field.item.type.name if field.item is not None else field.type.name) if field is not None else ""
        wanted = _WANTED.get(kind, f"a value of type {kind}")
        found = f", found {shown(typed)}" if typed else ""
        return "type-mismatch", f'expected {wanted} in "{name}"{found}', ""
    said = _SAID.get(problem.code)
    # What has no words of its own here is told in those of whoever fills in a form.
    return ("bad-value", f'"{name}": {said}', "") if said else ("bad-value", f'"{name}" is refused', problem.message)


def _node_at(row: Node, path: list[str]) -> Node:
    """The node that a problem's path leads to, or the nearest above it; rows and items count from 1."""
    node = row
    for step in path:
        inner: Node | None = None
        if isinstance(node, MappingNode):
            inner = node.get(step)
        elif isinstance(node, SequenceNode) and step.isdecimal() and 0 < int(step) <= len(node):
            inner = node.items[int(step) - 1]
        if inner is None:
            break
        node = inner
    return node


def _field_at(fields: Mapping[str, Field], path: list[str]) -> Field | None:
    field: Field | None = None
    for step in path:
        if step.isdecimal() and field is not None:
            continue
        field = fields.get(step)
        fields = (field.of if field is not None else None) or {}
    return field


def _references(
    fields: Mapping[str, Field], values: Mapping[str, Any], row: Node, path: tuple[str, ...] = ()
) -> Iterator[Reference]:
    for name, field in fields.items():
        value = values.get(name)
        if field.of is not None:
            for number, line in enumerate(value or (), 1):
                yield from _references(field.of, line, row, (*path, name, str(number)))
        elif field.entity is not None:
            several = isinstance(value, list)
            for number, key in enumerate(value if isinstance(value, list) else [value], 1):
                if isinstance(key, str):
                    at = [*path, name, str(number)] if several else [*path, name]
                    yield Reference(field.entity, key, _node_at(row, at).place)
