"""Cases, tasks and history as text for people: whose names are known is called by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from flowkit.cli.printing import columns, moment, value_text
from flowkit.fields.definition import Field
from flowkit.insight.words import Words
from flowkit.kit import CaseRow, CaseView, EventView, FlowKit, SignatureView, TaskView
from flowkit.runtime.names import Names


class Teller:
    """Tells cases of one kit, in its app's zone; with `by` to that person."""

    def __init__(self, kit: FlowKit, by: str | None = None) -> None:
        self._kit, self._app, self._zone, self._by = kit, kit.app, kit.app.settings.timezone, by

    def tasks(self, tasks: Sequence[TaskView]) -> list[str]:
        """One line a task under a line of headings."""
        people = self._kit.people({actor for task in tasks for actor in task.owner}, self._by)
        rows = (self._task(task, Names(people=people, roles=self._app.business.roles)) for task in tasks)
        return columns([("工单", "流程", "待办", "期限", "负责人", "标记", "可做"), *rows])

    def _task(self, task: TaskView, names: Names) -> tuple[str, ...]:
        due, flags = moment(task.due, self._zone), " ".join(task.flags)
        workflow, owner = self._workflow(task.workflow), _people(task.owner, names)
        # Who is called because a machine gave up must see at what; an owner sees it on the case.
        title = f"{task.title}({task.incident})" if task.kind == "incident" else task.title
        wanted = _WANTED.get(task.kind, ())
        able = (*(o for o in task.operations if o[0] in wanted), *task.actions)
        return task.number, workflow, title, due, owner, flags, _actions(able)

    def cases(self, cases: Sequence[CaseRow]) -> list[str]:
        """One line a case under a line of headings."""
        names = Names(
            people=self._kit.people({actor for c in cases for actor in c.owner}, self._by),
            roles=self._app.business.roles,
        )
        rows = [
            (
                case.number,
                case.title,
                case.node_title if case.ended is None else f"{case.node_title} {case.outcome}",
                case.unit or "",
                _people(case.owner, names),
                moment(case.due, self._zone),
                moment(case.created, self._zone),
            )
            for case in cases
        ]
        return columns([("工单", "流程", "所在", "单位", "负责人", "期限", "开始"), *rows])

    def case(self, case: CaseView) -> list[str]:
        """Where it is, whose, due when, what can be done: one line each, without those that have nothing to say."""
        names = self._kit.names(case.id, self._by)
        rows = [
            ("工单", f"{case.number}  ({case.id})"),
            ("流程", self._workflow(case.workflow)),
            ("结果" if case.outcome else "所在", f"{case.node_title}  {case.outcome or ''}".rstrip()),
            ("负责人", _people(case.owner, names)),
            *(("签批", self._signature(signature, names)) for signature in case.signatures),
            *(("退回", self._answer(returned, names)) for returned in [case.returned] if returned),
            *(("升级给", f"{_people([helper], names)}  {since}".rstrip()) for helper, since in self._helpers(case)),
            ("申请人", _people([case.applicant], names)),
            ("开始", moment(case.created, self._zone)),
            *self._deadlines(case, names),
            ("可做", _actions(case.actions)),
            ("还可以", _actions(case.operations)),
            ("异常", case.incident or ""),
            *self._surroundings(case, names),
        ]
        return columns(row for row in rows if row[1])

    def _signature(self, signature: SignatureView, names: Names) -> str:
        """One signature that is wanted: of whom, and what came of it."""
        told = [f"{_people(signature.holders, names)}: {_SIGNED[signature.state]}"]
        if signature.by:
            told.append(self._answer(signature, names))
        added = f"({_people([signature.added_by], names)} 加签)" if signature.added_by else ""
        return "  ".join(told) + added

    def _answer(self, given: SignatureView, names: Names) -> str:
        """When it was given, by whom, and with which opinion."""
        answer = f"{moment(datetime.fromisoformat(given.at), self._zone)} {_people([given.by], names)}"
        return f"{answer}  {given.opinion}".rstrip()

    def _surroundings(self, case: CaseView, names: Names) -> list[tuple[str, str]]:
        """Who stands around the case, and what was said of it."""
        state = case.suspended
        since = f"{moment(state.at, self._zone)} 起,{_people([state.by], names)}: {state.reason}" if state else ""
        copies = (f"{_people([c.to], names)}({'已读' if c.read else '未读'})" for c in case.copies)
        said = (f"{moment(c.at, self._zone)}  {_people([c.by], names)}: {c.text}" for c in case.comments)
        return [
            ("挂起", since),
            ("催办", f"{case.urged} 次" if case.urged else ""),
            ("关注", _people(case.followers, names)),
            ("抄送", "、".join(copies)),
            *(("关联", f"{link.number}{_HOW[link.how]}") for link in case.links),
            *(("评论", line) for line in said),
        ]

    def _helpers(self, case: CaseView) -> list[tuple[str, str]]:
        """Who was called in, and since when."""
        since: dict[str, str] = {}
        for event in self._kit.history(case.id, self._by) if case.helpers else ():
            if event.kind in ("entered", "assigned", "reassigned"):
                since.clear()
            for helper in event.data["to"] if event.kind == "escalated" else ():
                since.setdefault(helper, f"自 {moment(event.at, self._zone)}")
        return [(helper, since.get(helper, "")) for helper in case.helpers]

    def _deadlines(self, case: CaseView, names: Names) -> list[tuple[str, str]]:
        """One line each, the nearest first: when, and what happens then. A case that rests without any more says so."""
        told = [f"{moment(d.due, self._zone)}  {d.then}".rstrip() for d in case.deadlines]
        workflow = names.workflow
        if (
            not told
            and not case.ended
            and not (case.incident or case.suspended)
            and workflow
            and case.node in workflow.nodes
        ):
            node = workflow.nodes[case.node]
            if node.timeouts or (workflow.timeouts_at(case.node) and not node.pauses):
                told = ["已全部到过"]
        return [("期限" if number == 0 else "", line) for number, line in enumerate(told)]

    def sums(self, case: CaseView) -> list[str]:
        """Why it is due when it is, where that is more than one length after one moment: business time, pauses."""
        told = [(d, d.why) for d in case.deadlines if len(d.why) > 3]
        return [line for d, why in told for line in (f"期限 {moment(d.due, self._zone)}", *(f"  {w}" for w in why))]

    def values(self, case: CaseView) -> list[str]:
        """What it holds, one field a line by its title."""
        words = Words(self._kit.names(case.id, self._by), self._zone)
        found = [pair for name, value in case.values.items() for pair in _told(name, value, words)]
        return columns([("  " + title, said) for title, said in found]) if found else []

    def history(self, events: Iterable[EventView]) -> list[str]:
        """One line an event under a line of headings."""
        rows = [
            (str(e.sequence), moment(e.at, self._zone), e.kind, e.by, value_text(e.data, self._zone)) for e in events
        ]
        return columns([("序号", "时间", "事件", "谁", "内容"), *rows])

    def _workflow(self, name: str) -> str:
        workflow = self._app.workflows.get(name)
        return workflow.title if workflow is not None else name


