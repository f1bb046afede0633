"""Why a case went where it went, in words, from its history alone: change a card today, the answer stays what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from flowkit.engine.case import Event

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in words: what happened, and beneath it why."""

    sequence: int
    at: datetime
    by: str
    kind: str
    what: str
    why: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "sequence": self.sequence,
            "at": self.at.isoformat(),
            "by": self.by,
            "kind": self.kind,
            "what": self.what,
            "why": list(self.why),
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """The story of a case. `lines` for people, `as_json()` for programs."""

    entries: tuple[Entry, ...]
    timezone: tzinfo

    @property
    def lines(self) -> tuple[str, ...]:
        out: list[str] = []
        for entry in self.entries:
            out.append(f"{_clock(entry.at, self.timezone)}  {entry.by}  {entry.what}")
            out += [f"    {line}" for line in entry.why]
        return tuple(out)

    def as_json(self) -> list[dict[str, Any]]:
        return [entry.as_json() for entry in self.entries]


def explain(events: Iterable[Event], timezone: tzinfo) -> Explanation:
    """The story that these events tell, oldest first; moments in `timezone`."""
    entries = []
    for sequence, event in enumerate(events, 1):
        tell = _TELLERS.get(event.kind)
        what, why = tell(event.data, timezone) if tell else (event.kind, ())
        entries.append(Entry(sequence, event.at, event.by, event.kind, what, tuple(why)))
    return Explanation(tuple(entries), timezone)


Told = tuple[str, Iterable[str]]


def _created(data: Data, zone: tzinfo) -> Told:
    applicant = f"申请人 {data['applicant']}"
    unit = [f"所属 {data['unit']}"] if data.get("unit") else []
    values = [f"{name} = {_value(v)}" for name, v in data["values"].items() if v not in (None, "", [])]
    return f"提交 {data['workflow']} {data['number']}", [applicant, *unit, *values]


def _acted(data: Data, zone: tzinfo) -> Told:
    left_out = data.get("left_out") or []
    return f"操作“{data['title']}”", [f"之后不再找 {_names(left_out)}"] if left_out else []


def _answered(data: Data, zone: tzinfo) -> Told:
    return f"填写“{data['name']}”", [f"{n} = {_value(v)}" for n, v in data["values"].items() if v not in (None, "", [])]


def _edited(data: Data, zone: tzinfo) -> Told:
    old = data.get("old") or {}
    return "更正已填内容", [f"{n}: {_value(old.get(n))} → {_value(v)}" for n, v in data["values"].items()]


def _set(data: Data, zone: tzinfo) -> Told:
    return "记下", [f"{n} = {_value(v)}" for n, v in data["values"].items()]


def _scored(data: Data, zone: tzinfo) -> Told:
    result = data["result"]
    band = data.get("band_title") or result.get("band") or ""
    why = [_factor(factor) for factor in data.get("why") or ()]
    why += [f"因此 {name} = {_value(value)}" for name, value in (data.get("set") or {}).items()]
    return f"评分“{data['title']}”: {_value(result['total'])} 分" + (f",{band}" if band else ""), why


def _factor(factor: Data) -> str:
    hit = factor.get("hit")
    points = f"+{_value(factor.get('points'))}" if hit else "+0"
    read = ",".join(f"{path}={_value(value)}" for path, value in (factor.get("read") or {}).items())
    return f"{points}  {factor['label']}: {'是' if hit else '否'}({read or factor.get('when', '')})"


def _decided(data: Data, zone: tzinfo) -> Told:
    row = data.get("row")
    if data.get("result") is None:
        return f"判断“{data['title']}”: 没有一行符合", _reasons(data.get("why"))
    result = ",".join(f"{name} = {_value(value)}" for name, value in data["result"].items())
    where = f"第 {row} 行" if isinstance(row, int) else ""
    return f"判断“{data['title']}”: {where} {result}".replace(":  ", ": "), _reasons(data.get("why"))


def _reasons(why: Any) -> list[str]:
    if isinstance(why, Mapping):
        said = {"columns": "当时", "cells": "这一行要求"}
        return [
            f"{said.get(name, name)}: {_value(value)}" for name, value in sorted(why.items(), reverse=True) if value
        ]
    return [_value(line) for line in why or ()]


def _entered(data: Data, zone: tzinfo) -> Told:
    via = data.get("via") or {}
    kinds = {"submit": "提交", "route": "自动", "act": "操作", "action": "操作", "timeout": "超时", "event": "外部消息"}
    how = " ".join(part for part in (kinds.get(via.get("kind", ""), ""), via.get("name") or "") if part)
    start = f"从 {via['from']} " if via.get("from") else ""
    return f"进入“{data['title']}”(第 {data['visit']} 步)", [f"{start}经由 {how}"] if how else []


