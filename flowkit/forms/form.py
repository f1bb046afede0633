"""A form: as its author wrote it, ready to be filled in, and what came of filling it in.

Knows fields and checks. Where the values go, who may fill it in and when, others say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flowkit.diagnostics import Findings, Place
from flowkit.errors import Problem
from flowkit.fields.definition import Choices, Environment, Field, FieldDefinition
from flowkit.fields.filling import Filling
from flowkit.fields.linking import EntityTypes, link_fields
from flowkit.fields.parsing import parse_fields
from flowkit.forms.checks import Check, CheckDefinition, link_checks, parse_checks
from flowkit.forms.keys import FORM_KEYS
from flowkit.rules.evidence import Names
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.keys import read_keys, text_of
from flowkit.source.nodes import Node
from flowkit.source.reading import Document

__all__ = ["Check", "Checked", "Environment", "Form", "FormDefinition", "link_form", "parse_form", "parse_inline_form"]


@dataclass(frozen=True, slots=True)
class FormDefinition:
    """A form as written."""

    name: str
    title: str
    fields: Mapping[str, FieldDefinition]
    checks: tuple[CheckDefinition, ...] = ()
    place: Place = field(default_factory=lambda: Place(""))


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of filling in: the values there are, by field, and every problem; both may be there at once."""

    values: dict[str, Any]
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class Form:
    """A form ready to be filled in. Pure: the same input gives the same answer."""

    name: str
    title: str
    fields: Mapping[str, Field]
    checks: tuple[Check, ...] = ()

    def check(self, raw: object, outer: Names, environment: Environment) -> Checked:
        """What was typed, as values; all that is wrong with it at once, each problem with its dotted path.

        `raw` maps fields to text as typed or to plain data. Expressions see the form's fields first, then `outer`.
        Rows, items and files count from 1, in paths as in messages: `lines.2.quantity`. A check whose fields are
        themselves wrong is not judged. Raises only what `environment.record` and `outer` raise.
        """
        if not isinstance(raw, Mapping):
            return Checked({}, (Problem("", "type", "应为一组字段和它们的值"),))
        filling = Filling(self.fields, raw, outer, environment)
        filling.check()
        problems = list(filling.problems())
        for check in self.checks:
            if all(filling.sound(root) for root in check.roots):
                problem = check.judge(filling, environment.locale, environment.settings.timezone)
                if problem is not None:
                    problems.append(problem)
        return Checked(filling.values(), tuple(problems))

    def types(self) -> Mapping[str, Type]:
        """What expressions take its fields for."""
        return {name: field.expression_type for name, field in self.fields.items()}

    def part(self, names: Collection[str]) -> Form:
        """The form with only these fields, what is computed from them, and the checks that concern any of these.

        The others are looked up outside.
        """
        chosen, before = set(names), set[str]()
        while chosen != before:
            before = set(chosen)
            chosen |= {name for name, f in self.fields.items() if f.value is not None and f.value.roots & chosen}
        fields = {name: field for name, field in self.fields.items() if name in chosen}
        checks = tuple(c for c in self.checks if c.at.split(".", 1)[0] in fields or c.roots & fields.keys())
        return replace(self, fields=fields, checks=checks)


def parse_form(source: Document | Node, findings: Findings, name: str = "") -> FormDefinition | None:
    """A form from its document, or from its body under a name; None when nothing of it can be used."""
    if isinstance(source, Document):
        node: Node = source.node
        name = source.name.typed if source.name is not None else name
    else:
        node = source
    read = read_keys(node, "form", FORM_KEYS, findings)
    if read is None:
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    fields = parse_fields(read["fields"], findings) if "fields" in read else {}
    checks = parse_checks(read["checks"], findings) if "checks" in read else ()
    return FormDefinition(name, title or name, fields, checks, node.place)


def parse_inline_form(node: Node, findings: Findings, name: str, title: str = "") -> FormDefinition:
    """A form written where it is used: its body is its fields."""
    return FormDefinition(name, title or name, parse_fields(node, findings), (), node.place)


def link_form(
    definition: FormDefinition,
    scope: Scope,
    findings: Findings,
    vocabularies: Mapping[str, Choices],
    entity_types: EntityTypes,
    entities: Sequence[str] = (),
) -> Form:
    """The form ready to be filled in; `scope` is what its expressions see besides its own fields."""
    fields = link_fields(definition.fields, scope, findings, vocabularies, entity_types, entities)
    inner = scope.child({name: field.expression_type for name, field in fields.items()})
    checks = link_checks(definition.checks, inner, findings, fields.keys(), fields.keys())
    return Form(definition.name, definition.title, fields, checks)
