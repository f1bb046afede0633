"""What an expression sees of the case itself: `case.…`, a place, a form that was filled in on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flowkit.engine.view import World, show
from flowkit.fields.definition import Field


class AnswersView:
    """A form filled in on the way: fields of the last answer, `.all` of them, `.done` in the latest visit of its node."""

    __slots__ = ("fields", "name", "world")

    def __init__(self, world: World, name: str, fields: Mapping[str, Field]) -> None:
        self.world, self.name, self.fields = world, name, fields

    def attribute(self, name: str) -> Any:
        answers = self.world.case.answers.get(self.name, ())
        if name == "done":
            return bool(answers) and self.world.case.latest.get(answers[-1].node) == answers[-1].visit
        if name == "all":
            return [self._shown(a.values) for a in answers]
        if name == "by":
            return self.world.person(answers[-1].by) if answers else None
        if name == "at":
            return datetime.fromisoformat(answers[-1].at) if answers else None
        if name not in self.fields or not answers:
            return None
        return show(self.fields[name], answers[-1].values.get(name), self.world)

    def _shown(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {n: show(f, values.get(n), self.world) for n, f in self.fields.items()}


class NodeView:
    """A place: `.owner` who held it last, `.visits` how often it was entered; of an approval also what was answered."""

    __slots__ = ("name", "world")

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name

    def attribute(self, name: str) -> Any:
        if name == "owner":
            return self.world.person(self.world.case.holders.get(self.name))
        if name == "visits":
            return self.world.case.visits.get(self.name, 0)
        return self._answered(name)

    def _answered(self, name: str) -> Any:
        """What the last visit to an approval came to, or has come to so far."""
        case = self.world.case
        told = case.approvals.get(self.name)
        if told is None and case.node == self.name and case.sheet is not None:
            told = case.sheet.told()
        found = told.get(name) if told is not None else None
        if name == "opinions":
            said: Iterable[Mapping[str, Any]] = found or ()
            return [{**o, "by": self.world.person(o["by"]), "at": datetime.fromisoformat(o["at"])} for o in said]
        if name in ("approvals", "rejections", "asked"):
            return found or 0
        return self.world.person(found) if name == "by" else found or None


class ParentView:
    """`case.parent.…`: the case that began this one, as it is now."""

    __slots__ = ("world",)

    def __init__(self, world: World) -> None:
        self.world = world

    def attribute(self, name: str) -> Any:
        parent = self.world.case.parent
        return None if parent is None else (self.world.facts["case", parent["case"]] or {}).get(name)


class CaseView:
    """`case.…` of an expression."""

    __slots__ = ("world",)

    def __init__(self, world: World) -> None:
        self.world = world

    def attribute(self, name: str) -> Any:
        case = self.world.case
        if name == "waiting":
            return timedelta(0) if case.entered is None else self.world.now - case.entered
        if name == "visits":
            return {node: case.visits.get(node, 0) for node in self.world.workflow.nodes}
        if name in ("number", "id", "node", "created", "unit", "entered", "visit"):
            return getattr(case, name)
        if name == "parent":
            return ParentView(self.world) if case.parent is not None else None
        if name == "stage":
            return list(case.stages)
        return {"key": case.id, "link": f"/cases/{case.id}", "title": self.world.workflow.title}.get(name)
