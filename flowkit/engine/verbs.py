"""What stands under `do`: score, decide, set, record, notify. Each adds events to a draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flowkit.engine.acting import with_substitutes
from flowkit.engine.approval.changes import reassigned
from flowkit.engine.approval.sheet import difference
from flowkit.engine.children import given, on_behalf, start
from flowkit.engine.draft import Draft
from flowkit.engine.instructions import (
    ROW_BY_ROW,
    DecideVerb,
    EscalateVerb,
    Guarded,
    NotifyVerb,
    PrintVerb,
    ReassignVerb,
    RecordVerb,
    ScoreVerb,
    SetVerb,
    StartVerb,
    Verb,
    Who,
)
from flowkit.engine.reach import Reach
from flowkit.engine.stored import as_stored, origins, refuse_in_the_open, store_value
from flowkit.engine.view import RecordView, World, environment
from flowkit.engine.who import as_roles, find, find_or_catch, people
from flowkit.errors import EvaluationError, RefusedError
from flowkit.fields.definition import Field
from flowkit.fields.reading import computed, read
from flowkit.rules.language.templates import Template
from flowkit.values.types import VALUE_TYPES

WATCH = "查看"
"""What a task says that waits for others: its person sees how it goes, and has nothing to do."""


def perform(verb: Verb, draft: Draft, extra: Mapping[str, Any]) -> None:
    """Carry out one verb. Raises EvaluationError when an expression or a record's own rules do not allow it."""
    if not isinstance(verb, ROW_BY_ROW) and not _holds(verb, draft.world(**extra)):
        return
    match verb:
        case ScoreVerb():
            _score(verb, draft, extra)
        case DecideVerb():
            _decide(verb, draft, extra)
        case SetVerb():
            _set(draft, verb.values, draft.world(**extra))
        case RecordVerb():
            _record(verb, draft, extra)
        case NotifyVerb():
            notify(verb, draft, extra)
        case PrintVerb():
            _print(verb, draft, extra)
        case StartVerb():
            _start(verb, draft, extra)
        case ReassignVerb():
            world = draft.world(**extra)
            found = find_or_catch(verb.to, world, _not_to_sign(draft))
            owned = {"owner": list(found.holders), "why": found.why, **as_roles(found, world)}
            draft.add("reassigned", **owned, **_seats(draft, found.holders))
            tell_task(draft, found.holders)
        case EscalateVerb():
            found = find_or_catch(verb.to, draft.world(**extra), _not_to_sign(draft))
            draft.add("escalated", to=list(found.holders), why=found.why)
            tell_task(draft, found.holders)


def _not_to_sign(draft: Draft) -> tuple[str, ...]:
    """The applicant, where he may not sign."""
    approval = draft.workflow.nodes[draft.case.node].approval
    return (draft.case.applicant,) if approval is not None and approval.own != "allow" else ()


def _seats(draft: Draft, holders: tuple[str, ...]) -> dict[str, Any]:
    """What a new owner makes of an approval's sheet."""
    sheet = draft.case.sheet
    return {} if sheet is None else difference(sheet, reassigned(sheet, holders))


def _holds(verb: Guarded, world: World) -> bool:
    return verb.when is None or verb.when.evaluate(world) is True


def _score(verb: ScoreVerb, draft: Draft, extra: Mapping[str, Any]) -> None:
    card = verb.card
    result, reach = card.evaluate(draft.world(**extra)), Reach(draft.workflow)
    draft.add(
        "scored",
        card=card.name,
        title=card.title,
        result=as_stored(result.as_record()),
        band_title=result.band_title,
        set=_stored_fields(draft, result.sets),
        why=[
            {
                "label": w.label,
                "when": w.text,
                "hit": w.hit,
                "points": as_stored(w.points),
                "read": reach.masked(w.values),
            }
            for w in result.why
        ],
    )


def _decide(verb: DecideVerb, draft: Draft, extra: Mapping[str, Any]) -> None:
    table = verb.decision
    result, reach = table.evaluate(draft.world(**extra)), Reach(draft.workflow)
    personal = {name for name, asked in table.columns if reach.personal(asked.reads)}
    columns = {n: "***" if n in personal else as_stored(v) for n, v in result.why.columns.items()}
    types = {r.name: VALUE_TYPES[r.type] for r in table.definition.results}
    values = result.values
    draft.add(
        "decided",
        decision=table.name,
        title=table.title,
        result=None if values is None else {n: None if v is None else types[n].store(v) for n, v in values.items()},
        row=result.row,
        why={"columns": columns, "cells": dict(result.why.cells)},
    )


def _set(draft: Draft, values: Mapping[str, Any], world: World) -> None:
    draft.add("set", values=_stored_fields(draft, {n: e.evaluate(world) for n, e in values.items()}))


