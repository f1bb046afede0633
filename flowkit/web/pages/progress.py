"""A customer's own page: how far his case has come, in plain words, and what is his to do. Opened by a signed link."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from flowkit.engine.definition import Workflow
from flowkit.errors import RefusedError
from flowkit.kit import CaseView
from flowkit.runtime.forms import Acting
from flowkit.runtime.names import Names
from flowkit.web.filling import Filling
from flowkit.web.pages.case import values_of
from flowkit.web.pages.files import given_out, printed
from flowkit.web.pages.page import Page
from flowkit.web.shell import name, names_of, offered, page, refused, telling, workflow_title
from flowkit.web.showing import Shown
from flowkit.web.site import Ask

BESIDES = ("urge", "comment")
"Operations that a customer has on his page; of all the others he sees nothing."

OUTCOMES = {"done": "已完成", "rejected": "没有办成", "cancelled": "已取消", "closed": "已关闭"}


@dataclass(frozen=True, slots=True)
class Step:
    text: str
    at: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class Follower:
    """Who follows which case by this link."""

    token: str
    case: str
    actor: str


def _follower(ask: Ask) -> Follower:
    token = ask.param("token")
    parts = ask.site.signer.read("progress", token)
    if parts is None:
        raise HTTPException(404)
    return Follower(token, parts[0], parts[1])


def progress(ask: Ask) -> Response:
    return _page(ask, _follower(ask))


def _page(ask: Ask, follower: Follower, status: int = 200, problem: str = "", words: str = "") -> Response:
    """`words` is what he has typed and what was not taken."""
    found = ask.kit.case(follower.case, follower.actor)
    names = names_of(ask, found.id, follower.actor)
    workflow = names.workflow
    steps = _steps(ask, found, follower, workflow)
    staff = [holder for holder in found.owner if holder in names.people and holder != follower.actor]
    context = {
        "case": found,
        "actions": offered(ask, found.actions),
        "title": workflow_title(ask, found.workflow),
        "steps": steps,
        "now": steps[-1].text if steps else ask.language.called(found.node_title),
        "who": name(names, staff[0]) if staff else "",
        "mine": follower.actor in found.owner,
        **_told(ask, found, names, follower),
        "files": ask.kit.files(found.id, follower.actor),
        "link": ask.absolute + f"/progress/{follower.token}",
        "token": follower.token,
        "problem": problem,
        "besides": [name for name, _ in found.operations if name in BESIDES],
        "words": words,
        "key": secrets.token_urlsafe(16),
        "uploads": f"/progress/{follower.token}/uploads/",
    }
    return page(ask, "progress.html", status, **context)


def _told(ask: Ask, case: CaseView, names: Names, follower: Follower) -> dict[str, list[Shown]]:
    """What was filled in: `own` by him or for him, `others` by everybody else, of which he is told all while he must decide.

    What the business notes for itself is none of it. Of others the report comes first, then the latest form.
    """
    form, actor = names.workflow.form if names.workflow is not None else None, follower.actor
    asked = [n for n in case.values if form is not None and n in form.fields]
    answered = [e for e in ask.kit.history(case.id, actor) if e.kind == "answered"]
    given = {e.data["name"]: e.by for e in reversed(answered)} | {e.data["name"]: e.by for e in answered}
    his = [*(asked if case.applicant == actor else ()), *(n for n, by in given.items() if by == actor)]
    others = [n for n in asked if n not in his]
    if actor in case.owner:
        others += [n for n, by in given.items() if by != actor]

    def shown(wanted: list[str]) -> list[Shown]:
        some = replace(case, values={n: case.values[n] for n in wanted if n in case.values})
        # Whoever follows it is told no more than its customer.
        return [replace(each, link=None) for each in values_of(ask, some, names)]

    return {"own": shown(his), "others": shown(others)}


def _steps(ask: Ask, case: CaseView, follower: Follower, workflow: Workflow | None) -> list[Step]:
    """The places it has come through that mean something to a customer, each once in a row."""
    tell, said = telling(ask), _said(workflow)
    found: list[Step] = []
    for event in ask.kit.history(case.id, follower.actor):
        if event.kind == "entered":
            text = ask.language.called(said.get(str(event.data["node"]), ""))
            if text and (not found or found[-1].text != text):
                found.append(Step(text, tell.moment(event.at), "ok", "ok"))
    if case.outcome:
        end = ask.language.called(said.get(case.node, "")) or ask.language.text(
            OUTCOMES.get(case.outcome, case.outcome)
        )
        tone = "ok" if case.outcome == "done" else "warn"
        last = Step(
            end, tell.moment(case.ended) if case.ended is not None else "", tone, "ok" if tone == "ok" else "stop"
        )
        return [*(found[:-1] if found and found[-1].text == end else found), last]
    if found and _waits_for_another(ask, case, follower):
        # 请您确认 is said to whoever is asked, and to nobody else.
        found[-1] = replace(found[-1], text=ask.language.called(case.node_title))
    return [*found[:-1], Step(found[-1].text, found[-1].at, "now", "s2")] if found else []


def _waits_for_another(ask: Ask, case: CaseView, follower: Follower) -> bool:
    """Whether it is another customer's turn, say the one to whom the device belongs."""
    kind = ask.kit.app.business.customers
    return bool(case.owner) and all(h.partition(":")[0] == kind and h != follower.actor for h in case.owner)


