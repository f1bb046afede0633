"""How an owner was found, in words: who was asked, why he, and who was passed over. Knows what `why` of an event holds.

Among many candidates people are told the best and how many fell to which requirement; programs are told of everyone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flowkit.insight.words import Words
from flowkit.rules.dispatch import EXCLUDED

Data = Mapping[str, Any]

IN_FULL, BEST, NAMED = 10, 5, 3
"""So many candidates are told one by one; of more only so many of the best; so many of those who are equal by name."""

_FOUND = {"dispatch": "派单", "caught": "兜底", "role": "岗位", "person": "指定", "several": "几方"}


def whose(why: Data, words: Words, refused: Collection[str], *, whole: bool) -> list[str]:
    """The reasons, one a line; `refused` are those who have refused it, `whole` tells of every candidate."""
    kind, text = _FOUND.get(why.get("kind", ""), ""), why.get("text")
    # A dispatch that stands where it is used has no title but what it is.
    titled = _of(words, words.say(kind), words.names.look(str(text)))
    out = [words.say(kind) if text == kind else titled] if text and kind else []
    candidates = why.get("candidates") or ()
    passed = [c for c in candidates if not c.get("ruled_out_by")]
    others = [c for c in candidates if c.get("ruled_out_by")]
    counted = why.get("ruled_out") or {}
    whole = whole or why.get("considered", 0) <= IN_FULL
    best = passed if whole else passed[:BEST]
    out += [_fared(c, why.get("weights") or {}, words) for c in best]
    behind = why.get("considered", 0) - sum(counted.values()) - len(best)
    out += [words.say("另有 {n} 位也符合,排在后面", n=behind)] if behind > 0 else []
    out += _tied(passed, words)
    if whole:
        out += [_of(words, _name(c), _unfit(words, c["ruled_out_by"], refused, c["actor"])) for c in others]
    listed = {c["ruled_out_by"] for c in others} if whole else set()
    left = ((label, n) for label, n in counted.items() if label not in listed)
    return out + [_of(words, _unfit(words, label, refused), words.say("{n} 位", n=n)) for label, n in left]


def _of(words: Words, what: str, result: str) -> str:
    return words.say("{what}: {result}", what=what, result=result)


def _fared(candidate: Data, weights: Data, words: Words) -> str:
    """The total and what it is made of, each with its weight where that is not one."""
    found = (candidate.get("scores") or {}).items()
    by = {label: f" × {words.value(weight)}" for label, weight in weights.items()}
    scores = words.say(",").join(
        f"{words.names.look(label)} {words.value(value)}{by.get(label, '')}" for label, value in found
    )
    total = words.say("合计 {total}", total=words.value(candidate.get("total")))
    return _of(words, _name(candidate), words.say("{what}({more})", what=total, more=scores) if scores else total)


def _name(candidate: Data) -> str:
    return str(candidate.get("name") or candidate["actor"])


def _unfit(words: Words, label: str, refused: Collection[str], actor: str = "") -> str:
    """Why somebody was passed over: who refused it is not asked again, nor whom the step does not allow."""
    if label != EXCLUDED:
        return words.say("不符合“{title}”", title=words.names.look(label))
    return words.say("已退过单" if actor in refused else "此步应回避" if actor else "已退过单或应回避")


def _tied(passed: Sequence[Data], words: Words) -> list[str]:
    """That several came out equal at the top, so that the order of their keys decided."""
    equal = [c for c in passed if _standing_of(c) == _standing_of(passed[0])]
    if len(equal) < 2:
        return []
    names = words.say("、").join(map(_name, equal[:NAMED]))
    if len(equal) > NAMED:
        return [words.say("{who}等 {n} 位 并列,按编号", who=names, n=len(equal))]
    return [words.say("{who} 并列,按编号", who=names)]


def _standing_of(candidate: Data) -> tuple[Any, int]:
    return candidate.get("total"), sum(v is None for v in (candidate.get("scores") or {}).values())
