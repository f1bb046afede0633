"""Before a second report about the same thing: what is under way already, and adding to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from starlette.responses import Response

from flowkit.errors import RefusedError
from flowkit.runtime.lists import CaseRow
from flowkit.runtime.under_way import UnderWayView
from flowkit.web.shell import called, people, telling
from flowkit.web.site import Ask


@dataclass(frozen=True, slots=True)
class Told:
    """One of them on the page: `row` for whom it is there to be seen, else only how far it has come."""

    words: str
    row: CaseRow | None


@dataclass(frozen=True, slots=True)
class Alike:
    """All that is under way. `marks` go with the form: of these he has been told; `things` are each with its cases."""

    marks: str
    things: tuple[tuple[str, tuple[Told, ...]], ...]


def told_of(ask: Ask, found: Sequence[UnderWayView]) -> Alike | None:
    if not found:
        return None
    names = people(ask, {actor for each in found if each.row is not None for actor in each.row.owner})
    text, tell, things = ask.language.text, telling(ask), dict[tuple[str, str], list[Told]]()
    for each in found:
        cases = things.setdefault(each.thing, [])
        stands = ask.language.called(each.progress or (each.row.node_title if each.row is not None else ""))
        stands = stands or text("正在办理")
        if each.row is None:
            cases.append(Told(stands, None))
            continue
        who = called(ask, names, each.row.owner)
        since = text("{at} 报的", at=tell.moment(each.row.created))
        cases.append(Told(" · ".join(part for part in (since, stands, who) if part), each.row))
    called_so = ((f"{ask.language.called(title)} {key}", tuple(told)) for (title, key), told in things.items())
    return Alike(",".join(each.mark for each in found), tuple(called_so))


def added(ask: Ask, by: str, case: str, words: str, key: str) -> Response:
    """What was typed becomes a comment on that case, and whoever has it is urged, unless he was a moment ago."""
    if not words:
        done = ask.kit.act(case, "urge", by=by, key=key)
    else:
        comment = {"text": ask.language.text("又有人来报：{words}", words=words)}
        done = ask.kit.act(case, "comment", comment, by=by, key=key)
        with suppress(RefusedError):
            ask.kit.act(case, "urge", by=by, key=f"{key}/urge"[-200:])
    said = ask.language.text("已补充到 {number}" if words else "已催办 {number}", number=done.number)
    return ask.go(f"/cases/{done.id}", said)