def _said(workflow: Workflow | None) -> dict[str, str]:
    """What customers read at each node; where its author says nothing at all, the titles of places where people act."""
    nodes = workflow.nodes.values() if workflow is not None else ()
    told = {node.name: node.progress for node in nodes if node.progress}
    return told or {node.name: node.title for node in nodes if node.kind not in ("route", "end")}


def act(ask: Ask) -> Response:
    follower = _follower(ask)
    found = ask.kit.case(follower.case, follower.actor)
    titles, action = dict(offered(ask, found.actions)), ask.param("action")
    if action not in titles and action in BESIDES:
        return _beside(ask, follower, action)
    if action not in titles:
        return _page(ask, follower, 409, ask.language.text("这一步已经办过了，或者现在不用您办。"))
    sent = str(ask.form.get("_visit") or "")
    visit = int(sent) if sent.isdecimal() and len(sent) < 10 else found.visit
    filling = Filling(ask, Acting(found.id, action), follower.actor)

    def send(given: dict[str, Any], key: str) -> Response:
        try:
            ask.kit.act(found.id, action, given, by=follower.actor, key=key, visit=visit, visitor=ask.holder)
        except RefusedError as error:
            if error.problems or error.code == "key-reused":
                raise
            return _page(ask, follower, 409, refused(ask, error))
        return ask.go(f"/progress/{follower.token}", ask.language.text("已收到，谢谢您"))

    context = {"case": found, "action": action, "action_title": titles[action], "visit": visit, "token": follower.token}
    names = names_of(ask, found.id, follower.actor)
    return filling.answer(
        "progress_act.html",
        send,
        **context,
        acts=f"/progress/{follower.token}/do/",
        uploads=f"/progress/{follower.token}/uploads/",
        files=ask.kit.files(found.id, follower.actor),
        mine=follower.actor in found.owner,
        **_told(ask, found, names, follower),
    )


def _beside(ask: Ask, follower: Follower, operation: str) -> Response:
    """Urge or comment from the page itself; whether he may now, the engine judges. Of what others said he is told nothing."""
    back, text = f"/progress/{follower.token}", ask.language.text
    if not ask.sent:
        return ask.go(back)
    words = str(ask.form.get("words") or "").strip() if operation == "comment" else ""
    if operation == "comment" and not words:
        return _page(ask, follower, 422, text("请写下您想说的话。"))
    key = str(ask.form.get("_key") or secrets.token_urlsafe(16))
    try:
        ask.kit.act(follower.case, operation, {"text": words} if words else {}, by=follower.actor, key=key)
    except RefusedError as error:
        return _page(ask, follower, 409, _why_not(ask, error), words)
    return ask.go(back, text("留言已送到，办理的人看得到") if words else text("已经替您催了，办理的人会收到提醒"))


def _why_not(ask: Ask, error: RefusedError) -> str:
    """A refusal in words that are for somebody from outside: none of the people whom a name may mean."""
    if error.code == "key-reused":
        return ask.language.text("这里刚留过一次言，内容不同。要再留这一句，请再点一次“留言”。")
    if any(problem.code == "ambiguous" for problem in error.problems):
        return ask.language.text("用 @ 提到的名字不止一位。请去掉 @ 再留言。")
    return refused(ask, error)


def uploaded(ask: Ask) -> Response:
    follower = _follower(ask)
    found = ask.kit.upload_content(
        follower.case, ask.param("upload"), follower.actor, thumbnail=ask.query.get("small") == "1"
    )
    return given_out(found.content, found.mime, found.name)


def filed(ask: Ask) -> Response:
    """A printed page of the case: what the customer signs, his copy to keep."""
    follower = _follower(ask)
    file = next((f for f in ask.kit.files(follower.case, follower.actor) if f.id == ask.param("file")), None)
    content = ask.kit.file(file.id, follower.actor) if file is not None else None
    if file is None or content is None:
        raise HTTPException(404)
    return printed(ask, file, content)


PAGES = (
    Page("/progress/{token}/files/{file:path}", filed, public=True),
    Page("/progress/{token}", progress, public=True),
    Page("/progress/{token}/do/{action}", act, public=True, post=True),
    Page("/progress/{token}/uploads/{upload}", uploaded, public=True),
)
