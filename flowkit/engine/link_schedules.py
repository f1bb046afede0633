"""Linking of a schedule: what it begins, for which records of which entity, and since when it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowkit.engine.instructions import Schedule
from flowkit.engine.library import Library
from flowkit.engine.link_children import link_start
from flowkit.engine.link_who import WhoLinker
from flowkit.engine.naming import Names
from flowkit.rules.language.expression import Expression, compile_expression, compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import BOOLEAN, DATE, DATETIME, Type
from flowkit.rules.schedule import ScheduleDefinition
from flowkit.suggest import did_you_mean

_MOMENTS = ("datetime", "date", "any")


def link_schedule(
    definition: ScheduleDefinition, library: Library, attributes: Callable[[str], Mapping[str, Type] | None]
) -> Schedule | None:
    """`attributes` tells how expressions see the records of an entity. None, and findings, where it cannot begin anything."""
    names: dict[str, Type] = {"now": DATETIME, "today": DATE}
    entity = definition.entity
    if entity is not None:
        fields = attributes(entity.typed)
        if fields is None:
            known = library.business.entities
            message, help = f'no entity "{entity.typed}"', did_you_mean(entity.typed, known)
            library.findings.error("unknown-name", entity.place, message, help)
            return None
        names["row"] = Type("record", optional=False, members=lambda: fields)
    scope = Scope(names)
    start = link_start(definition.start, None, scope, library, WhoLinker(library, Names(library)).link)
    when = since = None
    if definition.when is not None:
        when = compile_expression(definition.when, scope, library.findings, BOOLEAN)
    if definition.since is not None:
        since = _moment(compile_setting(definition.since, scope, library.findings), definition, library)
    if library.business.calendar is None and definition.in_business_time:
        message = "it counts business time, and there is no calendar"
        help = 'write calendar: {mon-fri: "09:00-18:00"} in the app'
        library.findings.error("no-calendar", definition.place, message, help)
    if start is None:
        return None
    if start.applicant is not None and start.applicant.kind != "expression":
        message = f"nobody applies for what comes by the calendar, so there is no {start.applicant.kind}"
        library.findings.error("wrong-kind", definition.start.place, message, "such as applicant: =row.customer")
        return None
    return Schedule(definition, start, when, since)


def _moment(since: Expression | None, definition: ScheduleDefinition, library: Library) -> Expression | None:
    if since is None or since.type.kind in _MOMENTS:
        return since
    assert definition.since is not None
    message = f"expected a date or a moment, found {since.type.words}"
    library.findings.error("type-mismatch", definition.since.place, message, "such as since: =row.last_service")
    return None
