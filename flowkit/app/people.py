"""Whom an app names: the entities of its people, who gets what fits nobody, who answers to whom and may do what.

Only looks the names up; which people they come to is told in `staffing`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from flowkit.app.files import Source
from flowkit.app.settings import AppDefinition, PeopleDefinition
from flowkit.diagnostics import Findings
from flowkit.engine.operations.table import GRANTED
from flowkit.rules.language.types import Type
from flowkit.source.nodes import ScalarNode


def people_entity(
    people: PeopleDefinition | None,
    source: Source,
    types_of: Callable[[str], Mapping[str, Type] | None],
    channels: Collection[str],
    findings: Findings,
) -> str | None:
    """The entity that staff or customers are records of, if it is there; its fields are checked with it."""
    if people is None:
        return None
    entity, place = people.entity.typed, people.entity.place
    if not findings.knows(entity, source.documents["entity"], place, f'no entity "{entity}"'):
        return None
    fields = types_of(entity) or {}
    for node in (people.roles, people.unit, people.manager, people.by, *people.reach.values()):
        if node is not None:
            findings.knows(node.typed, fields, node.place, f'entity "{entity}" has no field "{node.typed}"')
    for channel, node in people.reach.items():
        findings.knows(channel, channels, node.place, f'no channel "{channel}"')
    return entity


def catcher(definition: AppDefinition, source: Source, findings: Findings) -> str:
    """Who gets what fits nobody. Without workflows nobody is needed."""
    if definition.catcher is not None:
        return _role(definition.catcher, definition, findings)
    whole = all(document.node.complete for document in source.documents["app"].values())
    if whole and source.documents["workflow"]:
        message = "nobody is named who gets what fits nobody and what a machine gives up on"
        such = f", such as catcher: {next(iter(definition.roles))}" if definition.roles else ""
        findings.error("missing-key", definition.place, message, f"write catcher: ROLE{such}")
    return ""


def managers(definition: AppDefinition, findings: Findings) -> dict[str, str]:
    """The role that a role's people answer to."""
    named = {name: role.manager for name, role in definition.role_definitions.items()}
    return {name: _role(node, definition, findings) for name, node in named.items() if node is not None}


def granted(definition: AppDefinition, findings: Findings) -> dict[str, frozenset[str]]:
    """The operations that need a right of their own, by role."""
    roles = definition.role_definitions
    for node in (node for role in roles.values() for node in role.may):
        findings.knows(node.typed, GRANTED, node.place, f'no operation "{node.typed}" that is granted')
    return {name: frozenset(node.typed for node in role.may) for name, role in roles.items() if role.may}


def reach(definition: AppDefinition) -> Mapping[str, Mapping[str, str]]:
    """By entity and channel, the field with the address: staff and customers may keep theirs in different fields."""
    found: dict[str, dict[str, str]] = {}
    for each in (definition.customers, definition.staff):
        if each is not None:
            found.setdefault(each.entity.typed, {}).update({c: node.typed for c, node in each.reach.items()})
    return found


def _role(node: ScalarNode, definition: AppDefinition, findings: Findings) -> str:
    findings.knows(node.typed, definition.roles, node.place, f'no role "{node.typed}"')
    return node.typed
