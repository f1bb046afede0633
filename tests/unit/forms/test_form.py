"""A form is filled in: values, and every problem at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flowkit.diagnostics import Findings
from flowkit.forms.form import parse_form, parse_inline_form
from flowkit.source.reading import read

GOOD = {
    "elevator": "E001",
    "fault_type": "门机故障",
    "description": "门关不上",
    "phone": "138 0000 0000",
}


def problems(checked):
    return {p.field: p.code for p in checked.problems}


def test_a_good_report_gives_values(world, report):
    """Values come out as their types mean them, with the default of the building and the sum of no rows."""
    checked = world.check(report, {**GOOD, "lines": [{"part": "P1", "quantity": "2", "price": "10.5"}]})
    assert checked.ok
    assert checked.values == {
        "elevator": "E001",
        "building": "B1",
        "fault_type": "门机故障",
        "description": "门关不上",
        "phone": "13800000000",
        "lines": [{"part": "P1", "quantity": 2, "price": Decimal("10.50"), "amount": Decimal("21.00")}],
        "total": Decimal("21.00"),
    }


def test_everything_missing_is_named_at_once(world, report):
    """An empty form names each field that must be filled in, and nothing else."""
    assert problems(world.check(report, {})) == dict.fromkeys(
        ["building", "fault_type", "description", "phone"], "required"
    )


def test_a_check_tells_its_message_at_its_field(world, report):
    """Who is trapped sends a picture; without one the answer is the author's, at the field he named."""
    checked = world.check(report, {**GOOD, "fault_type": "困人"})
    assert [(p.field, p.code, p.message) for p in checked.problems] == [("media", "check", "请拍摄现场视频(≤30秒)")]
    assert world.check(report, {**GOOD, "fault_type": "困人", "media": "door.mp4"}).ok


def test_a_message_is_a_template_over_the_form(world, report):
    """Messages say what was found."""
    checked = world.check(report, {**GOOD, "lines": [{"quantity": 3, "price": 500}]})
    assert [(p.field, p.message) for p in checked.problems] == [("lines", "合计 1500.00 元,超过 1000 元")]


def test_one_mistake_is_reported_once(world, report):
    """A check that reads a wrong field is not judged on top of it."""
    assert problems(world.check(report, {**GOOD, "fault_type": "困人", "media": "a.exe"})) == {"media.1": "accept"}
    assert problems(world.check(report, {**GOOD, "fault_type": "困人", "media": 5})) == {"media": "type"}
    assert problems(world.check(report, {**GOOD, "lines": [{"quantity": "x", "price": 5000}]})) == {
        "lines.1.quantity": "type"
    }


def test_an_empty_check_is_not_true(world):
    """What cannot be said to hold does not hold."""
    form = world.form("form: x\nfields: {a: number}\nchecks: [{require: a > 3, message: 太少}]")
    assert [(p.field, p.message) for p in world.check(form, {}).problems] == [("", "太少")]


def test_a_check_that_meets_a_misfit_is_a_problem(world):
    """An expression that fails on what was typed refuses the form in words that people know; why, only its author is told."""
    form = world.form(
        "form: x\nfields: {a: {type: text, title: 台数}, b: text}\n"
        "checks: [{when: b <> 'x', require: number(a) > 3, message: 太少, at: a}]"
    )
    (problem,) = world.check(form, {"a": "三"}).problems
    assert (problem.field, problem.code, problem.title) == ("a", "evaluation", "台数")
    assert problem.message == "检查无法进行,请核对台数、b"
    assert "number(a)" in problem.details
    assert problem.as_json()["details"] == problem.details


@pytest.mark.parametrize("raw", [None, "x", 5, [], [("a", 1)], {1: 2}])
def test_what_is_no_form_at_all_is_refused_in_words(world, report, raw):
    """Whatever comes in place of fields gives problems."""
    assert not world.check(report, raw).ok


