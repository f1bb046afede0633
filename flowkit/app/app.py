"""An app that has been read, linked and checked: what a FlowKit runs. Frozen; holds no state of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from flowkit.app.alone import CardAlone, DecisionAlone, FormAlone
from flowkit.app.files import Source
from flowkit.app.intakes import LinkedIntake
from flowkit.app.languages import Texts
from flowkit.app.opening_hours import CalendarDefinition, provisional
from flowkit.app.staffing import Records, Staffing
from flowkit.app.views import CardShape, LinkedView, plain_card
from flowkit.connect.connector import Connector
from flowkit.diagnostics import Diagnostic
from flowkit.engine.definition import Business, Workflow
from flowkit.engine.people import People
from flowkit.notify.channel import ChannelDefinition
from flowkit.records.entity import Entity
from flowkit.records.mapping import LinkedMapping
from flowkit.records.vocabulary import Vocabulary
from flowkit.source.nodes import ScalarNode
from flowkit.source.reading import Document
from flowkit.values.types import Settings


@dataclass(frozen=True, eq=False)
class App:
    """One business, as its folder of YAML describes it.

    `rows` are the records that the app's files give, in stored form, by entity and key; forms, scorecards, decisions can be
    used by themselves on plain data; `closures` holds, by workflow, the text of all that judges its cases; `reach` names,
    by entity and channel, the field that holds a person's address; `recognised_by` that by which customers are known; `texts`
    are those for people in other languages, by their Chinese.
    """

    name: str
    title: str
    locale: str
    business: Business
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(repr=False)
    diagnostics: tuple[Diagnostic, ...]
    workflows: Mapping[str, Workflow]
    forms: Mapping[str, FormAlone]
    scorecards: Mapping[str, CardAlone]
    decisions: Mapping[str, DecisionAlone]
    vocabularies: Mapping[str, Vocabulary]
    mappings: Mapping[str, LinkedMapping]
    scenarios: tuple[Document, ...]
    notifications: tuple[str, ...]
    channels: Mapping[str, ChannelDefinition]
    connectors: Mapping[str, Connector]
    reach: Mapping[str, Mapping[str, str]]
    calendar: CalendarDefinition | None
    staffing: Staffing
    closures: Mapping[str, str] = field(repr=False)
    source: Source = field(repr=False)
    views: Mapping[str, LinkedView] = field(default_factory=dict)
    intakes: Mapping[str, LinkedIntake] = field(default_factory=dict)
    recognised_by: str | None = None
    texts: Texts = field(default_factory=dict, repr=False)

    @property
    def settings(self) -> Settings:
        return self.business.settings

    @property
    def entities(self) -> Mapping[str, Entity]:
        return self.business.entities

    @property
    def staff_entity(self) -> str | None:
        return self.business.staff

    @property
    def customer_entity(self) -> str | None:
        return self.business.customers

    def closure(self, workflow: str) -> str:
        """The text of everything that judges a case of that workflow; its SHA-256 is the workflow's version."""
        return self.closures[workflow]

    def people(self, records: Records) -> People:
        """Staff as of these records (in stored form, by entity and key)."""
        duty = self.staffing.duty
        rows = records.get(duty.entity, {}).values() if duty is not None else ()
        return self.staffing.people(records, [s for row in rows if (s := self.staffing.shift(row)) is not None])

    def provisional(self, now: datetime) -> tuple[Diagnostic, ...]:
        """Warnings of the years that deadlines begun now reach, and whose holidays are not known for good."""
        return provisional(self.calendar, now) if self.calendar is not None else ()

    @cached_property
    def shapes(self) -> Mapping[str, CardShape]:
        """How a case of each workflow is called in two lines: as on the first board that shows it, else on the first list."""
        views = sorted(self.views.values(), key=lambda view: view.kind != "board")
        found = {name: plain_card(workflow) for name, workflow in self.workflows.items()}
        return found | {name: shape for view in reversed(views) for name, shape in view.cards.items()}

    @property
    def folder(self) -> Path:
        """The folder of YAML that this app was read from."""
        return self.source.root

    def page_folder(self, name: str) -> Path:
        """The folder in which the page of that print lies: what it shows is named from there."""
        document = self.source.documents["print"].get(name)
        page = document.node.get("page") if document is not None else None
        if document is None or not isinstance(page, ScalarNode):
            return self.folder
        return (Path(document.place.file).parent / page.typed).parent

    def source_line(self, file: str, line: int) -> str | None:
        """A line of a file of this app, for showing a diagnostic; None where there is none."""
        return self.source.line(file, line)
