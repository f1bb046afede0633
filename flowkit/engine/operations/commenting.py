"""Comment: whoever may see a case says something about it, and names whom it concerns.

Such a text may hold anything about anybody, so it is kept as a personal value of the applicant and goes when he is erased.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowkit.engine.draft import Draft
from flowkit.engine.operations.operation import Operation, Values, operation_form
from flowkit.engine.seeing import is_staff, may_see, unseen
from flowkit.engine.telling import called, not_staff, tell, this_case
from flowkit.engine.view import World
from flowkit.errors import Problem, RefusedError, invalid

_AT = re.compile(r"(?<![A-Za-z0-9._-])[@＠]")
_WORD = re.compile(r"[A-Za-z0-9_]")
"""A mail address mentions nobody, and `@lion` is not `@li`."""

MOST = 500
"""How many comments a case holds: they are read with it at each step."""


def _cannot_comment(world: World, actor: str) -> RefusedError | None:
    if not may_see(actor, world):
        return unseen()
    if len(world.case.collaboration.comments) >= MOST:
        return RefusedError("too-many", f"这个工单已有 {MOST} 条评论,不能再加")
    return None


def _comment(draft: Draft, values: Values) -> None:
    assert COMMENT.form is not None
    world = draft.world()
    given = dict.fromkeys(values.get("mention") or ())
    strangers = [a for a in given if not (is_staff(a, world) or may_see(a, world))]
    problems = [Problem("mention", "unknown-actor", not_staff(actor, world), "提到") for actor in strangers]
    for name, meant in _named(values["text"], world):
        if len(meant) == 1 or not given.keys().isdisjoint(meant):
            given.update(dict.fromkeys(meant) if len(meant) == 1 else {})
        else:
            those = "、".join(meant)
            problems.append(Problem("text", "ambiguous", f"“@{name}”可能是 {those},请在“提到”里写明是哪一位", "评论"))
    if problems:
        raise invalid(*problems)
    text = draft.stored(COMMENT.form.fields, {"text": values["text"]}, draft.case.applicant, "comment/")
    draft.add("commented", **text, mention=list(given))
    said = f"{called(draft.by, world)}在{this_case(draft)}的评论里提到了您:"
    tell(draft, given, "评论", [said, {"personal": text["text"]["personal"]}], lane="comment")


def _named(text: str, world: World) -> Iterator[tuple[str, tuple[str, ...]]]:
    """For each `@` in a text the longest name or key of staff that stands behind it, and who is called so."""
    behind = [text[at.end() : at.end() + 100] for at in _AT.finditer(text)]
    names = _names(world) if behind else {}
    longest = max(map(len, names), default=0)
    for part in behind:
        for length in range(min(longest, len(part)), 0, -1):
            meant = names.get(part[:length])
            if meant is not None and not (_WORD.match(part[length - 1]) and _WORD.match(part[length:])):
                yield part[:length], tuple(sorted(meant))
                break


def _names(world: World) -> dict[str, set[str]]:
    """Everybody on the staff by key and by name, as far as that is not personal."""
    business, names = world.workflow.business, dict[str, set[str]]()
    label = business.entities[business.staff].label if business.staff is not None else None
    for actor, record in world.facts.people.records.items():
        for name in (actor.partition(":")[2], record.get(label) if label is not None else None):
            if isinstance(name, str) and name:
                names.setdefault(name, set()).add(actor)
    return names


COMMENT = Operation(
    "comment",
    "评论",
    _cannot_comment,
    _comment,
    operation_form(
        "comment",
        "{text: {type: text, title: 评论, required: true, personal: true, max_length: 2000}, "
        "mention: {type: list, of: person, title: 提到, max: 100}}",
    ),
    after_end=True,
    while_suspended=True,
    help="Something said about the case, shown on it in order, after its end too. Those named in `mention`, or in "
    "the text as `@张伟` where only one is called so, are told and may see the case from then on. The text is "
    "kept as a personal value of the applicant. For whoever may see the case.",
)
