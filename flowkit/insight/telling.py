"""Each kind of event in words: what happened, and why. Goes through a history in order, for later events speak of earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from flowkit.engine.case import Event
from flowkit.insight.beyond import tell_beyond
from flowkit.insight.choosing import whose
from flowkit.insight.words import Words
from flowkit.runtime.names import in_order

Data = Mapping[str, Any]
Told = tuple[str, Iterable[str]]

_ENDS = {"done": "完成", "rejected": "未通过", "cancelled": "取消", "closed": "关闭"}
_RECKONED = {"unit": "换了单位,期限重新计算", "values": "填写的内容有变,期限重新计算"}
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
        self._words, self._names, self._say, self._look = words, words.names, words.say, words.names.look
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

    def said(self, template: str, title: str) -> str:
        """A sentence about one thing."""
        return self._say(template, title=self._look(title))

    # --- what was filled in -------------------------------------------------------------------------------------------

    def created(self, event: Event) -> Told:
        data, workflow = event.data, self._names.workflow
        title = self._look(workflow.title) if workflow is not None else data["workflow"]
        unit = [self._say("所属 {unit}", unit=data["unit"])] if data.get("unit") else []
        values = self._words.lines(data["values"], self._names.fields, empty=False)
        if planned := data.get("scheduled"):
            due = self._words.clock(datetime.fromisoformat(planned["due"]))
            missed = "应于 {at},之前漏了 {n} 次" if planned["missed"] else "应于 {at}"
            begun = {"title": self._look(planned["title"]), "workflow": title, "number": data["number"]}
            by_plan = self._say("按计划“{title}”开单 {workflow} {number}", **begun)
            return by_plan, [self._say(missed, at=due, n=planned["missed"]), *unit, *values]
        applicant = self._say("申请人 {who}", who=self._names.holder(data["applicant"]))
        return self._say("提交 {title} {number}", title=title, number=data["number"]), [applicant, *unit, *values]

    def acted(self, event: Event) -> Told:
        return self._say("操作“{title}”", title=self._look(event.data["title"])), ()

    def answered(self, event: Event) -> Told:
        title, fields = self._names.answered(event.data["name"])
        return self._say("填写“{title}”", title=title), self._words.lines(event.data["values"], fields, empty=False)

    def edited(self, event: Event) -> Told:
        changes = self._changes(event.data["values"], event.data.get("old") or {}, self._names.fields)
        return self._say("更正已填内容"), changes

    def set(self, event: Event) -> Told:
        return self._say("记下"), self._words.lines(event.data["values"], self._names.fields)

    def recorded(self, event: Event) -> Told:
        data = event.data
        title, fields = self._names.entity(data["entity"])
        changes = self._changes(data.get("set") or {}, data.get("old") or {}, fields)
        pairs = self._words.pairs(data.get("add") or {}, fields)
        added = [self._say("{title} 增加 {value}", title=name, value=value) for name, value in pairs]
        return self._say("修改 {title} {key}", title=title, key=data["key"]), [*changes, *added]

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
        band = self._look(data.get("band_title") or result.get("band") or "")
        why = [self._factor(factor) for factor in data.get("why") or ()]
        set_ = words.lines(data.get("set") or {}, self._names.fields)
        why += [self._say("因此 {line}", line=line) for line in set_]
        said = "评分“{title}”: {total} 分,{band}" if band else "评分“{title}”: {total} 分"
        return self._say(said, title=self._look(data["title"]), total=words.value(result["total"]), band=band), why

    def _factor(self, factor: Data) -> str:
        hit, value = factor.get("hit"), self._words.value
        points = f"+{value(factor.get('points'))}" if hit else "+0"
        reads = (factor.get("read") or {}).items()
        read = self._say(",").join(
            f"{self._names.title(path.split('.'))}={self._read(path, found)}" for path, found in reads
        )
        held, more = self._say("是" if hit else "否"), read or factor.get("when", "")
        return f"{points}  {self._look(factor['label'])}: {self._say('{what}({more})', what=held, more=more)}"

    def _read(self, path: str, value: Any) -> str:
        """What a rule read: an option as people call it."""
        field = self._names.fields.get(path)
        return self._words.value(value, field if field is not None and field.choices is not None else None)

    def decided(self, event: Event) -> Told:
        data, why, title = event.data, event.data.get("why"), self._look(event.data["title"])
        if isinstance(why, Mapping):
            asked = self._names.asked(data["decision"])
            why = {part: in_order(found, asked) for part, found in why.items()}
        if data.get("result") is None:
            return self._say("判断“{title}”: 没有一行符合", title=title), self._reasons(why)
        called = self._names.results(data["decision"])
        result = self._say(",").join(
            f"{called.get(name, name)} = {self._rule(found)}"
            for name, found in in_order(data["result"], called).items()
        )
        said = "判断“{title}”: 第 {row} 行 {result}" if isinstance(data.get("row"), int) else "判断“{title}”: {result}"
        return self._say(said, title=title, row=data.get("row"), result=result), self._reasons(why)

    def _rule(self, value: Any) -> str:
        """What stands in a rule: its author's words."""
        return self._look(self._words.value(value))

    def _reasons(self, why: Any) -> list[str]:
        if isinstance(why, Mapping):
            said = {"columns": "当时", "cells": "这一行要求"}
            told = (
                (said.get(n, str(n)), self._pairs(found)) for n, found in sorted(why.items(), reverse=True) if found
            )
            return [self._say("{what}: {result}", what=self._say(what), result=result) for what, result in told]
        return [self._rule(line) for line in why or ()]

    def _pairs(self, found: Any) -> str:
        """The columns of a row with what stood in them."""
        if not isinstance(found, Mapping):
            return self._rule(found)
        return " ".join(f"{self._look(name)}={self._rule(value)}" for name, value in found.items())

    # --- where it is and whose ----------------------------------------------------------------------------------------

    def entered(self, event: Event) -> Told:
        data, via = event.data, event.data.get("via") or {}
        # A place that was gone through is called as it was then.
        before = self._nodes.get(via.get("from") or "", via.get("from") or "")
        newly = [actor for actor in data.get("left_out") or () if actor not in self._refused]
        self._refused = set(data.get("left_out") or ())
        self._node, self._entered = data["node"], event.at
        self._nodes[data["node"]] = self._look(data["title"])
        kind = via.get("kind", "")
        name = (self._fired if kind == "timeout" else "") or self._look(via.get("name") or "")
        how = " ".join(part for part in (self._say(_WAYS.get(kind, "")), name) if part)
        came = "从 {title} 经由 {how}" if before else "经由 {how}"
        why = [self._say(came, title=before, how=how)] if how else []
        why += [self._say("不再找 {who}", who=self._names.holders(newly))] if newly else []
        return self._say("进入“{title}”(第 {n} 步)", title=self._nodes[data["node"]], n=data["visit"]), why

    def assigned(self, event: Event) -> Told:
        due = [line for d in event.data.get("deadlines") or () for line in self._deadline(d)]
        if not event.data["owner"]:
            return self._say("此步无人负责"), due
        owner = self._say("负责人 {who}", who=self._names.holders(event.data["owner"]))
        return owner, [*self._whose(event.data.get("why") or {}), *due]

    def reassigned(self, event: Event) -> Told:
        owner = self._names.holders(event.data["owner"])
        return self._say("改由 {who} 负责", who=owner), self._whose(event.data.get("why") or {})

    def escalated(self, event: Event) -> Told:
        helpers = self._names.holders(event.data["to"])
        return self._say("升级给 {who}", who=helpers), self._whose(event.data.get("why") or {})

    def _whose(self, why: Data) -> list[str]:
        return whose(why, self._words, self._refused, whole=self._whole)

    # --- time and messages --------------------------------------------------------------------------------------------

    def _deadline(self, deadline: Data) -> list[str]:
        """A deadline that stands from now on; it is called the same when it fires."""
        due, which = datetime.fromisoformat(deadline["due"]), (deadline["visit"], deadline["name"])
        if which not in self._deadlines:
            called = self._names.deadline(self._node, deadline["name"], due, self._entered, self._words.zone)
            self._deadlines[which] = called
        said = self._words.sum_of(deadline)
        head = self._say("期限“{title}”: {at}", title=self._deadlines[which], at=self._words.clock(due))
        return [head + self._say(",") + said[0]] if len(said) == 1 else [head, *(f"  {line}" for line in said)]

    def fired(self, event: Event) -> Told:
        data = event.data
        self._fired = self._deadlines.get((data["visit"], data["deadline"])) or self._look(str(data["title"]))
        following = self._deadline(data["next"]) if data.get("next") else []
        held = [] if data.get("held", True) else [self._say("条件不成立,不做任何事")]
        missed = [self._say("错过的 {n} 次不再补", n=data["skipped"])] if data.get("skipped") else []
        said = "到期“{title}”(第 {n} 次)" if data["n"] else "到期“{title}”"
        return self._say(said, title=self._fired, n=data["n"] + 1), [*held, *missed, *following]

    def due_changed(self, event: Event) -> Told:
        if event.data["because"] == "quiet":
            return self._say("免打扰时段,提醒等一等"), [
                line for d in event.data["deadlines"] for line in self._deadline(d)
            ]
        if event.data["because"] == "values":
            for deadline in event.data["deadlines"]:
                if not deadline["n"]:
                    # It may be called by its moment, and that is another now.
                    self._deadlines.pop((deadline["visit"], deadline["name"]), None)
        said = _RECKONED.get(event.data["because"], "日历有变,期限重新计算")
        return self._say(said), [line for d in event.data["deadlines"] for line in self._deadline(d)]

    def notified(self, event: Event) -> Told:
        data = event.data
        text = "".join(part if isinstance(part, str) else "***" for part in data.get("text") or ())
        called = [self._look(self._names.channels.get(channel, channel)) for channel in data.get("channels") or ()]
        said = "通知 {who},经 {channels}" if data["to"] and called else "通知 {who}" if data["to"] else "无人可通知"
        told = self._say(said, who=self._names.holders(data["to"]), channels=self._say("、").join(called))
        return told, [self._look(line) for line in (data.get("title") or "", text) if line]

    def incident(self, event: Event) -> Told:
        data = event.data
        who = self._say("请 {who} 处理", who=self._names.holder(data["holder"]))
        return self._say("故障: {where}", where=self._look(data["where"])), [self._look(data["message"]), who]

    def resolved(self, event: Event) -> Told:
        return self._say("重试故障步骤"), ()

    def ended(self, event: Event) -> Told:
        outcome = event.data["outcome"]
        return self._say("结束: {outcome}", outcome=self._look(_ENDS.get(outcome, str(outcome)))), ()


def _titled(template: str) -> Callable[[Teller, Event], Told]:
    """A sentence that says no more than what came in."""
    return lambda teller, event: (teller.said(template, event.data["name"]), ())


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
    "kept": _titled("收到“{title}”,等有节点接收"),
    "unheard": _titled("没有节点接收先前收到的“{title}”,已列出"),
    "signalled": _titled("收到“{title}”"),
    "consumed": _titled("处理先前收到的“{title}”"),
    "resolved": Teller.resolved,
    "ended": Teller.ended,
}
