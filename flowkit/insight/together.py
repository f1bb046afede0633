"""What people do with a case besides its actions, in words: handing over, comments, copies, links, suspension."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowkit.insight.words import Words

Data = Mapping[str, Any]
Told = tuple[str, list[str]]


def _linked(data: Data, words: Words) -> Told:
    said = {"related": "关联 {number}", "into": "并入 {number}", "from": "{number} 并入此单"}[data["how"]]
    waiting = (
        [words.say("{who} 改为关注此单", who=words.names.holders(data["followers"]))] if data.get("followers") else []
    )
    return words.say(said, number=data["number"]), [*_by_whom(data, words), *waiting]


def _by_whom(data: Data, words: Words) -> list[str]:
    """Who did it, where it was done on the other case."""
    return [words.say("由 {who} 在那边操作", who=words.names.holder(data["who"]))] if data.get("who") else []


def _reason(data: Data) -> list[str]:
    return [data["reason"]] if data.get("reason") else []


def _commented(data: Data, words: Words) -> Told:
    mentioned = [words.say("提到 {who}", who=words.names.holders(data["mention"]))] if data["mention"] else []
    return words.say("评论"), ["***", *mentioned]


def _resumed(data: Data, words: Words) -> Told:
    waited = [words.say("挂起期间收到 {n} 项,现在处理", n=len(data["deferred"]))] if data["deferred"] else []
    return words.say("恢复办理"), [*_reason(data), *words.sums(data["deadlines"]), *waited]


def _deferred(data: Data, words: Words) -> Told:
    values = data["data"]
    what = {
        "signal": lambda: f"“{words.names.look(values['name'])}”",
        "replied": lambda: words.say("{what} 的答复", what=f"{values['connector']}.{values['operation']}"),
        "finished": lambda: words.say("下级工单 {number} 已结束", number=values["number"]),
    }[data["kind"]]()
    return words.say("挂起期间收到{what}", what=what), [words.say("恢复后处理")]


TELLERS: Mapping[str, Callable[[Data, Words], Told]] = {
    "handed_over": lambda data, words: (
        words.say("{who} 转办给 {to}", who=words.names.holder(data["from"]), to=words.names.holder(data["to"])),
        _reason(data),
    ),
    "commented": _commented,
    "followed": lambda data, words: (words.say("关注"), []),
    "unfollowed": lambda data, words: (words.say("取消关注"), []),
    "copied": lambda data, words: (words.say("抄送 {who}", who=words.names.holders(data["to"])), []),
    "read": lambda data, words: (words.say("已读抄送"), []),
    "urged": lambda data, words: (words.say("催办 {who}", who=words.names.holders(data["to"])), []),
    "linked": _linked,
    "unlinked": lambda data, words: (
        words.say("取消关联 {number}", number=data["number"]),
        _by_whom(data, words),
    ),
    "voided": lambda data, words: (words.say("作废"), _reason(data)),
    "suspended": lambda data, words: (
        words.say("挂起,时钟停走"),
        [*_reason(data), *words.sums(data["deadlines"])],
    ),
    "resumed": _resumed,
    "deferred": _deferred,
}

BY_HAND = frozenset(TELLERS) - {"deferred"}
"""What somebody does himself; what a notification copies by itself is told by its time or act all the same."""
