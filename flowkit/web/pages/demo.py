"""Trying a business out: being anybody, pushing the clock on, reading what would have gone out."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.responses import Response

from flowkit.web.links import progress_path, report_path
from flowkit.web.pages.page import Page
from flowkit.web.pages.signing_in import begin
from flowkit.web.shell import page, telling
from flowkit.web.site import Ask
from flowkit.web.wording import told

_LINK = re.compile(r"[:,\uff1a\uff0c]?\s{0,2}(https?://[!-~]*)?/(cases|progress)/[!-~]+$")
"The link at the end of a message, and nothing of the words before it; the page shows it beside the message."

LONGEST_SEARCH = 100

STEPS = (5, 30, 240, 1440)
"Minutes by which the clock can be pushed on."


def start(ask: Ask) -> Response:
    """Who there is to be, and the doors that outsiders come by."""
    demo = ask.site.demo
    assert demo is not None
    intakes = [each for each in ask.kit.intakes(None) if not each.desk]
    doors = [
        (ask.language.called(intake.title), label, report_path(ask.site.signer, intake.name, key))
        for intake in intakes
        for key, label in (ask.kit.intake_records(intake.name)[:3] if intake.per else [("", "")])
    ]
    wanted = ask.query.get("who", "")
    found = demo.cast.found(wanted[:LONGEST_SEARCH])
    return page(ask, "demo.html", cast=demo.cast, doors=doors, wanted=wanted, found=found)


def be(ask: Ask) -> Response:
    actor = str(ask.form.get("actor") or "")
    if ask.site.demo is None or ask.site.demo.cast.one(actor) is None:
        raise HTTPException(404)
    answer = ask.go("/tasks")
    begin(ask, answer, actor)
    return answer


def push(ask: Ask) -> Response:
    minutes = str(ask.form.get("minutes") or "")
    if ask.site.demo is None or minutes not in {str(step) for step in STEPS}:
        raise HTTPException(404)
    ask.site.demo.push(int(minutes))
    back = str(ask.form.get("back") or "")
    tell = telling(ask)
    now = ask.kit.clock.now()
    at = f"{tell.day(now)} {now.astimezone(tell.zone):%H:%M}"
    answer = ask.back(back, ask.language.text("时钟已拨到 {at}", at=at))
    if ask.actor:
        # Whoever pushes the clock has not been away for so long.
        begin(ask, answer, ask.actor)
    return answer


def messages(ask: Ask) -> Response:
    demo = ask.site.demo
    assert demo is not None
    customers = ask.kit.app.customer_entity
    cases = list(dict.fromkeys(str(message["case"]) for message in demo.messages if message["case"]))
    seen = ask.kit.cards(cases, ask.actor) if ask.actor else {}
    shown = []
    for message in demo.messages:
        actor, case = str(message["actor"]), str(message["case"])
        outside = actor.partition(":")[0] == customers and case
        channel = ask.kit.app.channels.get(str(message["channel"]))
        shown.append(
            {
                **message,
                "seen": case in seen,
                "title": ask.language.told(str(message["title"])),
                "to": ask.language.called(str(message["to"])),
                "text": _LINK.sub("", told(ask.language, str(message["text"]))),
                "channel": ask.language.called(channel.title) if channel is not None else message["channel"],
                "link": ask.url(progress_path(ask.site.signer, case, actor)) if outside else "",
            }
        )
    return page(ask, "messages.html", messages=shown)


PAGES = (
    Page("/demo", start, public=True, demo=True),
    Page("/demo/be", be, public=True, post=True, get=False, demo=True),
    Page("/demo/clock", push, public=True, post=True, get=False, demo=True),
    Page("/demo/messages", messages, public=True, demo=True),
)
