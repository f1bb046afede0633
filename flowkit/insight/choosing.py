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
    out = [kind if text == kind else f"{kind}: {text}"] if text and kind else []
    candidates = why.get("candidates") or ()
    passed = [c for c in candidates if not c.get("ruled_out_by")]
    others = [c for c in candidates if c.get("ruled_out_by")]
    counted = why.get("ruled_out") or {}
    whole = whole or why.get("considered", 0) <= IN_FULL
    best = passed if whole else passed[:BEST]
    out += [_fared(c, words) for c in best]
    behind = why.get("considered", 0) - sum(counted.values()) - len(best)
    out += [f"另有 {behind} 位也符合,排在后面"] if behind > 0 else []
    out += _tied(passed)
    if whole:
        out += [f"{_name(c)}: {_unfit(c['ruled_out_by'], refused, c['actor'])}" for c in others]
    listed = {c["ruled_out_by"] for c in others} if whole else set()
    return out + [f"{_unfit(label, refused)}: {n} 位" for label, n in counted.items() if label not in listed]


def _fared(candidate: Data, words: Words) -> str:
    found = (candidate.get("scores") or {}).items()
    scores = ",".join(f"{label} {words.value(value)}" for label, value in found)
    return f"{_name(candidate)}: 合计 {words.value(candidate.get('total'))}" + (f"({scores})" if scores else "")


def _name(candidate: Data) -> str:
    return str(candidate.get("name") or candidate["actor"])


def _unfit(label: str, refused: Collection[str], actor: str = "") -> str:
    """Why somebody was passed over: who refused it is not asked again, nor whom the step does not allow."""
    if label != EXCLUDED:
        return f"不符合“{label}”"
    return "已退过单" if actor in refused else "此步应回避" if actor else "已退过单或应回避"


def _tied(passed: Sequence[Data]) -> list[str]:
    """That several came out equal at the top, so that the order of their keys decided."""
    equal = [c for c in passed if _standing_of(c) == _standing_of(passed[0])]
    if len(equal) < 2:
        return []
    more = f"等 {len(equal)} 位" if len(equal) > NAMED else ""
    return [f"{'、'.join(map(_name, equal[:NAMED]))}{more} 并列,按编号"]


def _standing_of(candidate: Data) -> tuple[Any, int]:
    return candidate.get("total"), sum(v is None for v in (candidate.get("scores") or {}).values())
