"""Events that reach beyond the case's own node, in words: stages, children, outside systems, pages, watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowkit.engine.case import Event
from flowkit.insight import approvals, revealing, together
from flowkit.insight.words import Words

Data = Mapping[str, Any]
Told = tuple[str, list[str]]
_OUTCOMES = {"done": "完成", "rejected": "未通过", "cancelled": "取消", "closed": "关闭"}


def _pairs(values: Data, words: Words) -> list[str]:
    return [f"{words.names.look(name)} = {words.value(value)}" for name, value in values.items() if value is not None]


def _wanted(data: Data, words: Words) -> Told:
    said = "发起“{title}”第 {n} 项" if data["state"] == "open" else "发起“{title}”第 {n} 项,等轮到它"
    title = words.names.look(data["title"])
    return words.say(said, title=title, n=data["index"] + 1), _pairs(data["values"], words)


def _joined(data: Data, words: Words) -> Told:
    given = {"title": words.names.look(data["name"]), "number": data["number"]}
    outcome = words.names.look(_OUTCOMES.get(data["outcome"], str(data["outcome"])))
    return words.say("“{title}”{number} 已结束: {outcome}", outcome=outcome, **given), []


def _replied(data: Data, words: Words) -> Told:
    if data["ok"]:
        return words.say("外部系统已答复"), _pairs(data["values"], words)
    return words.say("外部系统没有办成"), [words.names.look(data["error"])]


def _filed(data: Data, words: Words) -> Told:
    notice = [data["notice"]] if data.get("notice") else []
    title = words.names.look(data["title"])
    return words.say("已存档“{title}”({kind})", title=title, kind=data["kind"]), [f"SHA-256 {data['sha256']}", *notice]


def _late(data: Data, words: Words) -> Told:
    content = data.get("values") or {}
    if content.keys() == {"ok", "values", "error"}:
        said = "外部系统对 {what} 的答复已经来迟" if content["ok"] else "外部系统没有办成 {what},已经不再等它"
        _, lines = _replied(content, words)
        return words.say(said, what=data["name"]), lines
    if content.keys() == {"outcome"}:
        outcome = words.names.look(_OUTCOMES.get(content["outcome"], str(content["outcome"])))
        return words.say("下级工单已结束: {outcome},已经不再等它", outcome=outcome), []
    return words.say("收到“{title}”,但已经来迟", title=words.names.look(data["name"])), _pairs(content, words)


def _watched(data: Data, words: Words) -> Told:
    said = words.say("计入“{title}”: 第 {n} 次", title=words.names.look(data["title"]), n=data["count"])
    return said, [words.say("达到次数,发出预警")] if data["rises"] else []


def _replaced(data: Data, words: Words) -> Told:
    pair = {"who": words.names.holder(data["from"]), "to": words.names.holder(data["to"])}
    return words.say("移交 {who} 的待办给 {to}", **pair), [_reason(data, words)]


def _reason(data: Data, words: Words) -> str:
    return words.say("原因 {reason}", reason=data["reason"])


def _titled(template: str, key: str = "title") -> Callable[[Data, Words], Told]:
    """A sentence that says no more than what a thing is called."""
    return lambda data, words: (words.say(template, title=words.names.look(data[key])), [])


def _moved(data: Data, words: Words) -> Told:
    old = words.say("原属 {unit}", unit=data["old"] or words.say("全部"))
    return words.say("转到 {unit}", unit=data["unit"]), [old, _reason(data, words)]


def _released(data: Data, words: Words) -> Told:
    cancelled = [words.say("取消 {n} 个", n=len(data["children"]))] if data["children"] else []
    return words.say("不再等待下级工单"), cancelled


TELLERS: Mapping[str, Callable[[Data, Words], Told]] = {
    **approvals.TELLERS,
    "stage_entered": lambda data, words: (
        words.say("进入阶段“{title}”", title=words.names.look(data["title"])),
        words.sums(data["deadlines"]),
    ),
    "stage_left": _titled("离开阶段“{title}”"),
    "stage_paused": _titled("阶段“{title}”的时钟暂停"),
    "stage_resumed": lambda data, words: (
        words.say("阶段“{title}”的时钟继续", title=words.names.look(data["title"])),
        words.sums(data["deadlines"]),
    ),
    "wanted": _wanted,
    "begun": _titled("轮到“{title}”的下一项", "name"),
    "joined": _joined,
    "released": _released,
    "started": lambda data, words: (
        words.say("另行发起“{title}”", title=words.names.look(data["title"])),
        _pairs(data["values"], words),
    ),
    "called": lambda data, words: (
        words.say("请求外部系统 {what}", what=f"{data['connector']}.{data['operation']}"),
        _pairs(data["arguments"], words),
    ),
    "replied": _replied,
    "late": _late,
    "printed": _titled("打印“{title}”"),
    "filed": _filed,
    "watched": _watched,
    "unwatched": lambda data, words: (
        words.say("监测“{title}”无法判断", title=words.names.look(data["watch"])),
        [data["message"]],
    ),
    "replaced": _replaced,
    "moved": _moved,
    "migrated": lambda data, words: (
        words.say("换到现在的流程"),
        [words.say("版本 {old} → {new}", old=data["from"][:12], new=data["to"][:12])],
    ),
    "claimed": lambda data, words: (words.say("{who} 认领", who=words.names.holder(data["holder"])), []),
    "put_back": lambda data, words: (words.say("放回 {who}", who=words.names.holders(data["owner"])), []),
    **together.TELLERS,
    "unfit": lambda data, words: (
        words.say("填写的内容不符合要求"),
        [words.names.look(p["message"]) for p in data["problems"]],
    ),
    **revealing.TELLERS,
}


def tell_beyond(event: Event, words: Words) -> Told | None:
    """What such an event tells; None for one of another kind."""
    tell = TELLERS.get(event.kind)
    return tell(event.data, words) if tell is not None else None