def _stored_fields(draft: Draft, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the case's own fields, read by each field's type."""
    fields = draft.workflow.fields
    read = {n: _read(fields[n], v, draft) for n, v in values.items()}
    return draft.stored(fields, read, draft.case.applicant, kept=origins(values))


def _read(definition: Field, value: Any, draft: Draft) -> Any:
    refuse_in_the_open(definition, value)
    if value is None:
        return None
    found = read(definition, computed(definition, value), environment(draft.world()))
    for misfit in found.misfits:
        raise EvaluationError(_told(definition, f"{definition.title}: {misfit.message}"))
    return found.value


def _told(definition: Field | None, message: str) -> str:
    """What is wrong with a value, without the value where it is personal: an incident stands in the open."""
    return f"{definition.title}: 这个值不合适" if definition is not None and definition.personal else message


def _print(verb: PrintVerb, draft: Draft, extra: Mapping[str, Any]) -> None:
    """Write down a page to be filed as it reads now; its personal parts are put in when it is made."""
    business, page = draft.workflow.business, verb.page
    text = page.text(draft.world(sealed=True, **extra), business.locale, business.settings.timezone)
    draft.add("printed", name=page.name, title=page.title, kind=page.kind, content=_pieces(text))


def _start(verb: StartVerb, draft: Draft, extra: Mapping[str, Any]) -> None:
    world = draft.world(**extra)
    rows = [None] if verb.each is None else verb.each.evaluate(world) or []
    for index, row in enumerate(rows):
        here = world if row is None else world.with_(row=row)
        if not _holds(verb, here):
            continue
        values = given(draft, verb.values, verb.fields, here)
        start(draft, verb.workflow, verb.title, values, index, on_behalf(verb.applicant, here))


def _record(verb: RecordVerb, draft: Draft, extra: Mapping[str, Any]) -> None:
    world = draft.world(**extra)
    rows = [None] if verb.each is None else verb.each.evaluate(world) or []
    for row in rows:
        here = world if row is None else world.with_(row=row)
        if not _holds(verb, here):
            continue
        record = verb.record.evaluate(here)
        if not isinstance(record, RecordView):
            said = verb.record.text.strip().removeprefix("=").strip()
            raise EvaluationError(f"“{said}”是空的,没有记录可改。如果可以没有,流程里要写 when: not empty({said})")
        _change(record, verb, draft, here)
        world = draft.world(**extra)


def _change(record: RecordView, verb: RecordVerb, draft: Draft, world: World) -> None:
    business = draft.workflow.business
    entity = business.entities[record.entity]
    setting = {n: e.evaluate(world) for n, e in verb.set.items()}
    for name, value in setting.items():
        if name in entity.fields:
            refuse_in_the_open(entity.fields[name], value)
    adding = {n: {c: e.evaluate(world) for c, e in row.items()} for n, row in verb.add.items()}
    try:
        set_, add = entity.change(record, setting, adding, business.settings, draft.world().record, business.roles)
    except RefusedError as refused:
        told = [_told(entity.fields.get(p.field.partition(".")[0]), p.message) for p in refused.problems]
        raise EvaluationError("; ".join([f"{record.actor}: {refused.message}", *told])) from refused
    # Personal fields of a record belong to that record.
    stored = draft.stored(entity.fields, set_, record.actor, f"{record.actor}/")
    if record.entity == business.units and (ring := draft.facts.people.tree.ring_with({record.key: stored})):
        raise EvaluationError(f"{entity.title}不能互相隶属: {' → '.join(ring)}")
    draft.add(
        "recorded",
        entity=record.entity,
        key=record.key,
        set=stored,
        add={n: {c: store_value((entity.fields[n].of or {})[c], v) for c, v in row.items()} for n, row in add.items()},
        old={n: record.stored.get(n) for n in set_},
    )


def notify(verb: NotifyVerb, draft: Draft, extra: Mapping[str, Any]) -> None:
    """Write down a message to be sent; who gets it is read now, the personal parts of its text at delivery."""
    world = draft.world(**extra)
    to = people(find(verb.to or Who("owner"), world).holders, world)
    if verb.to is None or verb.to.kind == "owner":
        to = with_substitutes(to, world)
    copies = people(find(verb.cc, world).holders, world) if verb.cc else ()
    sealed = draft.world(sealed=True, **extra)
    draft.add(
        "notified",
        notification=verb.name,
        to=[a for a in dict.fromkeys((*to, *copies)) if not a.startswith("system:")],
        channels=list(verb.channels or draft.workflow.business.channels),
        title="".join(s if isinstance(s, str) else "***" for s in _segments(verb.title, sealed)),
        text=_segments(verb.text, sealed),
        while_visit=draft.case.visit if verb.reminder else None,
    )
    give_copies(draft, copies)


def give_copies(draft: Draft, to: Iterable[str]) -> tuple[str, ...]:
    """Put the case before these people to be read; gives those to whom it is new. A second copy is none."""
    there = draft.case.collaboration.copies
    new = tuple(a for a in dict.fromkeys(to) if a not in there and not a.startswith("system:"))
    if new:
        draft.add("copied", to=list(new), visit=draft.case.visit)
    return new


def tell_task(draft: Draft, holders: tuple[str, ...]) -> None:
    """A task tells its people by itself."""
    world = draft.world()
    to = [a for a in with_substitutes(people(holders, world), world) if not a.startswith("system:")]
    node = draft.workflow.nodes[draft.case.node]
    returned = draft.case.returned
    why = f"(退回:{returned['opinion']})" if returned and returned["opinion"] else "(退回)" if returned else ""
    watching = draft.case.incident is None and draft.workflow.is_to_be_watched(node.name)
    draft.add(
        "notified",
        notification="",
        to=to,
        channels=list(draft.workflow.business.channels),
        title=WATCH if watching else "待办",
        text=[f"{draft.workflow.title} {draft.case.number}：{node.title}{why}"],
        while_visit=draft.case.visit,
    )


def _segments(template: Template | None, sealed: World) -> list[Any]:
    """The text with a reference in place of each personal value."""
    if template is None:
        return []
    business = sealed.workflow.business
    return _pieces(template.render(sealed, business.locale, business.settings.timezone))


def _pieces(text: str) -> list[Any]:
    pieces = text.split("\0")
    # Marks are \0REF\0, so every second piece is a reference.
    return [{"personal": piece} if i % 2 else piece for i, piece in enumerate(pieces) if piece or i % 2]
