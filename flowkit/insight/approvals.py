"""Events of approvals in words: who is asked, what each answered, into whose hands it went, what it came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowkit.engine.approval.sheet import UNANSWERED
from flowkit.insight.words import Words

Data = Mapping[str, Any]
Told = tuple[str, list[str]]

_RULES = {"all": "会签", "any": "或签", "in_turn": "依次审批", "vote": "票签"}
_ANSWERS = {"approved": "同意", "rejected": "拒绝", "returned": "退回"}
_OUTCOMES = {"approved": "审批通过", "rejected": "审批不通过"}
_PLACES = {"before": "前加签", "after": "后加签", "beside": "并加签"}


def _asked(data: Data, words: Words) -> Told:
    left = (seat for seat in data["sheet"] if seat["state"] in UNANSWERED)
    every = words.names.holders([holder for seat in left for holder in seat["holders"]])
    # That a role is asked because it is that role needs no words.
    plain = {words.names.holder(h).removeprefix("岗位 ") for seat in data["sheet"] for h in seat["holders"]}
    rule = _RULES.get(data.get("rule", ""), "")
    share = f",同意达到 {data['share']}" if data.get("share") else ""
    return f"请 {every} 签" + (f"({rule}{share})" if rule else ""), [
        f"依据: {why}" for why in data["why"] if why not in plain
    ]


def _signed(data: Data, words: Words) -> Told:
    pools = [holder for holder in data["holders"] if holder.startswith("role:")]
    stands = [f"代表 {words.names.holders(pools)}"] if pools else []
    return _ANSWERS[data["answer"]], [*stands, *_opinion(data), *_turn(data["seats"], words)]


def _advised(data: Data, words: Words) -> Told:
    return f"受委派,意见是{_ANSWERS[data['answer']]}", [*_opinion(data), f"回到 {words.names.holder(data['to'])}"]


def _concluded(data: Data, words: Words) -> Told:
    counts = f"{data['asked']} 份中 {data['approvals']} 份同意,{data['rejections']} 份拒绝"
    left = [f"不再请 {words.names.holders(data['left'])}"] if data["left"] else []
    if data["outcome"] == "returned":
        return "退回", [*_opinion(data), f"当时 {counts}", *left]
    return f"{_OUTCOMES[data['outcome']]}: {counts}", left


def _carried(data: Data, words: Words) -> Told:
    return f"{words.names.holder(data['who'])} 不再请", [f"他在“{data['title']}”已经同意"]


def _delegated(data: Data, words: Words) -> Told:
    told = f"{words.names.holder(data['from'])} 委派给 {words.names.holder(data['to'])}"
    return told, [data["reason"]] if data.get("reason") else []


def _added(data: Data, words: Words) -> Told:
    told = f"{_PLACES[data['where']]} {words.names.holders(data['to'])}"
    return told, [*([data["reason"]] if data.get("reason") else []), *_turn(data["seats"], words)]


def _removed(data: Data, words: Words) -> Told:
    told = f"减签 {words.names.holder(data['who'])}"
    return told, [*([data["reason"]] if data.get("reason") else []), *_turn(data["seats"], words)]


def _taken_back(data: Data, words: Words) -> Told:
    return "拿回", [f"回到“{data['title']}”"]


def _opinion(data: Data) -> list[str]:
    return [f"意见: {data['opinion']}"] if data.get("opinion") else []


def _turn(seats: Sequence[Data], words: Words) -> list[str]:
    """Whose turn it has become."""
    now = [holder for seat in seats if seat["state"] == "open" for holder in seat["holders"]]
    return [f"轮到 {words.names.holders(now)}"] if now else []


TELLERS: Mapping[str, Callable[[Data, Words], Told]] = {
    "asked": _asked,
    "signed": _signed,
    "advised": _advised,
    "concluded": _concluded,
    "carried": _carried,
    "delegated": _delegated,
    "signers_added": _added,
    "signer_removed": _removed,
    "taken_back": _taken_back,
}
BY_HAND = frozenset({"signed", "advised", "delegated", "signers_added", "signer_removed", "taken_back"})
"""What somebody does; the rest follows from it."""
