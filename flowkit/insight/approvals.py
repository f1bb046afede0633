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
    plain = {words.names.bare(h) for seat in data["sheet"] for h in seat["holders"]}
    grounds = [words.names.look(why) for why in data["why"]]
    reasons = [words.say("依据: {why}", why=why) for why in grounds if why not in plain]
    if not (rule := _RULES.get(data.get("rule", ""), "")):
        return words.say("请 {who} 签", who=every), reasons
    if data.get("share"):
        said = words.say("请 {who} 签({rule},同意达到 {share})", who=every, rule=words.say(rule), share=data["share"])
        return said, reasons
    return words.say("请 {who} 签({rule})", who=every, rule=words.say(rule)), reasons


def _signed(data: Data, words: Words) -> Told:
    pools = [holder for holder in data["holders"] if holder.startswith("role:")]
    stands = [words.say("代表 {who}", who=words.names.holders(pools))] if pools else []
    return words.say(_ANSWERS[data["answer"]]), [*stands, *_opinion(data, words), *_turn(data["seats"], words)]


def _advised(data: Data, words: Words) -> Told:
    back = words.say("回到 {who}", who=words.names.holder(data["to"]))
    return words.say("受委派,意见是{answer}", answer=words.say(_ANSWERS[data["answer"]])), [
        *_opinion(data, words),
        back,
    ]


def _concluded(data: Data, words: Words) -> Told:
    given = {"all": data["asked"], "yes": data["approvals"], "no": data["rejections"]}
    counts = words.say("{all} 份中 {yes} 份同意,{no} 份拒绝", **given)
    left = [words.say("不再请 {who}", who=words.names.holders(data["left"]))] if data["left"] else []
    if data["outcome"] == "returned":
        return words.say("退回"), [*_opinion(data, words), words.say("当时 {counts}", counts=counts), *left]
    return words.say("{what}: {result}", what=words.say(_OUTCOMES[data["outcome"]]), result=counts), left


def _carried(data: Data, words: Words) -> Told:
    agreed = words.say("他在“{title}”已经同意", title=words.names.look(data["title"]))
    return words.say("{who} 不再请", who=words.names.holder(data["who"])), [agreed]


def _delegated(data: Data, words: Words) -> Told:
    pair = {"who": words.names.holder(data["from"]), "to": words.names.holder(data["to"])}
    return words.say("{who} 委派给 {to}", **pair), [data["reason"]] if data.get("reason") else []


def _added(data: Data, words: Words) -> Told:
    told = words.say("{where} {who}", where=words.say(_PLACES[data["where"]]), who=words.names.holders(data["to"]))
    return told, [*([data["reason"]] if data.get("reason") else []), *_turn(data["seats"], words)]


def _removed(data: Data, words: Words) -> Told:
    told = words.say("减签 {who}", who=words.names.holder(data["who"]))
    return told, [*([data["reason"]] if data.get("reason") else []), *_turn(data["seats"], words)]


def _taken_back(data: Data, words: Words) -> Told:
    return words.say("拿回"), [words.say("回到“{title}”", title=words.names.look(data["title"]))]


def _opinion(data: Data, words: Words) -> list[str]:
    return [words.say("意见: {opinion}", opinion=data["opinion"])] if data.get("opinion") else []


def _turn(seats: Sequence[Data], words: Words) -> list[str]:
    """Whose turn it has become."""
    now = [holder for seat in seats if seat["state"] == "open" for holder in seat["holders"]]
    return [words.say("轮到 {who}", who=words.names.holders(now))] if now else []


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
