"""Signing in and out, with accounts of our own."""

from __future__ import annotations

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.responses import Response

from flowkit.errors import RefusedError
from flowkit.web import guard
from flowkit.web.pages.page import Page
from flowkit.web.passwords import is_right
from flowkit.web.shell import page
from flowkit.web.site import Ask, local

CARRIED = ("f-", "q-", "_key", "_visit", "_also", "_me")
"How names begin of what is carried over signing in: what was typed into a form of ours."

MOST_CARRIED = 200_000
"Characters; whatever is longer must be typed anew."


def sign_in(ask: Ask) -> Response:
    if ask.site.authenticate is not None:
        # The host signs people in, and has pages of its own for it.
        raise HTTPException(404)
    if not ask.sent:
        return ask.go("/") if ask.actor else _page(ask, local(ask.query.get("next", "")), [])
    name, password = (str(ask.form.get(field) or "")[:200] for field in ("name", "password"))
    after = local(str(ask.form.get("next") or ""))
    carried = _carried(ask, "c.")
    actor = _known(ask, name.strip(), password)
    if actor is None:
        problem = ask.language.text("登录名或密码不对，请核对后再试。连续输错几次，就要等几分钟")
        return _page(ask, after, carried, problem)
    known = replace(ask, actor=actor, visitor=guard.new_visitor())
    # What one person has typed is nothing that another goes on with.
    if not (after and carried) or dict(carried).get("_me", "") not in ("", known.mark):
        answer = ask.back(after)
        begin(ask, answer, actor)
        return answer
    answer = page(known, "go_on.html", after=after, carried=carried)
    begin(known, answer, actor, known.visitor)
    return answer


def sign_in_first(ask: Ask) -> Response:
    """Who is not signed in, or no more: what he has typed goes with him, but for files."""
    carried = _carried(ask) if ask.sent else []
    if not carried:
        return ask.go("/sign-in", next="" if ask.sent else ask.here)
    files = any(not isinstance(value, str) and value.filename for _, value in ask.form.multi_items())
    note = ask.language.text("选好的文件登录后要再选一次。") if files else ""
    problem = ask.language.text("您已退出登录。填的内容都在，登录后接着办。") + note
    return _page(ask, ask.here, carried, problem)


def _page(ask: Ask, after: str, carried: list[tuple[str, str]], problem: str = "") -> Response:
    return page(ask, "sign_in.html", 422 if problem else 200, next=after, carried=carried, problem=problem)


def _carried(ask: Ask, begin: str = "") -> list[tuple[str, str]]:
    """What was typed into a form of ours, by the names it has there; nothing if it is too much."""
    given = [
        (n.removeprefix(begin), v) for n, v in ask.form.multi_items() if n.startswith(begin) and isinstance(v, str)
    ]
    found = [(name, value) for name, value in given if name.startswith(CARRIED)]
    return found if sum(len(name) + len(value) for name, value in found) <= MOST_CARRIED else []


def begin(ask: Ask, answer: Response, actor: str, visitor: str = "") -> None:
    """Let this browser be that person from now on, under marks that nobody can have planted before."""
    old = ask.request.cookies.get(guard.SESSION)
    if old:
        ask.kit.accounts.end_session(old)
    ask.keep(answer, guard.SESSION, ask.kit.accounts.begin_session(actor))
    ask.keep(answer, guard.VISITOR, visitor or guard.new_visitor(), guard.KNOWN_FOR)


def sign_out(ask: Ask) -> Response:
    if token := ask.request.cookies.get(guard.SESSION):
        ask.kit.accounts.end_session(token)
    answer = ask.go("/sign-in")
    for name in (guard.SESSION, guard.VISITOR):
        answer.delete_cookie(name, path=ask.root or "/")
    return answer


def _known(ask: Ask, name: str, password: str) -> str | None:
    """As whom the name signs in. As slow for a name there is not, and for one that is locked, and told in the same words."""
    try:
        found = ask.kit.accounts.attempt(name)
    except RefusedError:
        found = None
    with ask.site.checking:
        right = is_right(found[1] if found is not None else None, password)
    if found is None or not right:
        return None
    ask.kit.accounts.accept(name)
    return found[0]


def first(ask: Ask) -> Response:
    return ask.go("/tasks")


PAGES = (
    Page("/", first),
    Page("/sign-in", sign_in, public=True, post=True),
    Page("/sign-out", sign_out, public=True, post=True, get=False),
)
