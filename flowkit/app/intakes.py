"""Intakes linked: doors through which cases come in, and every one refused through which none could.

Knows what a door asks and fills in. Who comes, and what becomes of it, others say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flowkit.app.library import AppLibrary, must_be_given
from flowkit.app.nouns.intake import IntakeDefinition
from flowkit.diagnostics import Findings
from flowkit.engine.definition import Business, Workflow
from flowkit.engine.link_children import filled_with
from flowkit.fields.definition import OUTSIDERS, Field
from flowkit.forms.form import Form
from flowkit.rules.language.expression import Expression
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import DATE, DATETIME, Type
from flowkit.source.nodes import ScalarNode


@dataclass(frozen=True, slots=True)
class LinkedIntake:
    """A door ready for use.

    form       what is asked there: the workflow's form, or the part of it that is asked or filled
    filled     what fills which of its fields
    asked      the fields that people fill in, where the author says which; None: all that are not filled
    per        the entity whose record `row` is; None: one door
    roles      whose desk it is; None: a door for everybody outside
    applicant  the field that tells which customer it is for; None: it is for whoever submits it
    """

    name: str
    title: str
    workflow: str
    form: Form = field(repr=False)
    filled: Mapping[str, Expression] = field(repr=False)
    asked: frozenset[str] | None
    per: str | None
    roles: frozenset[str] | None
    applicant: str | None

    @property
    def desk(self) -> bool:
        return self.roles is not None


def link_intake(
    definition: IntakeDefinition, workflows: Mapping[str, Workflow], by: str | None, library: AppLibrary
) -> LinkedIntake | None:
    """`by` is the field by which customers are recognised, where the app names one. None where nothing could come in."""
    findings, named = library.findings, definition.workflow
    documents = library.source.documents["workflow"]
    if not findings.knows(named.typed, documents, named.place, f'no workflow "{named.typed}"'):
        return None
    workflow = workflows.get(named.typed)
    if workflow is None:
        return None
    if workflow.form is None:
        message = f'"{workflow.name}" asks nothing, so nobody could come in with anything'
        findings.error("missing-key", named.place, message, "give the workflow a form: from: FORM")
        return None
    return _Linker(definition, workflow, workflow.form, by, library).intake()


@dataclass(frozen=True, slots=True)
class _Linker:
    definition: IntakeDefinition
    workflow: Workflow
    form: Form
    by: str | None
    library: AppLibrary

    @property
    def findings(self) -> Findings:
        return self.library.findings

    @property
    def business(self) -> Business:
        return self.library.business

    def intake(self) -> LinkedIntake:
        written = self.definition
        per, roles = self._entity(), self._roles()
        filled = filled_with(
            written.filled,
            self.workflow.name,
            self.form.fields,
            (),
            self._scope(per, desk=roles is not None),
            self.library,
            written.place,
        )
        asked = self._asked(filled)
        applicant = self._applicant(roles)
        self._beginners(roles)
        self._must_be_possible(filled, asked, desk=roles is not None)
        self._in_the_open(filled, per)
        return LinkedIntake(
            name=written.name,
            title=written.title,
            workflow=self.workflow.name,
            form=self.form if asked is None else self.form.part({*asked, *filled}),
            filled=filled,
            asked=asked,
            per=per,
            roles=roles,
            applicant=applicant,
        )

    # --- names -------------------------------------------------------------------------------------------------------

    def _entity(self) -> str | None:
        node = self.definition.per
        if node is None:
            return None
        known = self.business.entities
        return node.typed if self.findings.knows(node.typed, known, node.place, f'no entity "{node.typed}"') else None

    def _scope(self, per: str | None, *, desk: bool) -> Scope:
        """What `with` sees: the record whose door it is, and at a desk who sits there."""
        names: dict[str, Type] = {"now": DATETIME, "today": DATE}
        if desk:
            names["actor"] = names["me"] = self.library.person(staff_only=True)
        if per is not None:
            attributes = self.library.entity_types(per) or {}
            names["row"] = Type("record", optional=False, members=lambda: attributes)
        return Scope(names)

    def _roles(self) -> frozenset[str] | None:
        named = self.definition.roles
        if named is None:
            return None
        roles = self.business.roles
        known = [n.typed for n in named if self.findings.knows(n.typed, roles, n.place, f'no role "{n.typed}"')]
        return frozenset(known)

    def _asked(self, filled: Mapping[str, Expression]) -> frozenset[str] | None:
        if self.definition.ask is None:
            return None
        for node in self.definition.ask:
            if node.typed in filled:
                self.findings.error(
                    "duplicate-name", node.place, f'"{node.typed}" is filled by `with`, so nobody is asked'
                )
            else:
                self._knows(node)
        return frozenset(node.typed for node in self.definition.ask)

    def _knows(self, node: ScalarNode) -> bool:
        message = f'the form of "{self.workflow.name}" has no field "{node.typed}"'
        return self.findings.knows(node.typed, self.form.fields, node.place, message)

    # --- who may come ------------------------------------------------------------------------------------------------

    def _applicant(self, roles: frozenset[str] | None) -> str | None:
        node, place = self.definition.by, self.definition.place
        if self.business.customers is None or self.by is None:
            if node is not None or roles is None:
                message = "nobody says by what an outsider is recognised, so it is for nobody"
                help = "write customers: {entity: customer, by: phone} in the app"
                self.findings.error("missing-key", node.place if node is not None else place, message, help)
            return None
        if node is not None:
            return node.typed if self._knows(node) and self._plain(node.typed, node.place) else None
        if self.by in self.form.fields:
            return self.by
        if roles is None:
            message = "nothing that is asked tells which customer it is for"
            self.findings.error("missing-key", place, message, "write applicant: {by: FIELD}")
        return None

    def _plain(self, name: str, place: object) -> bool:
        found = self.form.fields[name]
        if found.expression_type.kind in ("text", "number"):
            return True
        message = f'expected a phone, a text or another plain value in "{name}", found a {found.definition.type}'
        self.findings.error("type-mismatch", self.definition.place, message)
        return False

    def _beginners(self, roles: frozenset[str] | None) -> None:
        who, named = self.workflow.who, self.definition.workflow
        if who is None:
            return
        barred = sorted((roles if roles is not None else {OUTSIDERS}) - who)
        if barred:
            message = f'{", ".join(barred)} may not begin "{self.workflow.name}"'
            self.findings.error("nobody", named.place, message, f"name them under `who` of {self.workflow.name}")

    def _must_be_possible(self, filled: Mapping[str, Expression], asked: frozenset[str] | None, *, desk: bool) -> None:
        """What must be filled in can be: it is asked, and whoever comes in may see and choose it."""
        staff = self.business.staff
        for name, each in self.form.fields.items():
            if name in filled or not must_be_given(each):
                continue
            if asked is not None and name not in asked:
                self._impossible(name, "is not asked", "name it under `ask`, or fill it by `with`")
            elif not desk and OUTSIDERS in each.hidden_from:
                self._impossible(name, "is hidden from outsiders", "fill it by `with`, or give the desk a `who`")
            elif not desk and (each.type.name in ("person", "role") or (staff is not None and each.entity == staff)):
                self._impossible(name, "is one of the staff, whom outsiders cannot choose", "fill it by `with`")

    def _impossible(self, name: str, why: str, help: str) -> None:
        self.findings.error("missing-key", self.definition.place, f'"{name}" must be filled in and {why}', help)

    # --- what it writes down -----------------------------------------------------------------------------------------

    def _in_the_open(self, filled: Mapping[str, Expression], per: str | None) -> None:
        for name, expression in filled.items():
            if self.form.fields[name].personal:
                continue
            for path in expression.reads:
                if path[0] == "row" and any(each.personal for each in self._along(per, path[1:])):
                    said = ".".join(path)
                    message = f'"{said}" is personal and field "{name}" is not'
                    self.findings.error(
                        "personal-in-the-open", self.definition.place, message, "give the field `personal: true`"
                    )

    def _along(self, entity: str | None, path: tuple[str, ...]) -> Iterator[Field]:
        for part in path:
            found = self.business.entities[entity].fields.get(part) if entity is not None else None
            if found is None:
                return
            yield found
            entity = found.entity
