"""Loading an app: every document read, every name resolved, every mistake reported at once, or nothing loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from flowkit.app import arrivals, carried
from flowkit.app.alone import cards_alone, decisions_alone, forms_alone
from flowkit.app.app import App
from flowkit.app.entities import EntityTypes, link_entities, parse_entities, read_rows
from flowkit.app.field_checks import check_fields
from flowkit.app.files import Source, read_folder, read_pinned
from flowkit.app.intakes import LinkedIntake, link_intake
from flowkit.app.languages import gather
from flowkit.app.library import AppLibrary, orphans
from flowkit.app.nouns import intake, view
from flowkit.app.nouns.scenario_names import check_scenarios
from flowkit.app.people import catcher, granted, managers, people_entity, reach
from flowkit.app.settings import AppDefinition
from flowkit.app.settings import parse as parse_settings
from flowkit.app.sights import sees_of, warn_of_unseen
from flowkit.app.staffing import derived, link_staffing
from flowkit.app.views import LinkedView, link_view
from flowkit.connect import connector as connectors
from flowkit.connect.connector import Connector
from flowkit.diagnostics import Diagnostic, Findings, Place
from flowkit.engine import linking, privacy, proof, reading, uncovered
from flowkit.engine.definition import Business, Workflow
from flowkit.engine.instructions import Schedule
from flowkit.engine.link_schedules import link_schedule
from flowkit.engine.sight import Sees
from flowkit.errors import DefinitionError
from flowkit.notify import channel as channels
from flowkit.notify.channel import ChannelDefinition
from flowkit.records import mapping as mappings
from flowkit.records import vocabulary as vocabularies
from flowkit.records.vocabulary import Vocabulary
from flowkit.rules import schedule as schedules
from flowkit.rules import watch as watches
from flowkit.rules.language.types import Type
from flowkit.source.nodes import ScalarNode


def load_app(path: str | Path, *, scenarios: bool = True) -> App:
    """Read the folder of YAML at `path`.

    Without `scenarios` those are left out: what only tests the business does not keep it from running. Raises
    DefinitionError with every Diagnostic, sorted by place, when there is an error among them; warnings stay in
    `App.diagnostics`.
    """
    findings = Findings()
    source = read_folder(Path(path), findings, scenarios=scenarios)
    texts = gather(source, findings)
    app = _Loading(source, findings).app()
    if findings.errors or app is None:
        raise DefinitionError(_told(source, findings))
    return replace(app, texts=texts)


_FOLLOWING = frozenset(
    {"unknown-name", "unknown-option", "unused", "missing-app", "unreachable", "no-way", "no-way-out", "nobody"}
)
"""Codes of what may be wrong only because something else could not be read."""


_TORN = frozenset({"torn-expression", "cut-text", "missing-value", "missing-space", "wide-colon"})
"""Codes of what YAML made of a text that its author meant otherwise: what is then wrong with it there follows from that."""


def _told(source: Source, findings: Findings) -> tuple[Diagnostic, ...]:
    """What to tell: where part of the app could not be read, that first, and nothing that may follow from it."""
    torn = {d.place for d in findings if d.code in _TORN}
    causes = [d for d in findings if d.code in _TORN or d.place not in torn]
    if not source.unread:
        return tuple(causes)
    first = dict.fromkeys(sorted(source.unread, key=lambda d: d.place))
    return (*first, *(d for d in causes if d not in first and d.code not in _FOLLOWING))


def link_pinned(app: App, text: str) -> Workflow:
    """A workflow as it was when a case began, linked from its closure's text among what is live now.

    Raises DefinitionError if they no longer fit.
    """
    closure, findings = json.loads(text), Findings()
    source = read_pinned(closure, app.source, findings)
    # What it was called in other languages then, pages do not show: they go by what is live.
    gather(source, Findings())
    loading = _Loading(source, findings)
    loading.sees.update(app.business.sees)
    loading.schedules.update(app.business.schedules)
    workflow = loading.workflow(closure["workflow"]) if loading.definition is not None else None
    if findings.errors or workflow is None:
        raise DefinitionError(tuple(findings))
    return workflow[0]


class _Loading:
    """One reading of a source. What it makes is only of use when `findings` has no errors."""

    def __init__(self, source: Source, findings: Findings) -> None:
        self.source, self.findings = source, findings
        self.used: set[tuple[str, str]] = set()
        # What roles see can be told only once the workflows are linked, which hold the business: filled in then.
        self.sees: dict[str, Sees] = {}
        # So with what comes by the calendar, which begins cases of these workflows.
        self.schedules: dict[str, Schedule] = {}

    @cached_property
    def definition(self) -> AppDefinition | None:
        documents = self.source.documents["app"]
        if not documents:
            if any(self.source.documents.values()):
                place = Place(str(self.source.root))
                self.findings.error(
                    "missing-app", place, "no document says which app this is", "write app: NAME at the top"
                )
            return None
        name, document = next(iter(documents.items()))
        return parse_settings(self.source.body(document), self.findings, name)

    @cached_property
    def vocabularies(self) -> Mapping[str, Vocabulary]:
        found = {}
        for name, document in self.source.documents["vocabulary"].items():
            parsed = vocabularies.parse(self.source.body(document), self.findings, name)
            if parsed is not None:
                found[name] = vocabularies.link(parsed, self.findings)
        return found

    @cached_property
    def channels(self) -> Mapping[str, ChannelDefinition]:
        """Those under `channels` of the app and those that are documents of their own."""
        assert self.definition is not None
        listed = [(n, b) for n, _, b in self.definition.channels.items()] if self.definition.channels else []
        listed += [(n, self.source.body(d)) for n, d in self.source.documents["channel"].items()]
        parsed = ((name, channels.parse(node, self.findings, name)) for name, node in listed)
        return {name: channel for name, channel in parsed if channel is not None}

    @cached_property
    def connectors(self) -> Mapping[str, Connector]:
        assert self.definition is not None
        found = {}
        for name, document in self.source.documents["connector"].items():
            parsed = connectors.parse(self.source.body(document), self.findings, name)
            if parsed is not None:
                found[name] = connectors.link(parsed, self.findings, self.definition.settings, self.vocabularies)
        return found

    @cached_property
    def business(self) -> Business:
        assert self.definition is not None
        definition = self.definition
        documents = {n: self.source.body(d) for n, d in self.source.documents["entity"].items()}
        parsed = parse_entities(documents, self.findings)
        for entity in parsed.values():
            check_fields(entity.fields, definition, self.findings)
        people = [each.entity.typed for each in (definition.staff, definition.customers) if each is not None]
        self.entity_types = EntityTypes(parsed, self.vocabularies, derived(definition), people)
        entities = link_entities(parsed, self.entity_types, self.vocabularies, self.findings)
        self.rows = read_rows(entities, definition.settings, self.source.table, definition.roles, self.findings)
        around = self.source, self.entity_types, self.channels, self.findings
        self.staffing = link_staffing(definition, entities, self.rows, self.findings)
        return Business(
            settings=definition.settings,
            locale=definition.locale,
            entities=entities,
            roles=definition.roles,
            staff=people_entity(definition.staff, *around),
            customers=people_entity(definition.customers, *around),
            manager=self.staffing.manager,
            units=self.staffing.units,
            calendar=definition.calendar.calendar if definition.calendar is not None else None,
            hours=self.staffing.hours,
            quiet=definition.quiet,
            quiet_hours=self.staffing.quiet,
            catcher=catcher(definition, self.source, self.findings),
            channels=tuple(self.channels),
            managers=managers(definition, self.findings),
            may=granted(definition, self.findings),
            sees=self.sees,
            schedules=self.schedules,
        )

    @cached_property
    def library(self) -> AppLibrary:
        assert self.definition is not None
        business = self.business
        return AppLibrary(
            self.source,
            self.definition,
            business,
            self.vocabularies,
            self.entity_types,
            self.rows,
            self.connectors,
            self.findings,
        )

    def workflow(self, name: str) -> tuple[Workflow, str] | None:
        """A linked workflow and the text of its closure."""
        self.library.begin()
        parsed = self.library.named("workflow", name, reading.parse)
        if parsed is None:
            return None
        linked = linking.link(parsed, "", self.library)
        proof.prove(parsed, linked, self.findings)
        privacy.prove(parsed, linked, self.findings)
        arrivals.prove(parsed, linked, self.connectors, self.findings)
        if not self.findings.errors:
            # A cell or a row with a mistake may be the one that holds for every case.
            uncovered.warn(linked, self.findings)
        self.used |= self.library.used
        text = self.library.closure(name)
        return replace(linked, version=hashlib.sha256(text.encode()).hexdigest()), text

    def app(self) -> App | None:
        definition = self.definition
        if definition is None:
            return None
        library = self.library
        made = {n: w for n in self.source.documents["workflow"] if (w := self.workflow(n)) is not None}
        workflows = {name: workflow for name, (workflow, _) in made.items()}
        self._check_watches()
        self._see(definition, workflows)
        self._schedule()
        carried.prove(self.source, self.channels, self.findings)
        intakes = self._intakes(definition, workflows)
        forms, cards = forms_alone(library, self.used), cards_alone(library, workflows, self.used)
        tables = decisions_alone(library, workflows, self.used)
        linked_mappings = self._mappings(workflows)
        library.report_unresolved(self.used)
        if not self.findings.errors:
            # A mistake elsewhere may be why nothing uses it.
            self.findings.extend(orphans(self.source, self.used))
        app = App(
            name=definition.name,
            title=definition.title,
            locale=definition.locale,
            business=self.business,
            rows=self.rows,
            diagnostics=(),
            workflows=workflows,
            forms=forms,
            scorecards=cards,
            decisions=tables,
            vocabularies=self.vocabularies,
            mappings=linked_mappings,
            scenarios=tuple(self.source.documents["scenario"].values()),
            notifications=tuple(self.source.documents["notification"]),
            channels=self.channels,
            connectors=self.connectors,
            reach=reach(definition),
            calendar=definition.calendar,
            staffing=self.staffing,
            closures={name: text for name, (_, text) in made.items()},
            source=self.source,
            views=self._views(workflows),
            intakes=intakes,
            recognised_by=definition.customers.by.typed
            if definition.customers is not None and definition.customers.by is not None
            else None,
        )
        check_scenarios(app, self.findings)
        return replace(app, diagnostics=tuple(self.findings))

    def _see(self, definition: AppDefinition, workflows: Mapping[str, Workflow]) -> None:
        person = self.library.person(staff_only=True)
        self.sees.update(sees_of(definition, self.business, workflows, person, self.findings))
        for name, workflow in workflows.items() if not self.findings.errors else ():
            parsed = self.library.named("workflow", name, reading.parse)
            if parsed is not None:
                warn_of_unseen(parsed, workflow, self.sees, self.findings)

    def _schedule(self) -> None:
        for name in self.source.documents["schedule"]:
            parsed = self.library.named("schedule", name, schedules.parse)
            linked = link_schedule(parsed, self.library, self.entity_types) if parsed is not None else None
            if linked is not None:
                self.schedules[name] = linked

    def _views(self, workflows: Mapping[str, Workflow]) -> dict[str, LinkedView]:
        person, documents, found = self.library.person(staff_only=True), self.source.documents, {}
        for name in documents["view"]:
            parsed = self.library.named("view", name, view.parse)
            if parsed is None:
                continue
            linked = link_view(parsed, workflows, documents["workflow"], self.business, person, self.findings)
            if linked is not None:
                found[name] = linked
        return found

    def _intakes(self, definition: AppDefinition, workflows: Mapping[str, Workflow]) -> dict[str, LinkedIntake]:
        by, found = definition.customers.by if definition.customers is not None else None, {}
        for name in self.source.documents["intake"]:
            parsed = self.library.named("intake", name, intake.parse)
            linked = (
                link_intake(parsed, workflows, by.typed if by is not None else None, self.library) if parsed else None
            )
            if linked is not None:
                found[name] = linked
        self.used |= self.library.used
        return found

    def _check_watches(self) -> None:
        """A watch whose workflow is not there is linked by none."""
        for name in self.source.documents["watch"]:
            watch = self.library.named("watch", name, watches.parse)
            if watch is not None:
                self._check_workflow(watch.workflow)

    def _check_workflow(self, named: ScalarNode) -> None:
        self.findings.knows(named.typed, self.source.documents["workflow"], named.place, f'no workflow "{named.typed}"')

    def _mappings(self, workflows: Mapping[str, Workflow]) -> dict[str, mappings.LinkedMapping]:
        found = {}
        for name, document in self.source.documents["mapping"].items():
            parsed = mappings.parse(self.source.body(document), self.findings, name)
            if parsed is None:
                continue
            self._check_mapping(parsed)
            if parsed.back is not None:
                advice = "write `back` beside the `run` that names it"
                self.findings.error("not-yet", parsed.back.place, "`back` of a mapping is not carried out yet", advice)
            # What only stands under `with` was linked there, where it is known what is at hand.
            if parsed.of_rows or ("mapping", name) not in self.used:
                found[name] = mappings.link(parsed, self.findings, fillable=_fillable(parsed, workflows))
        return found

    def _check_mapping(self, parsed: mappings.MappingDefinition) -> None:
        if isinstance(parsed.workflow, ScalarNode):
            self._check_workflow(parsed.workflow)
        for record in parsed.records:
            self.findings.knows(record.entity, self.business.entities, record.place, f'no entity "{record.entity}"')


def _fillable(parsed: mappings.MappingDefinition, workflows: Mapping[str, Workflow]) -> Mapping[str, Type] | None:
    """The fields that a mapping of rows may fill: those its workflow begins with. None where nobody can say."""
    workflow = workflows.get(parsed.workflow.typed) if parsed.workflow is not None else None
    return workflow.form.types() if workflow is not None and workflow.form is not None else None