@pytest.mark.parametrize(
    "canary", ["{{7*7}}", "=cmd|' /C calc'!A0", "${x}", "!!python/object:os.system []", "{% for x in y %}"]
)
def test_text_that_looks_like_code_stays_text(world, report, canary):
    """What is typed is never parsed: it comes out as typed, also through a message."""
    checked = world.check(report, {**GOOD, "description": canary, "media": [f"{canary}.jpg"]})
    assert checked.values["description"] == canary
    assert checked.values["media"][0]["name"] == f"{canary}.jpg"
    form = world.form("form: x\nfields: {a: text}\nchecks: [{require: false, message: '{{ a }}'}]")
    assert world.check(form, {"a": canary}).problems[0].message == canary


def test_own_fields_come_before_what_stands_around(world):
    """A form's own field is meant by its bare name, though there is another outside; what it has not is looked up outside."""
    form = world.form("form: x\nfields: {a: {type: text, default: =case}, case: {type: text, visible: false}}")
    assert form.check({}, {"case": "outside"}, world.environment).values == {}
    form = world.form("form: x\nfields: {a: {type: text, default: =case.number}}")
    checked = form.check({}, {"case": {"number": "WX1"}}, world.environment)
    assert checked.values == {"a": "WX1"}


def test_a_part_of_a_form_keeps_its_rules(world, report):
    """Fields that are opened again are judged by the form's checks that concern them; the others come from outside."""
    part = report.part(["media"])
    outer = {**world.outer, "fault_type": "困人"}
    assert list(part.fields) == ["media"]
    assert problems(part.check({}, outer, world.environment)) == {"media": "check"}
    assert part.check({"media": "a.jpg"}, outer, world.environment).ok


def test_an_inline_form_is_its_fields(world):
    """Where a form is named, its fields may stand instead."""
    findings = Findings()
    (document,) = read("exit: 退单\nform: {原因: {type: text, required: true}, 照片: media}", "x.yaml", findings)
    definition = parse_inline_form(document.node.get("form"), findings, "退单")
    assert list(findings) == []
    assert (definition.name, list(definition.fields), definition.checks) == ("退单", ["原因", "照片"], ())


@pytest.mark.parametrize(
    ("text", "code", "message", "help"),
    [
        ("form: x\nfeilds: {a: text}", "unknown-key", 'unknown key "feilds"', 'did you mean "fields"?'),
        ("form: x\nfields: [a]", "wrong-kind", None, None),
        (
            "form: x\nfields: {a: text}\nchecks: [{requre: a, message: x}]",
            "unknown-key",
            None,
            'did you mean "require"?',
        ),
        (
            "form: x\nfields: {a: text}\nchecks: [{require: 'true'}]",
            "missing-key",
            'check needs the key "message"',
            None,
        ),
        (
            "form: x\nfields: {media: text}\nchecks: [{require: 'true', message: x, at: medai}]",
            "unknown-name",
            'unknown field "medai"',
            'did you mean "media"?',
        ),
        (
            "form: x\nfields: {media: media}\nchecks: [{require: medai.count > 0, message: x}]",
            "unknown-name",
            None,
            'did you mean "media"?',
        ),
        ("form: x\nfields: {a: number}\nchecks: [{require: a + 1, message: x}]", "type-mismatch", None, None),
        ("form: x\nfields: {a: number}\nchecks: [{require: a > 1, message: '{{ b }}'}]", "unknown-name", None, None),
    ],
)
def test_an_author_is_told_where_and_what(world, text, code, message, help):
    """A mistake in a form is reported with its code and its way out."""
    findings = Findings()
    (document,) = read(text, "x.yaml", findings)
    definition = parse_form(document, findings)
    found = list(findings)
    if definition is not None and not found:
        _, found = world.link(text)
    assert code in [d.code for d in found]
    (one,) = [d for d in found if d.code == code]
    assert message is None or one.message == message
    assert help is None or one.help == help


def test_titles_and_names(world, report):
    """Without a title the name is the title."""
    assert (report.name, report.title) == ("repair_report", "电梯报修")
    assert report.fields["position"].title == "position"
    assert report.fields["phone"].personal
    assert report.types()["fault_type"].options == ("困人", "冒烟", "异响", "门机故障")
