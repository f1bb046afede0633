"""A case: what, where, whose, due when and why then; what was done, why, files, messages, and who stands around it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response

from flowkit.insight.explain import Entry, Explanation
from flowkit.insight.words import Words
from flowkit.kit import CaseView, SignatureView
from flowkit.runtime.names import Names
from flowkit.runtime.views import RelativeView
from flowkit.web.languages import Language
from flowkit.web.pages.page import Page
from flowkit.web.sent_back import sent_back
from flowkit.web.shell import called, name, names_of, offered, page, people, telling, workflow_title
from flowkit.web.showing import Shown, at_hand, on_file, shown_values
from flowkit.web.site import Ask
from flowkit.web.telling import ENDS, Due, Telling
from flowkit.web.wording import plain, spelt, told

TABS = ("story", "values", "messages")

ICONS = {
    "created": ("ok", "ok"),
    "acted": ("ok", "ok"),
    "answered": ("pen", ""),
    "scored": ("chart", ""),
    "decided": ("list", ""),
    "assigned": ("me", ""),
    "escalated": ("warn", "warn"),
    "reassigned": ("me", "warn"),
    "incident": ("stop", "bad"),
    "fired": ("clock", "warn"),
    "notified": ("out", ""),
    "called": ("out", ""),
    "ended": ("ok", "ok"),
    "asked": ("stamp", ""),
    "signed": ("stamp", "ok"),
    "advised": ("pen", ""),
    "concluded": ("stamp", "ok"),
    "delegated": ("me", ""),
    "signers_added": ("me", ""),
    "signer_removed": ("cross", ""),
    "taken_back": ("back", "warn"),
    "edited": ("pen", ""),
    "claimed": ("me", ""),
    "put_back": ("back", ""),
    "resumed": ("ok", ""),
    "replied": ("ok", ""),
    "late": ("warn", "warn"),
    "suspended": ("hold", "warn"),
    "commented": ("pen", ""),
}
"""How each kind of event looks; those without one are told only in the whole story."""

WHYS = frozenset({"scored", "decided", "assigned", "escalated", "reassigned"})
"""Kinds whose reasons people ask for: each is a question of its own."""

SIGNED = {
    "waiting": ("s0", "还没轮到", "later"),
    "open": ("s2", "待签", "now"),
    "approved": ("ok", "同意", "ok"),
    "rejected": ("stop", "拒绝", "bad"),
    "returned": ("back", "退回", "warn"),
    "removed": ("cross", "已减签", "later"),
    "closed": ("cross", "不再请", "later"),
}


SENT = {
    "done": ("ok", "已送出", "ok"),
    "pending": ("s1", "等待发送", ""),
    "dead": ("stop", "没有送到", "bad"),
    "dropped": ("cross", "没有发", ""),
}
"""What became of a message."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the story."""

    icon: str
    tone: str
    who: str
    what: str
    at: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One question and its answer, as it was judged then."""

    question: str
    result: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signing:
    """One signature that is wanted."""

    icon: str
    tone: str
    who: str
    state: str
    at: str
    opinion: str
    added_by: str


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    due: Due
    at: str
    then: str
    why: tuple[str, ...]


def case(ask: Ask) -> Response:
    found = ask.kit.case(ask.param("case"), ask.by)
    tab = ask.query.get("tab", TABS[0])
    names, tell = names_of(ask, found.id, ask.by), telling(ask)
    story = ask.kit.explain(found.id, ask.by, ask.language.look)
    values, filed = (
        values_of(ask, found, names),
        on_file(ask, found, Words(names, ask.kit.app.settings.timezone)),
    )
    context: dict[str, Any] = {
        "case": found,
        "tab": tab if tab in TABS else TABS[0],
        **header(ask, found, names, tell),
        "steps": [_step(entry, tell, names) for entry in story.entries if entry.kind in ICONS],
        "reasons": _reasons(story, names, ask.language),
        "values": values,
        "on_file": filed,
        "at_hand": at_hand([*values, *(each for _, shown in filed for each in shown)]),
        "files": ask.kit.files(found.id, ask.by),
        "messages": _messages(ask, found, names, tell) if tab == "messages" else [],
        **_offered(ask, found),
        "family": [_relative(ask, each) for each in found.relatives],
        "comments": [(name(names, c.by), tell.moment(c.at), c.text) for c in found.comments],
        "copies": [(name(names, c.to), c.read is not None) for c in found.copies],
        "followers": [name(names, each) for each in found.followers],
        "print": ask.query.get("print") == "1",
        "key": secrets.token_urlsafe(16),
    }
    return page(ask, "case.html", **context)


FIRST = ("retry", "approve", "reject", "return", "mark_read", "resume", "claim")
"""Operations that somebody opened the case for: they stand beside the actions."""


def _offered(ask: Ask, found: CaseView) -> dict[str, Any]:
    """What he may do: first what the case waits for, then all else."""
    first = [each for name in FIRST for each in found.operations if each[0] == name]
    besides = [each for each in found.operations if each not in first]
    return {"main": offered(ask, [*found.actions, *first]), "besides": offered(ask, besides)}


def header(ask: Ask, found: CaseView, names: Names, tell: Telling) -> dict[str, Any]:
    """What every page about a case says first."""
    workflow = names.workflow
    back = sent_back(found, ask.kit.history(found.id, ask.by), names)
    return {
        "sent_back": (name(people(ask, {back.by}), back.by), ask.language.called(back.action), back.words)
        if back
        else None,
        "title": workflow_title(ask, found.workflow),
        "card": ask.kit.cards([found.id], ask.by)[found.id],
        "state": tell.state(
            workflow, found.node, found.node_title, outcome=found.outcome, stands=found.suspended is not None
        ),
        "due": tell.due(found.due, found.created, found.late),
        "owners": called(ask, names, found.owner),
        "helpers": called(ask, names, found.helpers),
        "applicant": called(ask, names, [found.applicant]),
        "created": tell.moment(found.created),
        "deadlines": [_deadline(d.due, d.then, d.why, tell) for d in found.deadlines],
        "signatures": [_signing(ask, s, names, tell) for s in found.signatures],
        "returned": _signing(ask, found.returned, names, tell) if found.returned is not None else None,
        "suspended": (name(names, found.suspended.by), tell.moment(found.suspended.at), found.suspended.reason)
        if found.suspended is not None
        else None,
    }


def values_of(ask: Ask, found: CaseView, names: Names) -> list[Shown]:
    """What it holds: the fields it began with, then each form filled in on the way."""
    return shown_values(ask, found, Words(names, ask.kit.app.settings.timezone))


def _messages(ask: Ask, found: CaseView, names: Names, tell: Telling) -> list[dict[str, str]]:
    """What was sent, to whom, and what became of it."""
    known = people(ask, {message.to for message in ask.kit.messages(found.id, ask.by)})
    channels = ask.kit.app.channels
    return [
        {
            "title": ask.language.told(message.title),
            "text": told(ask.language, message.text),
            "at": tell.moment(message.at),
            "to": name(known, message.to),
            "channel": ask.language.called(channels[message.channel].title)
            if message.channel in channels
            else message.channel,
            "note": told(ask.language, message.note),
            "icon": SENT[message.state][0],
            "state": ask.language.text(SENT[message.state][1]),
            "tone": SENT[message.state][2],
        }
        for message in ask.kit.messages(found.id, ask.by)
    ]


def _relative(ask: Ask, each: RelativeView) -> dict[str, str]:
    text = ask.language.text
    how = text("上级") if each.how == "parent" else text("下级")
    state = (
        ask.language.text(ENDS[each.outcome])
        if each.outcome in ENDS
        else text("在办")
        if not each.outcome
        else each.outcome
    )
    return {
        "case": each.case,
        "number": each.number,
        "how": how,
        "told": f"{workflow_title(ask, each.workflow)} · {state}",
    }


def _deadline(due: datetime, then: str, why: tuple[str, ...], tell: Telling) -> DeadlineRow:
    due_told = tell.due(due)
    assert due_told is not None
    said = tell.language
    parts = said.text("，").join(said.told(spelt(part, said.told)) for part in then.split(","))
    return DeadlineRow(due_told, tell.moment(due), parts, tuple(told(said, spelt(line, said.told)) for line in why))


def _signing(ask: Ask, signature: SignatureView, names: Names, tell: Telling) -> Signing:
    icon, state, tone = SIGNED[signature.state]
    who = signature.by or ""
    return Signing(
        icon,
        tone,
        called(ask, names, [who] if who else signature.holders),
        ask.language.text(state),
        tell.moment(datetime.fromisoformat(signature.at)) if signature.at else "",
        signature.opinion,
        name(names, signature.added_by) if signature.added_by else "",
    )


def _step(entry: Entry, tell: Telling, names: Names) -> Step:
    icon, tone = ICONS[entry.kind]
    why = tuple(plain(line, names, tell.language) for line in entry.brief)
    who, what = plain(entry.who, names, tell.language), plain(entry.what, names, tell.language)
    return Step(icon, tone, who, what, tell.moment(entry.at), why)


def _reasons(story: Explanation, names: Names, said: Language) -> list[Reason]:
    """The latest answer to each question first: that is the one that holds now."""
    found: dict[str, Reason] = {}
    for entry in story.entries:
        if entry.kind in WHYS and entry.brief:
            what, _, result = entry.what.partition(": ")
            lines = tuple(plain(line, names, said) for line in entry.brief)
            found[what] = Reason(plain(what, names, said), plain(result, names, said), lines)
    return list(found.values())


PAGES = (Page("/cases/{case}", case),)
