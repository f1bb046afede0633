"""What went wrong: cases that nobody was found for or at which a machine gave up, and messages that could not be delivered."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from flowkit.errors import RefusedError
from flowkit.web.pages.page import Page
from flowkit.web.shell import called, page, people, refused, telling, tools, workflow_title
from flowkit.web.site import Ask
from flowkit.web.wording import told


def incidents(ask: Ask) -> Response:
    _only_caretakers(ask)
    caught, tell = ask.kit.caught(ask.by), telling(ask)
    names = people(ask, {actor for each in caught for actor in each.owner})
    return page(
        ask,
        "incidents.html",
        caught=[
            {
                "case": each.case,
                "number": each.number,
                "title": workflow_title(ask, each.workflow),
                "node": ask.language.called(each.title),
                "owner": called(ask, names, each.owner),
                "since": tell.moment(each.since) if each.since is not None else "",
                "reason": told(ask.language, each.reason),
                "retry": ask.kit.case(each.case, ask.by).incident is not None,
            }
            for each in caught[:100]
        ],
        dead=ask.kit.outbox("dead", ask.by)[:200],
        stuck=ask.kit.stuck(ask.by)[:200],
    )


def retry(ask: Ask) -> Response:
    _only_caretakers(ask)
    if key := str(ask.form.get("key") or ""):
        if key not in {effect.key for effect in ask.kit.outbox("dead", ask.by)}:
            raise HTTPException(404)
        ask.kit.resend(key)
        return ask.go("/incidents", ask.language.text("正在重发"))
    try:
        done = ask.kit.retry(str(ask.form.get("case") or ""), ask.by)
    except RefusedError as error:
        return ask.go("/incidents", refused(ask, error))
    return ask.go("/incidents", ask.language.text("已重试：{number}", number=done.number))


def _only_caretakers(ask: Ask) -> None:
    if "incidents" not in tools(ask):
        raise HTTPException(404)


PAGES = (Page("/incidents", incidents), Page("/incidents/retry", retry, post=True, get=False))