def _assigned(data: Data, zone: tzinfo) -> Told:
    due = [line for d in data.get("deadlines") or () for line in _deadline(d, zone)]
    if not data["owner"]:
        return "此步无人负责", due
    return f"负责人 {_names(data['owner'])}", [*_whose(data.get("why") or {}), *due]


def _whose(why: Data) -> list[str]:
    """How the owner was found; each candidate with what ruled him out or what he came to."""
    kind = {"dispatch": "派单", "caught": "兜底", "role": "岗位", "person": "指定", "several": "几方"}.get(
        why.get("kind", ""), ""
    )
    out = [f"{kind}: {why['text']}"] if why.get("text") and kind else []
    for candidate in why.get("candidates") or ():
        name = candidate.get("name") or candidate["actor"]
        if candidate.get("ruled_out_by"):
            out.append(f"{name}: 不符合“{candidate['ruled_out_by']}”")
            continue
        scores = ",".join(f"{label} {_value(value)}" for label, value in (candidate.get("scores") or {}).items())
        out.append(f"{name}: 合计 {_value(candidate.get('total'))}" + (f"({scores})" if scores else ""))
    listed = {c.get("ruled_out_by") for c in why.get("candidates") or ()}
    return out + [
        f"另有 {n} 人不符合“{label}”" for label, n in (why.get("ruled_out") or {}).items() if label not in listed
    ]


def _deadline(deadline: Data, zone: tzinfo) -> list[str]:
    due = _clock(datetime.fromisoformat(deadline["due"]), zone)
    return [f"期限 {deadline['name']}: {due},{' '.join(deadline.get('why') or ())}"]


def _fired(data: Data, zone: tzinfo) -> Told:
    following = _deadline(data["next"], zone) if data.get("next") else []
    held = [] if data.get("held", True) else ["条件不成立,不做任何事"]
    again = f"(第 {data['n'] + 1} 次)" if data["n"] else ""
    return f"到期“{data['title']}”{again}", [*held, *following]


def _notified(data: Data, zone: tzinfo) -> Told:
    text = "".join(part if isinstance(part, str) else "***" for part in data.get("text") or ())
    to = f"通知 {_names(data['to'])}" if data["to"] else "无人可通知"
    channels = f",经 {'、'.join(data['channels'])}" if data.get("channels") else ""
    return f"{to}{channels}", [line for line in (data.get("title") or "", text) if line]


def _recorded(data: Data, zone: tzinfo) -> Told:
    old = data.get("old") or {}
    changes = [f"{n}: {_value(old.get(n))} → {_value(v)}" for n, v in (data.get("set") or {}).items()]
    added = [f"{n} 增加 {_value(v)}" for n, v in (data.get("add") or {}).items()]
    return f"修改 {data['entity']}:{data['key']}", [*changes, *added]


_ENDS = {"done": "完成", "rejected": "未通过", "cancelled": "取消", "closed": "关闭"}

_TELLERS: Mapping[str, Callable[[Data, tzinfo], Told]] = {
    "created": _created,
    "acted": _acted,
    "answered": _answered,
    "edited": _edited,
    "set": _set,
    "scored": _scored,
    "decided": _decided,
    "entered": _entered,
    "assigned": _assigned,
    "fired": _fired,
    "reassigned": lambda data, zone: (f"改由 {_names(data['owner'])} 负责", _whose(data.get("why") or {})),
    "escalated": lambda data, zone: (f"升级给 {_names(data['to'])}", _whose(data.get("why") or {})),
    "notified": _notified,
    "recorded": _recorded,
    "kept": lambda data, zone: (f"收到“{data['name']}”,等有节点接收", ()),
    "late": lambda data, zone: (f"收到“{data['name']}”,但工单已结束", ()),
    "signalled": lambda data, zone: (f"收到“{data['name']}”", ()),
    "consumed": lambda data, zone: (f"处理先前收到的“{data['name']}”", ()),
    "incident": lambda data, zone: (f"故障: {data['where']}", [data["message"], f"请 {_names([data['holder']])} 处理"]),
    "resolved": lambda data, zone: ("重试故障步骤", ()),
    "ended": lambda data, zone: (f"结束: {_ENDS.get(data['outcome'], data['outcome'])}", ()),
}


def _names(actors: Iterable[str]) -> str:
    return "、".join(f"岗位 {a.removeprefix('role:')}" if a.startswith("role:") else a for a in actors)


def _value(value: Any) -> str:
    """A stored value for people; personal ones are not shown."""
    if value is None:
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return "***" if "personal" in value else " ".join(f"{n}={_value(v)}" for n, v in value.items())
    if isinstance(value, (list, tuple)):
        return "、".join(_value(v) for v in value) or "空"
    return str(value)


def _clock(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
