"""Fields from a few lines of YAML, in a small world of two entities and one vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from flowkit.diagnostics import Findings
from flowkit.fields.choices import Options
from flowkit.fields.definition import Environment
from flowkit.fields.filling import Filling
from flowkit.fields.linking import link_fields
from flowkit.fields.parsing import parse_fields
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import DATE, DATETIME, NUMBER, TEXT, Type
from flowkit.source.reading import read
from flowkit.values.types import Settings

SETTINGS = Settings(ZoneInfo("Asia/Shanghai"), "gcj02")
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RECORDS = {
    "elevator": {"E001": {"key": "E001", "building": "B1", "region": "滨江", "floors": 18}},
    "building": {"B1": {"key": "B1", "region": "滨江"}, "B2": {"key": "B2", "region": "萧山"}},
}
ENTITIES: Mapping[str, Mapping[str, Type]] = {
    "elevator": {"building": Type("record"), "region": TEXT, "floors": NUMBER},
    "building": {"region": TEXT},
}
OUTER = {"now": NOW, "today": NOW.date(), "limit": 5}
SCOPE = Scope({"now": DATETIME, "today": DATE, "limit": NUMBER})


class Faults(Options):
    """A vocabulary with synonyms."""

    __slots__ = ()

    def resolve(self, text):
        return {"关人": "困人", "被困": "困人"}.get(text) or super().resolve(text)


VOCABULARIES = {"fault_types": Faults.of(["困人", "门机故障", "异响"])}


def record(entity, key):
    return RECORDS[entity].get(key)


ENVIRONMENT = Environment(SETTINGS, record)


class World:
    """What the tests do with fields written as YAML."""

    environment = ENVIRONMENT
    outer = OUTER

    def node(self, text):
        findings = Findings()
        (document,) = read(f"form: x\nfields:\n{text}", "x.yaml", findings)
        assert list(findings) == []
        return document.node.get("fields")

    def parse(self, text):
        findings = Findings()
        return parse_fields(self.node(text), findings), list(findings)

    def link(self, text):
        findings = Findings()
        definitions = parse_fields(self.node(text), findings)
        fields = link_fields(definitions, SCOPE, findings, VOCABULARIES, ENTITIES.get, tuple(ENTITIES))
        return fields, list(findings)

    def fields(self, text):
        fields, found = self.link(text)
        assert found == []
        return fields

    def fill(self, text, given, environment=ENVIRONMENT):
        filling = Filling(self.fields(text), given, OUTER, environment)
        filling.check()
        return filling.values(), {p.field: (p.code, p.message) for p in filling.problems()}


@pytest.fixture(scope="session")
def world():
    return World()
