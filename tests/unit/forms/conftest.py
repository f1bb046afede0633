"""Forms from YAML, in a small world of records."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from flowkit.diagnostics import Findings
from flowkit.fields.choices import Options
from flowkit.fields.definition import Environment
from flowkit.forms.form import link_form, parse_form
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import DATETIME, TEXT, Type
from flowkit.source.reading import read
from flowkit.values.types import Settings

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RECORDS = {
    "elevator": {"E001": {"key": "E001", "building": "B1"}},
    "building": {"B1": {"key": "B1"}},
    "part": {"P1": {"key": "P1"}},
}
ENTITIES = {"elevator": {"building": TEXT}, "building": {}, "part": {}}
VOCABULARIES = {"fault_types": Options.of(["困人", "冒烟", "异响", "门机故障"])}


class World:
    """What the tests do with a form written as YAML."""

    def __init__(self):
        self.outer = {"now": NOW}
        settings = Settings(ZoneInfo("Asia/Shanghai"), "gcj02")
        self.environment = Environment(settings, lambda entity, key: RECORDS[entity].get(key))

    def link(self, text):
        findings = Findings()
        (document,) = read(text, "x.yaml", findings)
        definition = parse_form(document, findings)
        scope = Scope({"now": DATETIME, "case": Type("record")})
        return link_form(definition, scope, findings, VOCABULARIES, ENTITIES.get, tuple(ENTITIES)), list(findings)

    def form(self, text):
        form, found = self.link(text)
        assert found == []
        return form

    def check(self, form, raw):
        return form.check(raw, self.outer, self.environment)


@pytest.fixture(scope="session")
def world():
    return World()


REPORT = """
form: repair_report
title: 电梯报修
fields:
  elevator:    {type: reference, title: 电梯, entity: elevator}
  building:    {type: choice, title: 所属楼栋, options: {entity: building}, default: =elevator.building, required: true}
  fault_type:  {type: choice, title: 故障类型, vocabulary: fault_types, required: true}
  impact:      {type: choice, title: 影响范围, options: [单梯, 整栋停电]}
  description: {type: text, title: 故障描述, required: true}
  media:       {type: media, title: 现场照片/视频, accept: [image, video], max: 6, video_seconds: 30}
  phone:       {type: phone, title: 联系电话, required: true, personal: true}
  position:    location
  happened:    {type: datetime, max: =now}
  stars:       rating
  trapped:     {type: number, min: 1, visible: "=fault_type == '困人'"}
  lines:       {type: rows, of: {part: {type: reference, entity: part}, quantity: {type: number, min: 1}, price: money,
                amount: {type: money, value: =row.quantity * row.price}}}
  total:       {type: money, value: "=sum(lines, row.amount)"}
checks:
  - when: "fault_type in ['困人', '冒烟', '异响']"
    require: media.count > 0
    message: 请拍摄现场视频(≤30秒)
    at: media
  - require: empty(total) or total <= 1000
    message: "合计 {{ total }} 元,超过 1000 元"
    at: lines
"""


@pytest.fixture(scope="session")
def report(world):
    return world.form(REPORT)
