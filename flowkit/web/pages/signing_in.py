"""Signing in and out, with accounts of our own."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from flowkit.errors import RefusedError
from flowkit.web import guard
from flowkit.web.pages.page import Page
from flowkit.web.passwords import is_right
from flowkit.web.shell import page, refused
from flowkit.web.site import Ask


def sign_in(ask: Ask) -> Response:
    if ask.site.authenticate is not None:
        # The host signs people in, and has pages of its own for it.
        raise HTTPException(404)
    if not ask.sent:
        return (
            ask.go("/")
            if ask.actor
            else page(ask, "sign_in.html", next=_next(ask, ask.query.get("next", "")), problem="")
        )
    name, password = (str(ask.form.get(field) or "")[:200] for field in ("name", "password"))
    after = _next(ask, str(ask.form.get("next") or ""))
    try:
        actor = _known(ask, name.strip(), password)
    except RefusedError as error:
        return page(ask, "sign_in.html", 422, next=after, problem=refused(ask, error))
    if actor is None:
        problem = ask.language.text("登录名或密码不对，请核对后再试")
        return page(ask, "sign_in.html", 422, next=after, problem=problem)
    answer = ask.go(after or "/")
    begin(ask, answer, actor)
    return answer


def begin(ask: Ask, answer: Response, actor: str) -> None:
    """Let this browser be that person from now on, under marks that nobody can have planted before."""
    old = ask.request.cookies.get(guard.SESSION)
    if old:
        ask.kit.accounts.end_session(old)
    kept = {"path": ask.root or "/", "httponly": True, "samesite": "lax", "secure": ask.request.url.scheme == "https"}
    answer.set_cookie(guard.SESSION, ask.kit.accounts.begin_session(actor), **kept)  # type: ignore[arg-type]
    answer.set_cookie(guard.VISITOR, guard.new_visitor(), max_age=180 * 86_400, **kept)  # type: ignore[arg-type]


def sign_out(ask: Ask) -> Response:
    if token := ask.request.cookies.get(guard.SESSION):
        ask.kit.accounts.end_session(token)
    answer = ask.go("/sign-in")
    for name in (guard.SESSION, guard.VISITOR):
        answer.delete_cookie(name, path=ask.root or "/")
    return answer


def _known(ask: Ask, name: str, password: str) -> str | None:
    """As whom the name signs in, if the password is right. As slow for a name there is not. RefusedError when locked."""
    found = ask.kit.accounts.password(name)
    right = is_right(found[1] if found is not None else None, password)
    if found is None:
        return None
    ask.kit.accounts.tried(name, right=right)
    return found[0] if right else None


def _next(ask: Ask, path: str) -> str:
    """Where to go on, if it is a page of ours."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else ""


def first(ask: Ask) -> Response:
    return ask.go("/tasks")


PAGES = (
    Page("/", first),
    Page("/sign-in", sign_in, public=True, post=True),
    Page("/sign-out", sign_out, public=True, post=True, get=False),
)
