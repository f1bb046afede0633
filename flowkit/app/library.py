"""The nouns of an app, read once each, by name or where they are written out. Here names are resolved."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, TypeVar

from flowkit.app.entities import person_attributes
from flowkit.app.field_checks import check_fields
from flowkit.app.files import PINNED, Source
from flowkit.app.settings import AppDefinition
from flowkit.connect.connector import Connector
from flowkit.diagnostics import Diagnostic, Findings, Place, Related
from flowkit.engine import reading
from flowkit.engine.definition import Business
from flowkit.engine.instructions import Page
from flowkit.engine.library import ChildShape, EventShape, Notice, OperationShape
from flowkit.fields.definition import Field, FieldDefinition
from flowkit.fields.linking import link_fields
from flowkit.fields.parsing import parse_fields
from flowkit.forms.checks import Check, CheckDefinition, link_checks, parse_checks
from flowkit.forms.form import Form, FormDefinition, link_form, parse_form, parse_inline_form
from flowkit.forms.keys import EXIT_CHECK_KEYS
from flowkit.notify import notification as notifications
from flowkit.prints import page as prints
from flowkit.records import mapping as mappings
from flowkit.records.vocabulary import Vocabulary
from flowkit.rules import decision as decisions
from flowkit.rules import dispatch as dispatches
from flowkit.rules import scorecard as scorecards
from flowkit.rules import watch as watches
from flowkit.rules.decision import Decision, DecisionDefinition
from flowkit.rules.dispatch import DispatchDefinition
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.rules.scorecard import ScorecardDefinition
from flowkit.rules.watch import WatchDefinition
from flowkit.source.nodes import MappingNode, Node, ScalarNode
from flowkit.suggest import closest, did_you_mean
from flowkit.version import VERSION


@dataclass(frozen=True, slots=True)
class FiledPage:
    """A print as the engine uses it."""

    page: prints.Print

    @property
    def name(self) -> str:
        return self.page.name

    @property
    def title(self) -> str:
        return self.page.definition.title

    @property
    def kind(self) -> str:
        return self.page.kind

    def text(self, names: Any, locale: str, timezone: tzinfo) -> str:
        return self.page.render(names, locale, timezone).content.decode("utf-8")


Definition = TypeVar("Definition")


@dataclass(slots=True)
class Unresolved:
    """A name that is used and not defined; reported at the end, when it is known which definitions nobody uses."""

    noun: str
    node: ScalarNode


@dataclass(slots=True)
class AppLibrary:
    """Everything that linking looks up. `used` gathers which documents a linking touched and `tables` which
    files of rows, to know what judges a case.
    """

    source: Source
    app: AppDefinition
    business: Business
    vocabularies: Mapping[str, Vocabulary]
    entity_types: Callable[[str], Mapping[str, Type] | None]
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]]
    connectors: Mapping[str, Connector]
    findings: Findings
    parsed: dict[tuple[str, str], Any] = field(default_factory=dict)
    inline: dict[int, Any] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)
    tables: set[tuple[str, str]] = field(default_factory=set)
    unresolved: list[Unresolved] = field(default_factory=list)

    # --- definitions by name or written out -----------------------------------------------------------------------

    def named(
        self, noun: str, name: str, parse: Callable[[Node, Findings, str], Definition | None]
    ) -> Definition | None:
        """The definition of that name, read on first use; None when there is none, or when it cannot be read."""
        document = self.source.documents[noun].get(name)
        if document is None:
            return None
        self.used |= {(noun, each) for each in self.source.likenesses(document)}
        if (noun, name) not in self.parsed:
            self.parsed[noun, name] = parse(self.source.body(document), self.findings, name)
        found: Definition | None = self.parsed[noun, name]
        return found

    def find(
        self, noun: str, node: Node, parse: Callable[[Node, Findings, str], Definition | None], name: str
    ) -> Definition | None:
        """Rule 4: a string is always a name; anything else is the thing itself."""
        if isinstance(node, ScalarNode):
            if node.typed not in self.source.documents[noun]:
                self.unresolved.append(Unresolved(noun, node))
                return None
            return self.named(noun, node.typed, parse)
        if id(node) not in self.inline:
            self.inline[id(node)] = (node, parse(node, self.findings, name))
        found: Definition | None = self.inline[id(node)][1]
        return found

    def form(self, node: Node, name: str) -> FormDefinition | None:
        parse = parse_form if isinstance(node, ScalarNode) else parse_inline_form
        return self.find("form", node, parse, name)

    def scorecard(self, node: Node) -> ScorecardDefinition | None:
        return self.find("scorecard", node, scorecards.parse, "score")

    def decision(self, node: Node) -> DecisionDefinition | None:
        return self.find("decision", node, decisions.parse, "decision")

    def dispatch(self, node: Node) -> DispatchDefinition | None:
        return self.find("dispatch", node, dispatches.parse, "派单")

    def notification(self, node: Node) -> Notice | None:
        definition = self.find("notification", node, notifications.parse, "")
        if definition is None:
            return None
        for step in definition.channels:
            if step.channel.typed not in self.business.channels:
                self.unresolved.append(Unresolved("channel", step.channel))
            elif step.otherwise and step is not definition.channels[0]:
                message = f"flowkit {VERSION} does not know `otherwise` of channels yet"
                self.findings.error("not-yet", step.channel.place, message, "name it as a channel: then both are taken")
        channels = tuple(step.channel.typed for step in definition.channels if not step.otherwise)
        return Notice(definition.name, definition.to, definition.cc, channels, definition.title, definition.text)

    def child(self, node: ScalarNode) -> ChildShape | None:
        definition = self.find("workflow", node, reading.parse, "")
        if definition is None:
            return None
        own = self.own_fields(definition.entries.get("fields"))
        form = self.form(definition.entries["from"], definition.name) if "from" in definition.entries else None
        definitions = {**own.fields, **(form.fields if form is not None else {})}
        # Its own conditions are judged, and reported, where it is linked itself.
        fields = link_fields(definitions, Scope({}, open=True), Findings(), self.vocabularies, self.entity_types)
        required = tuple(n for n in (form.fields if form is not None else {}) if must_be_given(fields[n]))
        return ChildShape(definition.name, definition.title, fields, required)

    def operation(self, node: ScalarNode) -> OperationShape | None:
        connector, _, operation = node.typed.partition(".")
        if connector not in self.connectors:
            self.unresolved.append(Unresolved("connector", ScalarNode(connector, connector, node.place)))
            return None
        known = self.connectors[connector].operations
        message = f'connector "{connector}" has no operation "{operation}"'
        if not self.findings.knows(operation, known, node.place, message):
            return None
        found = known[operation]
        return OperationShape(
            node.typed, found.title, connector, operation, found.fields, found.required, found.result, found.load
        )

    def event(self, name: str, place: Place) -> EventShape | None:
        connector, dot, event = name.partition(".")
        if not dot:
            return None
        if connector not in self.connectors:
            self.unresolved.append(Unresolved("connector", ScalarNode(connector, connector, place)))
            return None
        known = self.connectors[connector].events
        if not self.findings.knows(event, known, place, f'connector "{connector}" has no event "{event}"'):
            return None
        return EventShape(known[event].type, known[event].load)

    def mapped(self, node: Node) -> Mapping[str, tuple[Place, Node]] | None:
        if isinstance(node, MappingNode):
            return {name: (place, value) for name, place, value in node.items()}
        definition = self.find("mapping", node, mappings.parse, "")
        if definition is None:
            return None
        return {name: (definition.places[name], value) for name, value in definition.fields.items()}

    def page(self, node: Node, scope: Scope, fields: tuple[str, ...]) -> Page | None:
        definition = self.find("print", node, prints.parse, "print")
        if definition is None:
            return None
        read_file = self.source.table(definition.place.file)
        linked = prints.link(definition, scope, self.findings, read_file, fields)
        return FiledPage(linked) if linked is not None else None

    def watches(self, workflow: str) -> tuple[WatchDefinition, ...]:
        found = (self.named("watch", name, watches.parse) for name in self.source.documents["watch"])
        return tuple(w for w in found if w is not None and w.workflow.typed == workflow)

    def role(self, node: ScalarNode) -> str | None:
        if node.typed in self.business.roles:
            return node.typed
        known = (*self.business.roles, "owner", "applicant")
        help = did_you_mean(node.typed, known)
        self.findings.error(
            "unknown-name", node.place, f'no role "{node.typed}"', help or "an expression begins with ="
        )
        return None

    # --- fields ---------------------------------------------------------------------------------------------------

    def own_fields(self, node: Node | None) -> FormDefinition:
        if node is None:
            return FormDefinition("", "", {})
        if id(node) not in self.inline:
            fields = parse_fields(node, self.findings) if isinstance(node, MappingNode) else {}
            self.inline[id(node)] = (node, FormDefinition("", "", fields))
        found: FormDefinition = self.inline[id(node)][1]
        return found

    def field_types(self, fields: Mapping[str, FieldDefinition]) -> Mapping[str, Type]:
        # Types do not depend on what the fields' conditions say, and those are compiled, and reported, in their own scope.
        linked = link_fields(fields, Scope({}, open=True), Findings(), self.vocabularies, self.entity_types)
        return {name: f.expression_type for name, f in linked.items()}

    def person(self, staff_only: bool = False) -> Type:
        wanted = (self.business.staff,) if staff_only else (self.business.staff, self.business.customers)
        entities = [entity for entity in wanted if entity is not None]
        return Type("record", members=lambda: person_attributes(self.entity_types, entities))

    # --- linking --------------------------------------------------------------------------------------------------

    def link_form(self, definition: FormDefinition, scope: Scope, findings: Findings | None = None) -> Form:
        entities = tuple(self.business.entities)
        findings = self.findings if findings is None else findings
        check_fields(definition.fields, self.app, findings)
        return link_form(definition, scope, findings, self.vocabularies, self.entity_types, entities)

    def link_decision(self, definition: DecisionDefinition, scope: Scope, findings: Findings | None = None) -> Decision:
        read_file = self.source.table(definition.place.file)
        if isinstance(definition.rows, ScalarNode):
            self.tables.add((definition.place.file, definition.rows.typed))
        findings = self.findings if findings is None else findings
        return decisions.link(definition, scope, findings, self.business.settings, read_file)

    def checks(self, node: Node) -> tuple[CheckDefinition, ...]:
        return parse_checks(node, self.findings, EXIT_CHECK_KEYS)

    def link_checks(
        self,
        definitions: tuple[CheckDefinition, ...],
        scope: Scope,
        fields: Collection[str],
        answer: str,
        beside: Collection[str],
    ) -> tuple[Check, ...]:
        return link_checks(definitions, scope, self.findings, fields, (answer,), beside)

    # --- the end --------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin gathering anew what one linking uses."""
        self.used.clear()
        self.tables.clear()

    def closure(self, workflow: str) -> str:
        """The text of all that was used since `begin` and judges a case: the same files give the same text."""
        documents = [self.source.documents[noun][name] for noun, name in sorted(self.used) if noun in PINNED]
        inside, read = self.source.inside, self.source.tables
        tables = [{"file": inside(f), "name": n, "text": read.get((f, n), "")} for f, n in sorted(self.tables)]
        texts = [{"file": inside(d.place.file), "text": d.text} for d in documents]
        whole = {"workflow": workflow, "documents": texts, "tables": tables}
        return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def report_unresolved(self, used: set[tuple[str, str]]) -> None:
        """Report names that are not defined, with the definition that nobody uses and that resembles them."""
        for lost in self.unresolved:
            documents = self.source.documents[lost.noun]
            name = lost.node.typed
            near = closest(name, documents)
            related = []
            if near is not None and (lost.noun, near) not in used:
                related = [Related(documents[near].place, f'"{near}" is defined here and nobody uses it')]
            # A channel may stand in the app itself, without a document of its own.
            known = self.business.channels if lost.noun == "channel" else documents
            help = did_you_mean(name, known) or f"define it: {lost.noun}: {name}"
            self.findings.error("unknown-name", lost.node.place, f'no {lost.noun} "{name}"', help, related)


def must_be_given(field: Field) -> bool:
    """Whether a field is always required and nothing else fills it."""
    required = field.required is not None and field.required.expression is None and field.required.constant is True
    return required and field.default is None and field.value is None


def orphans(source: Source, used: set[tuple[str, str]]) -> list[Diagnostic]:
    """Definitions that nothing uses: often a slip of the pen somewhere else."""
    found = Findings()
    for noun in ("scorecard", "decision", "dispatch", "notification", "print"):
        for name, document in source.documents[noun].items():
            if (noun, name) not in used:
                found.warning("unused", document.place, f'{noun} "{name}" is used nowhere')
    return list(found)
