"""What waits for me, most urgent first: one next task large, then the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from flowkit.kit import TaskView
from flowkit.web.pages.page import Page
from flowkit.web.shell import called, offered, page, people, telling, workflow_title
from flowkit.web.site import Ask
from flowkit.web.telling import Due, State

WANTED = {
    "incident": ("retry",),
    "copy": ("mark_read",),
    "suspended": ("resume",),
    "sign": ("approve", "reject", "return"),
}
"The operations that each kind of task waits for."

FOREMOST = ("incident", "sign", "owner", "helper", "suspended", "copy")
"Where somebody has several tasks in one case: which of them its card shows first."

FLAGS = {"逾期": ("warn", "warn"), "故障": ("warn", "warn"), "损坏": ("warn", "warn"), "升级": ("warn", "")}
"How the words look that the engine puts beside a task; any other is told plainly."


MOST = 50
"How many tasks a page shows: the most urgent."


@dataclass(frozen=True, slots=True)
class Row:
    """A task on the page."""

    task: TaskView
    title: str
    lines: tuple[str, ...]
    state: State
    due: Due | None
    wanted: tuple[tuple[str, str], ...]
    owner: str
    red: str
    flags: tuple[tuple[str, str, str], ...]


def tasks(ask: Ask) -> Response:
    late = bool(ask.query.get("late"))
    found = ask.kit.tasks(ask.by, limit=MOST, late=late)
    names, tell = people(ask, {actor for task in found for actor in task.owner}), telling(ask)
    cards = ask.kit.cards([task.case for task in found], ask.by)
    rows, said = [], ask.language.called
    for task, *others in _by_case(found):
        # One that cannot be read must not hide the others.
        card = cards.get(task.case)
        wanted = [each for one in (task, *others) for each in (*_wanted(one), *one.actions)]
        flags = dict.fromkeys(word for one in (task, *others) for word in one.flags)
        rows.append(
            Row(
                task,
                said(card.title) if card is not None else workflow_title(ask, task.workflow),
                tuple(map(said, card.lines)) if card is not None else (),
                tell.state(
                    ask.kit.app.workflows.get(task.workflow), task.node, task.title, stands=task.kind == "suspended"
                ),
                tell.due(task.due, None, task.late),
                offered(ask, tuple(dict.fromkeys(wanted))),
                called(ask, names, task.owner),
                said(card.flag) if card is not None else "",
                tuple(_flag(ask, word) for word in flags),
            )
        )
    # What is flagged goes first; else they stand as they are due.
    rows.sort(key=lambda row: not row.red)
    # Where all there is stands on the page there is nothing to be counted elsewhere.
    whole = len(found) < MOST
    count_late = len({t.case for t in found if t.late is not None}) if whole else ask.kit.count_tasks(ask.by, late=True)
    rest = 0 if whole else max(0, (count_late if late else ask.kit.count_tasks(ask.by)) - len(found))
    return page(ask, "tasks.html", rows=rows, rest=rest, late=late, count_late=count_late)


def _by_case(found: Iterable[TaskView]) -> Iterable[list[TaskView]]:
    """Each case once, where its most urgent task stands; what must be done in it before what need only be known."""
    cases: dict[str, list[TaskView]] = {}
    for task in found:
        cases.setdefault(task.case, []).append(task)
    return (sorted(tasks, key=lambda task: FOREMOST.index(task.kind)) for tasks in cases.values())


def _wanted(task: TaskView) -> list[tuple[str, str]]:
    return [each for each in task.operations if each[0] in WANTED.get(task.kind, ())]


def _flag(ask: Ask, word: str) -> tuple[str, str, str]:
    icon, tone = FLAGS.get(word, ("list", ""))
    return icon, ask.language.told(word), tone


PAGES = (Page("/tasks", tasks),)
