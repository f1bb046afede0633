"""What people do with a case besides its actions, in words: handing over, comments, copies, links, suspension."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowkit.insight.words import Words, sum_of

Data = Mapping[str, Any]
Told = tuple[str, list[str]]


def _linked(data: Data, words: Words) -> Told:
    said = {"related": f"关联 {data['number']}", "into": f"并入 {data['number']}", "from": f"{data['number']} 并入此单"}
    waiting = [f"{words.names.holders(data['followers'])} 改为关注此单"] if data.get("followers") else []
    return said[data["how"]], [*_by_whom(data, words), *waiting]


def _by_whom(data: Data, words: Words) -> list[str]:
    """Who did it, where it was done on the other case."""
    return [f"由 {words.names.holder(data['who'])} 在那边操作"] if data.get("who") else []


def _reason(data: Data) -> list[str]:
    return [data["reason"]] if data.get("reason") else []


def _commented(data: Data, words: Words) -> Told:
    return "评论", ["***", *([f"提到 {words.names.holders(data['mention'])}"] if data["mention"] else [])]


def _sums(data: Data) -> list[str]:
    """The sum behind each deadline."""
    return [line for d in data["deadlines"] for line in sum_of(d)]


def _resumed(data: Data, words: Words) -> Told:
    waited = [f"挂起期间收到 {len(data['deferred'])} 项,现在处理"] if data["deferred"] else []
    return "恢复办理", [*_reason(data), *_sums(data), *waited]


def _deferred(data: Data, words: Words) -> Told:
    values = data["data"]
    what = {
        "signal": lambda: f"“{values['name']}”",
        "replied": lambda: f"{values['connector']}.{values['operation']} 的答复",
        "finished": lambda: f"下级工单 {values['number']} 已结束",
    }[data["kind"]]()
    return f"挂起期间收到{what}", ["恢复后处理"]


TELLERS: Mapping[str, Callable[[Data, Words], Told]] = {
    "handed_over": lambda data, words: (
        f"{words.names.holder(data['from'])} 转办给 {words.names.holder(data['to'])}",
        _reason(data),
    ),
    "commented": _commented,
    "followed": lambda data, words: ("关注", []),
    "unfollowed": lambda data, words: ("取消关注", []),
    "copied": lambda data, words: (f"抄送 {words.names.holders(data['to'])}", []),
    "read": lambda data, words: ("已读抄送", []),
    "urged": lambda data, words: (f"催办 {words.names.holders(data['to'])}", []),
    "linked": _linked,
    "unlinked": lambda data, words: (f"取消关联 {data['number']}", _by_whom(data, words)),
    "voided": lambda data, words: ("作废", _reason(data)),
    "suspended": lambda data, words: ("挂起,时钟停走", [*_reason(data), *_sums(data)]),
    "resumed": _resumed,
    "deferred": _deferred,
}

BY_HAND = frozenset(TELLERS) - {"deferred"}
"""What somebody does himself; what a notification copies by itself is told by its time or act all the same."""
