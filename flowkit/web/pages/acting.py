"""Acting on a case: the form of an action or operation, and doing it."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from flowkit.errors import RefusedError
from flowkit.insight.words import Words
from flowkit.kit import CaseView
from flowkit.runtime.forms import Acting
from flowkit.web.filling import Filling
from flowkit.web.pages.case import header, values_of
from flowkit.web.pages.page import Page
from flowkit.web.pages.several import chosen, each_by_itself, told
from flowkit.web.shell import names_of, offered, page, refused, telling
from flowkit.web.showing import on_file
from flowkit.web.site import Ask
from flowkit.web.wording import deed, is_verb

GONE = frozenset({"stale", "ended", "not-yours", "not-offered", "unknown-action", "claimed"})
"Refusals that say that somebody else was faster, or that the case has gone on."

KEPT_BY_PAGES = (".kept", ".drop", ".rows", ".there", ".system", ".accuracy")
"How names end of what a form sends besides what was typed into it."


def act(ask: Ask) -> Response:
    case = ask.kit.case(ask.param("case"), ask.by)
    action = ask.param("action")
    titles = dict(offered(ask, (*case.actions, *case.operations)))
    visit = _visit(ask, case)
    if action not in titles:
        return _done_before(ask, case, action, visit) or _too_late(ask, case)
    filling = Filling(ask, Acting(case.id, action), ask.by)
    also = [each for each in _also(ask) if each != case.id]
    view = str(ask.form.get("_view") or ask.query.get("view") or "")
    names = names_of(ask, case.id, ask.by)
    context = {
        "case": case,
        "action": action,
        "acts": f"/cases/{case.id}/do/",
        "uploads": f"/cases/{case.id}/uploads/",
        "action_title": titles[action],
        "visit": visit,
        "also": ",".join(also),
        "others": list(ask.kit.cards(also, ask.by).values()),
        "board": view,
        "shown": values_of(ask, case, names),
        "on_file": on_file(ask, case, Words(names, ask.kit.app.settings.timezone)),
        **header(ask, case, names, telling(ask)),
    }

    def send(given: dict[str, Any], key: str) -> Response:
        try:
            done = ask.kit.act(case.id, action, given, by=ask.by, key=key, visit=visit)
        except RefusedError as error:
            if error.code in GONE:
                return _too_late(ask, case, refused(ask, error))
            raise
        said = _said(ask, titles[action], done.number)
        left = each_by_itself(ask, also, action, given, key)
        others = ask.language.text("，另外 {n} 件也已办", n=len(also) - len(left)) if also else ""
        return told(ask, f"/views/{view}" if also and view else _after(ask, case, done), said + others, left)

    try:
        return filling.answer("act.html", send, **context)
    except RefusedError as error:
        # Somebody else was faster, between the look at the case and the look at its form.
        return _too_late(ask, case, refused(ask, error))


def _said(ask: Ask, action: str, number: str) -> str:
    if is_verb(action):
        return ask.language.text("已{action}：{number}", action=deed(action), number=number)
    return ask.language.text("“{action}”已办：{number}", action=action, number=number)


def _also(ask: Ask) -> list[str]:
    """Other cases that were chosen together with this one, for the same."""
    return chosen(str(ask.form.get("_also") or ask.query.get("also") or "").split(","))


def _visit(ask: Ask, case: CaseView) -> int:
    """The visit for which the form was opened: what is sent for one that is over comes too late."""
    sent = ask.form.get("_visit")
    return int(sent) if isinstance(sent, str) and sent.isdecimal() and len(sent) < 10 else case.visit


def _after(ask: Ask, before: CaseView, after: CaseView) -> str:
    """Where to go on: who has no more to do with it goes back to what waits for him."""
    mine = bool(after.actions) or after.owner == (ask.by,)
    return f"/cases/{after.id}" if mine or after.visit == before.visit else "/tasks"


def _done_before(ask: Ask, case: CaseView, action: str, visit: int) -> Response | None:
    """Where this very form has gone already, and only its answer got lost: on, as if it had come."""
    key = str(ask.form.get("_key") or "")
    if not key:
        return None
    try:
        ask.kit.act(case.id, action, {}, by=ask.by, key=key, visit=visit)
    except RefusedError as error:
        # The key was used, with what was filled in.
        if error.code != "key-reused":
            return None
    return ask.gone(ask.go(f"/cases/{case.id}", ask.language.text("这张表单已经提交过，已经办了")), key)


def _too_late(ask: Ask, case: CaseView, message: str = "") -> Response:
    names, tell = names_of(ask, case.id, ask.by), telling(ask)
    typed = [value for name, value in ask.form.multi_items() if _is_text(name) and isinstance(value, str) and value]
    return page(ask, "too_late.html", 409, case=case, message=message, typed=typed, **header(ask, case, names, tell))


def _is_text(name: str) -> bool:
    """Whether what was sent under a name was typed, and not kept by the page for itself."""
    return name.startswith("f-") and not name.endswith(KEPT_BY_PAGES)


PAGES = (Page("/cases/{case}/do/{action}", act, post=True),)