_WANTED = {
    "incident": ("retry",),
    "copy": ("mark_read",),
    "suspended": ("resume",),
    "sign": ("approve", "reject", "return"),
}
"""The operations that each kind of task waits for."""
_SIGNED = {
    "waiting": "还没轮到",
    "open": "待签",
    "approved": "同意",
    "rejected": "拒绝",
    "removed": "已减签",
    "closed": "不再请",
}
_HOW = {"related": "", "into": "(此单已并入)", "from": "(已并入此单)"}


def _people(actors: Sequence[str], names: Names) -> str:
    """Actors as they are typed after `--by`, each with what people call them; pools, which nobody types, by their title."""
    return "、".join(person(actor, names) for actor in actors)


def person(actor: str, names: Names) -> str:
    """One of them."""
    if actor.startswith("role:"):
        role = actor.removeprefix("role:")
        return f"{names.roles.get(role, role)}(组)"
    return f"{actor} {names.people[actor]}" if actor in names.people else actor


def _actions(actions: Sequence[tuple[str, str]]) -> str:
    return " · ".join(name if name == title else f"{name} {title}" for name, title in actions)


def _told(name: str, value: object, words: Words) -> list[tuple[str, str]]:
    """Title and words of a field; of a form that was filled in, or a card, one pair for each of its members."""
    if name in words.names.fields or not isinstance(value, Mapping):
        return [(words.names.title([name]), _said(value, words, words.names.fields.get(name)))]
    _, fields = words.names.answered(name)
    return [(words.names.title([name, n]), _said(v, words, fields.get(n))) for n, v in value.items()]


def _said(value: object, words: Words, field: Field | None) -> str:
    return "" if value in (None, "", [], {}) else words.value(value, field)
