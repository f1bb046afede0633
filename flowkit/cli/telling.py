"""Cases, tasks and history as text for people: whose names are known is called by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flowkit.app.app import App
from flowkit.cli.printing import columns, moment, value_text
from flowkit.kit import CaseView, EventView, TaskView
from flowkit.testing.people_names import people_names


class Teller:
    """Tells the cases of one app, in its zone."""

    def __init__(self, app: App) -> None:
        self._app, self._zone, self._names = app, app.settings.timezone, people_names(app)

    def tasks(self, tasks: Iterable[TaskView]) -> list[str]:
        """One line a task under a line of headings."""
        return columns([("工单", "流程", "待办", "期限", "负责人", "标记", "可做"), *map(self._task, tasks)])

    def _task(self, task: TaskView) -> tuple[str, ...]:
        due, flags = moment(task.due, self._zone), " ".join(task.flags)
        workflow, owner = self._workflow(task.workflow), self._people(task.owner)
        return task.number, workflow, task.title, due, owner, flags, _actions(task.actions)

    def case(self, case: CaseView) -> list[str]:
        """Where it is, whose, due when, what can be done: one line each, without those that have nothing to say."""
        rows = [
            ("工单", f"{case.number}  ({case.id})"),
            ("流程", self._workflow(case.workflow)),
            ("结果" if case.outcome else "所在", f"{case.node_title}  {case.outcome or ''}".rstrip()),
            ("负责人", self._people(case.owner)),
            ("申请人", self._people([case.applicant])),
            ("开始", moment(case.created, self._zone)),
            ("期限", moment(case.due, self._zone)),
            ("可做", _actions(case.actions)),
            ("异常", case.incident or ""),
        ]
        return columns(row for row in rows if row[1])

    def values(self, case: CaseView) -> list[str]:
        """What it holds, one name a line."""
        flat = _flat(case.values)
        return columns([("  " + name, value_text(value, self._zone)) for name, value in flat]) if flat else []

    def history(self, events: Iterable[EventView]) -> list[str]:
        """One line an event under a line of headings."""
        rows = [
            (str(e.sequence), moment(e.at, self._zone), e.kind, e.by, value_text(e.data, self._zone)) for e in events
        ]
        return columns([("序号", "时间", "事件", "谁", "内容"), *rows])

    def _workflow(self, name: str) -> str:
        workflow = self._app.workflows.get(name)
        return workflow.title if workflow is not None else name

    def _people(self, actors: Sequence[str]) -> str:
        """Actors as they are typed after `--by`, each with what people call them."""
        return "、".join(f"{a} {self._names[a]}" if a in self._names else a for a in actors)


def _actions(actions: Sequence[tuple[str, str]]) -> str:
    return " · ".join(name if name == title else f"{name} {title}" for name, title in actions)


def _flat(values: Mapping[str, object], before: str = "") -> list[tuple[str, object]]:
    """Nested values (the forms of actions, cards) as dotted names, as expressions name them."""
    flat: list[tuple[str, object]] = []
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            flat += _flat(value, f"{before}{name}.")
        else:
            flat.append((before + name, value))
    return flat
