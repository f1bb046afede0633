"""The cases of a story: those that steps begin, those that these begin in turn, and the names by which steps call them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flowkit.errors import FlowKitError, RefusedError
from flowkit.kit import EventView
from flowkit.testing.stage import Stage

_CHILD = re.compile(r"(?P<workflow>[^.]+)(?:\.(?P<number>\d{1,4}))?")


class NoCaseError(FlowKitError):
    """The step is about a case that there is not, or about which of several cannot be told."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened to a case since it was looked at last; `node` is where it was before that."""

    case: str
    node: str
    events: Sequence[EventView]


@dataclass(slots=True)
class _Followed:
    """One case: how many of its events were looked at, where that left it, and what it has begun, by workflow."""

    looked_at: int = 0
    node: str = ""
    visit: int = 0
    wanted: dict[str, tuple[str, int]] = field(default_factory=dict)
    begun: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


class Cases:
    """`current` is the case that steps are about."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._followed: dict[str, _Followed] = {}
        self._named: dict[str, str] = {}
        self.current: str | None = None

    def begin(self, case: str, name: str | None) -> None:
        """A step has begun a case, and may have given it a name."""
        self.current = case
        self._followed.setdefault(case, _Followed())
        if name:
            self._named[name] = case

    def present(self) -> str:
        """The case at hand. Raises NoCaseError."""
        if self.current is None:
            raise NoCaseError("还没有工单: 前面没有成功的 submit")
        return self.current

    def go_to(self, called: str) -> None:
        """Make that case the one at hand: by its name, as a child, by its schedule, or by its number. Raises NoCaseError."""
        found = self._named.get(called) or self._child_called(called) or self._planned(called) or self._numbered(called)
        self._followed.setdefault(found, _Followed())
        self.current = found

    def children(self, case: str, workflow: str) -> list[str]:
        """The cases of that workflow that this one began in the latest visit in which it began any, in order."""
        begun = self._followed[case].begun.get(workflow, []) if case in self._followed else []
        latest = max((visit for visit, _ in begun), default=0)
        return [child for visit, child in begun if visit == latest]

    def look(self) -> Iterator[Happened]:
        """What has happened to each case since the last look, children that are new among them."""
        ahead = list(self._followed)
        while ahead:
            case = ahead.pop(0)
            followed = self._followed[case]
            try:
                events = self._stage.kit.history(case)
            except RefusedError:
                continue  # wanted, and not begun yet
            node, happened = followed.node, events[followed.looked_at :]
            followed.looked_at = len(events)
            ahead += [child for event in happened if (child := self._follow(followed, event)) is not None]
            yield Happened(case, node, happened)

    def _follow(self, followed: _Followed, event: EventView) -> str | None:
        """Note where an event leaves its case. Gives the case that it begins."""
        data = event.data
        match event.kind:
            case "entered":
                followed.node, followed.visit = data["node"], data["visit"]
                return None
            case "wanted":
                followed.wanted[data["child"]] = data["name"], data["visit"]
                if data["state"] != "open":
                    return None
            case "started":
                followed.wanted[data["child"]] = data["name"], followed.visit
            case "begun":
                pass
            case _:
                return None
        child: str = data["child"]
        workflow, visit = followed.wanted[child]
        followed.begun.setdefault(workflow, []).append((visit, child))
        self._followed.setdefault(child, _Followed())
        return child

    # --- by what a step calls them -----------------------------------------------------------------------------------

    def _child_called(self, called: str) -> str | None:
        """A child of the case at hand or, where that has none, of the one that began it."""
        found = _CHILD.fullmatch(called)
        case = self.current
        while found is not None and case is not None:
            children = self.children(case, found["workflow"])
            if children:
                return self._chosen(children, found["workflow"], found["number"])
            parent = self._stage.case(case).parent
            case = parent["case"] if parent is not None else None
        return None

    def _chosen(self, children: list[str], workflow: str, number: str | None) -> str:
        if number is not None:
            if not 1 <= int(number) <= len(children):
                raise NoCaseError(f"没有第 {number} 个 {workflow}, 只有 {len(children)} 个")
            return children[int(number) - 1]
        open_ = [child for child in children if not self._stage.case(child).ended]
        if len(open_) != 1:
            those = f"{len(open_)} 个" if open_ else "没有"
            raise NoCaseError(f"{those}未结束的 {workflow}, 请写明是第几个: {workflow}.1")
        return open_[0]

    def _planned(self, called: str) -> str | None:
        """The open case that SCHEDULE, or SCHEDULE/RECORD, has begun."""
        schedule, _, record = called.partition("/")
        if schedule not in self._stage.app.business.schedules:
            return None
        plans = self._stage.kit.coming(datetime(9000, 1, 1, tzinfo=UTC), schedule=schedule)
        found = [plan.case for plan in plans if plan.case and record in ("", plan.record)]
        if len(found) != 1:
            raise NoCaseError(f"{len(found) or '没有'}未结束的 {called}")
        return found[0]

    def _numbered(self, number: str) -> str:
        for case, followed in self._followed.items():
            if followed.looked_at and self._stage.case(case).number == number:
                return case
        raise NoCaseError(f"没有名为 {number} 的工单")
