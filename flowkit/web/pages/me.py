"""Me: who does my work while I am away, which language, which password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from starlette.responses import Response

from flowkit.errors import RefusedError
from flowkit.runtime.options import OptionView
from flowkit.web import passwords
from flowkit.web.pages.page import Page
from flowkit.web.pages.signing_in import begin
from flowkit.web.shell import is_staff, name, page, people, refused, telling, workflow_title
from flowkit.web.site import Ask


def me(ask: Ask) -> Response:
    return _page(ask)


def _page(ask: Ask, problem: str = "", status: int = 200, about: str = "") -> Response:
    tell, staff = telling(ask), is_staff(ask)
    standing = ask.kit.substitutions(ask.by) if staff else []
    names = people(ask, {actor for each in standing for actor in (each.person, each.substitute)})
    roles = ask.kit.app.business.roles
    return page(
        ask,
        "me.html",
        status,
        staff=staff,
        roles=[ask.language.called(roles.get(role, role)) for role in ask.kit.roles(ask.by)],
        standing=[
            (
                each.id,
                name(names, each.person),
                name(names, each.substitute),
                tell.moment(each.since),
                tell.moment(each.until),
                _titles(ask, each.workflows),
            )
            for each in standing
        ],
        colleagues=_colleagues(ask) if staff else [],
        workflows={name: workflow_title(ask, name) for name in ask.kit.app.workflows},
        typed=ask.form,
        chosen=_workflows(ask),
        problem=problem,
        about=about,
        own=ask.site.authenticate is None and ask.site.demo is None,
    )


def _colleagues(ask: Ask) -> list[OptionView]:
    return [OptionView(actor, label) for actor, label in ask.kit.colleagues() if actor != ask.by]


def _workflows(ask: Ask) -> list[str]:
    """Those that are chosen in the form."""
    return [str(each) for each in ask.form.getlist("workflow")]


def _titles(ask: Ask, workflows: Sequence[str] | None) -> str:
    if workflows is None:
        return ask.language.text("所有流程")
    return ask.language.text("、").join(workflow_title(ask, each) for each in workflows)


def substitute(ask: Ask) -> Response:
    try:
        since, until = (_moment(str(ask.form.get(field) or "")) for field in ("since", "until"))
        # None chosen means all, as it says there.
        who, named = str(ask.form.get("substitute") or ""), _workflows(ask) or None
        ask.kit.substitute(ask.by, who, since, until, named, by=ask.by)
    except RefusedError as error:
        return _page(ask, refused(ask, error), 422, "substitute")
    return ask.go("/me", ask.language.text("代理已设好"))


def end(ask: Ask) -> Response:
    ask.kit.end_substitution(str(ask.form.get("id") or ""), ask.by)
    return ask.go("/me", ask.language.text("代理已结束"))


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError("invalid", "请填写开始和结束的时间") from None


def language(ask: Ask) -> Response:
    code = str(ask.form.get("language") or "")
    back = str(ask.form.get("back") or "/")
    answer = ask.back(back)
    if code in ask.site.languages:
        ask.keep(answer, "flowkit_language", code, 365 * 86_400)
    return answer


def password(ask: Ask) -> Response:
    if ask.site.authenticate is not None:
        return ask.go("/me")
    own = next((account for account in ask.kit.accounts.listed() if account.actor == ask.by), None)
    try:
        found = ask.kit.accounts.attempt(own.name) if own is not None else None
        with ask.site.checking:
            right = passwords.is_right(found[1] if found is not None else None, str(ask.form.get("old") or "")[:200])
            if own is None or not right:
                raise RefusedError("invalid", "现在的密码不对")
            ask.kit.accounts.accept(own.name)
            fresh = passwords.kept(str(ask.form.get("new") or ""))
        ask.kit.accounts.keep(own.name, ask.by, fresh)
    except RefusedError as error:
        return _page(ask, refused(ask, error), 422, "password")
    answer = ask.go("/me", ask.language.text("密码已改，其他地方已退出"))
    begin(ask, answer, ask.by)
    return answer


PAGES = (
    Page("/me", me),
    Page("/me/substitute", substitute, post=True, get=False),
    Page("/me/end-substitute", end, post=True, get=False),
    Page("/me/password", password, post=True, get=False),
    Page("/language", language, public=True, post=True, get=False),
)
