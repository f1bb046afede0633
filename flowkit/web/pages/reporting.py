"""Doors from outside: a code on a machine, a link, a desk at which somebody else types. And the codes to be printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import segno
from starlette.exceptions import HTTPException
from starlette.responses import Response

from flowkit.fields.definition import Field
from flowkit.kit import IntakeInfo
from flowkit.runtime.forms import Entering
from flowkit.runtime.intake_views import IntakeForm
from flowkit.web.filling import Filling
from flowkit.web.links import progress_path, report_path
from flowkit.web.pages.page import Page
from flowkit.web.shell import called, page, people, telling, tools
from flowkit.web.site import Ask

A_SHEET = 60
"How many codes one sheet shows."


def report(ask: Ask) -> Response:
    """What a code or a link opens: it reports a fault, and tells nothing of what was there before."""
    parts = ask.site.signer.read("intake", ask.param("token"))
    if parts is None:
        raise HTTPException(404)
    return _door(ask, parts[0], parts[1] or None)


def opened(ask: Ask) -> Response:
    """A door that is of no single record, by its name."""
    intake = next((i for i in ask.kit.intakes(None) if i.name == ask.param("intake") and i.per is None), None)
    if intake is None:
        raise HTTPException(404)
    return _door(ask, intake.name, None)


def _door(ask: Ask, intake: str, record: str | None) -> Response:
    form = ask.kit.intake_form(intake, record)
    filling = Filling(ask, Entering(intake, record), None, warns=True)

    def send(given: dict[str, Any], key: str) -> Response:
        done = ask.kit.take_in(intake, given, by=None, record=record, key=key, visitor=ask.holder)
        return ask.go(progress_path(ask.site.signer, done.id, done.applicant))

    return filling.answer("report.html", send, form=form, stands=_stands(ask, form))


def _stands(ask: Ask, form: IntakeForm) -> str:
    """Where the thing stands for which a door is made: the other records that the door fills in, as people call them."""
    pointed = [
        (form.form.fields[name].entity or "", str(form.values[name]))
        for name in form.form.fields
        if name in form.fixed and form.values.get(name) != form.record and form.values.get(name)
    ]
    labels = ask.kit.labels(each for each in pointed if each[0])
    return "、".join(labels[each] for each in pointed if each in labels)


def desk(ask: Ask) -> Response:
    """A clerk types for whoever calls: the number first, which finds who it is, his devices and his open cases."""
    intake = _desk(ask)
    value = str(ask.form.get("caller") or ask.query.get("caller", "")).strip()[:60]
    caller = ask.kit.caller(value, ask.by) if value else None
    form = ask.kit.intake_form(intake.name, by=ask.by)
    known = {form.applicant: value} if form.applicant and value else {}
    filling = Filling(ask, Entering(intake.name), ask.by, known, warns=True)

    def send(given: dict[str, Any], key: str) -> Response:
        done = ask.kit.take_in(intake.name, given, by=ask.by, key=key)
        return ask.go(f"/cases/{done.id}", ask.language.text("已提交：{number}", number=done.number))

    cases = caller.open_cases if caller is not None else ()
    cards, tell = ask.kit.cards([row.id for row in cases], ask.by), telling(ask)
    names = people(ask, {actor for row in cases for actor in row.owner})
    rows = [(row, cards.get(row.id), tell.due(row.due, None, row.late), called(ask, names, row.owner)) for row in cases]
    begun = _begun(form.form.fields, caller.devices if caller is not None else ())
    return filling.answer(
        "desk.html", send, intake=intake, form=form, caller=caller, value=value, rows=rows, begun=begun
    )


def _begun(fields: Mapping[str, Field], devices: tuple[tuple[str, str, str], ...]) -> list[tuple[str, str]]:
    """For each device of the caller what fills it into the form, as `FIELD=KEY`."""
    found = []
    for entity, key, label in devices:
        field = next((n for n, f in fields.items() if f.entity == entity), None)
        if field is not None:
            found.append((label, f"{field}={key}"))
    return found


def _desk(ask: Ask) -> IntakeInfo:
    found = next((i for i in ask.kit.intakes(ask.by) if i.desk and i.name == ask.param("intake")), None)
    if found is None:
        raise HTTPException(404)
    return found


def codes(ask: Ask) -> Response:
    """A sheet of codes to be printed and stuck on: one a record."""
    if "codes" not in tools(ask):
        raise HTTPException(404)
    doors = [intake for intake in ask.kit.intakes(None) if not intake.desk and intake.per is not None]
    intake = next((each for each in doors if each.name == ask.query.get("intake")), doors[0] if doors else None)
    if intake is None:
        return page(ask, "codes.html", doors=doors, intake=None, sheet=[], after="", q="")
    text = ask.query.get("q", "").strip()[:60]
    found = ask.kit.intake_records(intake.name, text=text, after=ask.query.get("after") or "", limit=A_SHEET + 1)
    sheet = []
    for key, label in found[:A_SHEET]:
        link = ask.absolute + report_path(ask.site.signer, intake.name, key)
        code = segno.make(link, error="m", micro=False).svg_inline(scale=4, border=2, omitsize=True)
        sheet.append((label or intake.title, key, code, link))
    after = found[A_SHEET - 1][0] if len(found) > A_SHEET else ""
    return page(ask, "codes.html", doors=doors, intake=intake, sheet=sheet, after=after, q=text)


PAGES = (
    Page("/report/{token}", report, public=True, post=True),
    Page("/open/{intake}", opened, public=True, post=True),
    Page("/desk/{intake}", desk, post=True),
    Page("/codes", codes),
)
