"""Events that reach beyond the case's own node, in words: stages, children, outside systems, pages, watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowkit.engine.case import Event
from flowkit.insight import approvals, revealing, together
from flowkit.insight.words import Words, sum_of

Data = Mapping[str, Any]
Told = tuple[str, list[str]]
_OUTCOMES = {"done": "完成", "rejected": "未通过", "cancelled": "取消", "closed": "关闭"}


def _pairs(values: Data, words: Words) -> list[str]:
    return [f"{name} = {words.value(value)}" for name, value in values.items() if value is not None]


def _wanted(data: Data, words: Words) -> Told:
    turn = "" if data["state"] == "open" else ",等轮到它"
    return f"发起“{data['title']}”第 {data['index'] + 1} 项{turn}", _pairs(data["values"], words)


def _joined(data: Data, words: Words) -> Told:
    return f"“{data['name']}”{data['number']} 已结束: {_OUTCOMES.get(data['outcome'], data['outcome'])}", []


def _replied(data: Data, words: Words) -> Told:
    return ("外部系统已答复", _pairs(data["values"], words)) if data["ok"] else ("外部系统没有办成", [data["error"]])


def _filed(data: Data, words: Words) -> Told:
    notice = [data["notice"]] if data.get("notice") else []
    return f"已存档“{data['title']}”({data['kind']})", [f"SHA-256 {data['sha256']}", *notice]


def _late(data: Data, words: Words) -> Told:
    content = data.get("values") or {}
    return f"收到“{data['name']}”,但已经来迟", _pairs(content, words)


def _watched(data: Data, words: Words) -> Told:
    return f"计入“{data['title']}”: 第 {data['count']} 次", ["达到次数,发出预警"] if data["rises"] else []


def _replaced(data: Data, words: Words) -> Told:
    names = words.names.holders
    return f"移交 {names([data['from']])} 的待办给 {names([data['to']])}", [f"原因 {data['reason']}"]


TELLERS: Mapping[str, Callable[[Data, Words], Told]] = {
    **approvals.TELLERS,
    "stage_entered": lambda data, words: (
        f"进入阶段“{data['title']}”",
        [line for d in data["deadlines"] for line in sum_of(d)],
    ),
    "stage_left": lambda data, words: (f"离开阶段“{data['title']}”", []),
    "stage_paused": lambda data, words: (f"阶段“{data['title']}”的时钟暂停", []),
    "stage_resumed": lambda data, words: (
        f"阶段“{data['title']}”的时钟继续",
        [line for d in data["deadlines"] for line in sum_of(d)],
    ),
    "wanted": _wanted,
    "begun": lambda data, words: (f"轮到“{data['name']}”的下一项", []),
    "joined": _joined,
    "released": lambda data, words: (
        "不再等待下级工单",
        [f"取消 {len(data['children'])} 个"] if data["children"] else [],
    ),
    "started": lambda data, words: (f"另行发起“{data['title']}”", _pairs(data["values"], words)),
    "called": lambda data, words: (
        f"请求外部系统 {data['connector']}.{data['operation']}",
        _pairs(data["arguments"], words),
    ),
    "replied": _replied,
    "late": _late,
    "printed": lambda data, words: (f"打印“{data['title']}”", []),
    "filed": _filed,
    "watched": _watched,
    "unwatched": lambda data, words: (f"监测“{data['watch']}”无法判断", [data["message"]]),
    "replaced": _replaced,
    "moved": lambda data, words: (f"转到 {data['unit']}", [f"原属 {data['old'] or '全部'}", f"原因 {data['reason']}"]),
    "migrated": lambda data, words: ("换到现在的流程", [f"版本 {data['from'][:12]} → {data['to'][:12]}"]),
    "claimed": lambda data, words: (f"{words.names.holders([data['holder']])} 认领", []),
    "put_back": lambda data, words: (f"放回 {words.names.holders(data['owner'])}", []),
    **together.TELLERS,
    "unfit": lambda data, words: ("填写的内容不符合要求", [p["message"] for p in data["problems"]]),
    **revealing.TELLERS,
}


def tell_beyond(event: Event, words: Words) -> Told | None:
    """What such an event tells; None for one of another kind."""
    tell = TELLERS.get(event.kind)
    return tell(event.data, words) if tell is not None else None
