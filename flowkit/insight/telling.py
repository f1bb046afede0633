"""Each kind of event in words: what happened, and why. Goes through a history in order, for later events speak of earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from flowkit.engine.case import Event
from flowkit.insight.beyond import tell_beyond
from flowkit.insight.choosing import whose
from flowkit.insight.words import Words, sum_of
from flowkit.runtime.names import in_order

Data = Mapping[str, Any]
Told = tuple[str, Iterable[str]]

_ENDS = {"done": "完成", "rejected": "未通过", "cancelled": "取消", "closed": "关闭"}
_WAYS = {
    "submit": "提交",
    "route": "自动",
    "act": "操作",
    "action": "操作",
    "timeout": "到期",
    "event": "外部消息",
} | dict.fromkeys(("approved", "rejected", "returned"), "审批")


class Teller:
    """Tells the events of one case, one after another; `whole` leaves out nothing for being long."""

    def __init__(self, words: Words, *, whole: bool = True) -> None:
        self._whole = whole
        self._words, self._names = words, words.names
        self._node, self._entered = "", datetime.fromtimestamp(0, UTC)
        self._nodes: dict[str, str] = {}
        self._deadlines: dict[tuple[int, str], str] = {}
        self._fired = ""
        self._refused: set[str] = set()

    def tell(self, event: Event) -> Told:
        tell = _TELLERS.get(event.kind)
        if tell is not None:
            return tell(self, event)
        return tell_beyond(event, self._words) or (event.kind, ())

    # --- what was filled in -------------------------------------------------------------------------------------------

    def created(self, event: Event) -> Told:
        data, workflow = event.data, self._names.workflow
        title = workflow.title if workflow is not None else data["workflow"]
        unit = [f"所属 {data['unit']}"] if data.get("unit") else []
        values = self._words.lines(data["values"], self._names.fields, empty=False)
        if planned := data.get("scheduled"):
            missed = f",之前漏了 {planned['missed']} 次" if planned["missed"] else ""
            due = self._words.clock(datetime.fromisoformat(planned["due"]))
            return f"按计划“{planned['title']}”开单 {title} {data['number']}", [f"应于 {due}{missed}", *unit, *values]
        return f"提交 {title} {data['number']}", [f"申请人 {self._names.holder(data['applicant'])}", *unit, *values]

    def acted(self, event: Event) -> Told:
        return f"操作“{event.data['title']}”", ()

    def answered(self, event: Event) -> Told:
        title, fields = self._names.answered(event.data["name"])
        return f"填写“{title}”", self._words.lines(event.data["values"], fields, empty=False)

    def edited(self, event: Event) -> Told:
        return "更正已填内容", self._changes(event.data["values"], event.data.get("old") or {}, self._names.fields)

    def set(self, event: Event) -> Told:
        return "记下", self._words.lines(event.data["values"], self._names.fields)

    def recorded(self, event: Event) -> Told:
        data = event.data
        title, fields = self._names.entity(data["entity"])
        changes = self._changes(data.get("set") or {}, data.get("old") or {}, fields)
        added = [f"{name} 增加 {value}" for name, value in self._words.pairs(data.get("add") or {}, fields)]
        return f"修改 {title} {data['key']}", [*changes, *added]

    def _changes(self, new: Data, old: Data, fields: Mapping[str, Any]) -> list[str]:
        words = self._words
        return [
            f"{words.called(n, fields)}: {words.value(old.get(n), fields.get(n))} → {words.value(v, fields.get(n))}"
            for n, v in in_order(new, fields).items()
        ]

    # --- what was judged ----------------------------------------------------------------------------------------------

    def scored(self, event: Event) -> Told:
        data, words = event.data, self._words
        result = data["result"]
        band = data.get("band_title") or result.get("band") or ""
        why = [self._factor(factor) for factor in data.get("why") or ()]
        why += [f"因此 {line}" for line in words.lines(data.get("set") or {}, self._names.fields)]
        return f"评分“{data['title']}”: {words.value(result['total'])} 分" + (f",{band}" if band else ""), why

    def _factor(self, factor: Data) -> str:
        hit, value = factor.get("hit"), self._words.value
        points = f"+{value(factor.get('points'))}" if hit else "+0"
        reads = (factor.get("read") or {}).items()
        read = ",".join(f"{self._names.title(path.split('.'))}={value(found)}" for path, found in reads)
        return f"{points}  {factor['label']}: {'是' if hit else '否'}({read or factor.get('when', '')})"

    def decided(self, event: Event) -> Told:
        data, value, why = event.data, self._words.value, event.data.get("why")
        if isinstance(why, Mapping):
            asked = self._names.asked(data["decision"])
            why = {part: in_order(found, asked) for part, found in why.items()}
        if data.get("result") is None:
            return f"判断“{data['title']}”: 没有一行符合", self._reasons(why)
        called = self._names.results(data["decision"])
        result = ",".join(
            f"{called.get(name, name)} = {value(found)}" for name, found in in_order(data["result"], called).items()
        )
        row = f"第 {data['row']} 行 " if isinstance(data.get("row"), int) else ""
        return f"判断“{data['title']}”: {row}{result}", self._reasons(why)

    def _reasons(self, why: Any) -> list[str]:
        value = self._words.value
        if isinstance(why, Mapping):
            said = {"columns": "当时", "cells": "这一行要求"}
            return [f"{said.get(n, n)}: {value(found)}" for n, found in sorted(why.items(), reverse=True) if found]
        return [value(line) for line in why or ()]

    # --- where it is and whose ----------------------------------------------------------------------------------------

    def entered(self, event: Event) -> Told:
        data, via = event.data, event.data.get("via") or {}
        # A place that was gone through is called as it was then.
        before = self._nodes.get(via.get("from") or "", via.get("from") or "")
        newly = [actor for actor in data.get("left_out") or () if actor not in self._refused]
        self._refused = set(data.get("left_out") or ())
        self._node, self._entered = data["node"], event.at
        self._nodes[data["node"]] = data["title"]
        kind = via.get("kind", "")
        name = (self._fired if kind == "timeout" else "") or via.get("name") or ""
        how = " ".join(part for part in (_WAYS.get(kind, ""), name) if part)
        start = f"从 {before} " if before else ""
        why = [f"{start}经由 {how}"] if how else []
        why += [f"不再找 {self._names.holders(newly)}"] if newly else []
        return f"进入“{data['title']}”(第 {data['visit']} 步)", why

    def assigned(self, event: Event) -> Told:
        due = [line for d in event.data.get("deadlines") or () for line in self._deadline(d)]
        if not event.data["owner"]:
            return "此步无人负责", due
        return f"负责人 {self._names.holders(event.data['owner'])}", [*self._whose(event.data.get("why") or {}), *due]

    def reassigned(self, event: Event) -> Told:
        return f"改由 {self._names.holders(event.data['owner'])} 负责", self._whose(event.data.get("why") or {})

    def escalated(self, event: Event) -> Told:
        return f"升级给 {self._names.holders(event.data['to'])}", self._whose(event.data.get("why") or {})

    def _whose(self, why: Data) -> list[str]:
        return whose(why, self._words, self._refused, whole=self._whole)

    # --- time and messages --------------------------------------------------------------------------------------------

    def _deadline(self, deadline: Data) -> list[str]:
        """A deadline that stands from now on; it is called the same when it fires."""
        due, which = datetime.fromisoformat(deadline["due"]), (deadline["visit"], deadline["name"])
        if which not in self._deadlines:
            called = self._names.deadline(self._node, deadline["name"], due, self._entered, self._words.zone)
            self._deadlines[which] = called
        head, said = f"期限“{self._deadlines[which]}”: {self._words.clock(due)}", sum_of(deadline)
        return [f"{head},{said[0]}"] if len(said) == 1 else [head, *(f"  {line}" for line in said)]

    def fired(self, event: Event) -> Told:
        data = event.data
        self._fired = self._deadlines.get((data["visit"], data["deadline"])) or str(data["title"])
        following = self._deadline(data["next"]) if data.get("next") else []
        held = [] if data.get("held", True) else ["条件不成立,不做任何事"]
        again = f"(第 {data['n'] + 1} 次)" if data["n"] else ""
        missed = [f"错过的 {data['skipped']} 次不再补"] if data.get("skipped") else []
        return f"到期“{self._fired}”{again}", [*held, *missed, *following]

    def due_changed(self, event: Event) -> Told:
        if event.data["because"] == "quiet":
            return "免打扰时段,提醒等一等", [line for d in event.data["deadlines"] for line in self._deadline(d)]
        if event.data["because"] == "values":
            for deadline in event.data["deadlines"]:
                if not deadline["n"]:
                    # It may be called by its moment, and that is another now.
                    self._deadlines.pop((deadline["visit"], deadline["name"]), None)
        because = {"unit": "换了单位", "values": "填写的内容有变"}.get(event.data["because"], "日历有变")
        return f"{because},期限重新计算", [line for d in event.data["deadlines"] for line in self._deadline(d)]

    def notified(self, event: Event) -> Told:
        data = event.data
        text = "".join(part if isinstance(part, str) else "***" for part in data.get("text") or ())
        to = f"通知 {self._names.holders(data['to'])}" if data["to"] else "无人可通知"
        called = [self._names.channels.get(channel, channel) for channel in data.get("channels") or ()]
        channels = f",经 {'、'.join(called)}" if called else ""
        return f"{to}{channels}", [line for line in (data.get("title") or "", text) if line]

    def incident(self, event: Event) -> Told:
        data = event.data
        return f"故障: {data['where']}", [data["message"], f"请 {self._names.holder(data['holder'])} 处理"]


_TELLERS: Mapping[str, Callable[[Teller, Event], Told]] = {
    "created": Teller.created,
    "acted": Teller.acted,
    "answered": Teller.answered,
    "edited": Teller.edited,
    "set": Teller.set,
    "scored": Teller.scored,
    "decided": Teller.decided,
    "entered": Teller.entered,
    "assigned": Teller.assigned,
    "due_changed": Teller.due_changed,
    "fired": Teller.fired,
    "reassigned": Teller.reassigned,
    "escalated": Teller.escalated,
    "notified": Teller.notified,
    "recorded": Teller.recorded,
    "incident": Teller.incident,
    "kept": lambda teller, event: (f"收到“{event.data['name']}”,等有节点接收", ()),
    "unheard": lambda teller, event: (f"没有节点接收先前收到的“{event.data['name']}”,已列出", ()),
    "signalled": lambda teller, event: (f"收到“{event.data['name']}”", ()),
    "consumed": lambda teller, event: (f"处理先前收到的“{event.data['name']}”", ()),
    "resolved": lambda teller, event: ("重试故障步骤", ()),
    "ended": lambda teller, event: (f"结束: {_ENDS.get(event.data['outcome'], event.data['outcome'])}", ()),
}
