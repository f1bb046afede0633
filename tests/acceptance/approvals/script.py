"""Reads the table of approvals and plays its lines through the public face. Knows the words of the table, no rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import flowkit
from flowkit.app.app import App
from flowkit.clock import VirtualClock
from flowkit.errors import RefusedError

TABLE = Path(__file__).with_name("table.md")
BUSINESS = Path(__file__).with_name("business.yaml").read_text(encoding="utf-8")
PEOPLE = ("陈", "主管", "甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "老板")

_ANSWERS = {
    "同意": "approve",
    "拒绝": "reject",
    "退回": "return",
    "拿回": "take_back",
    "认领": "claim",
    "释放": "release",
    "催办": "urge",
    "已读": "mark_read",
}
_REASONED = {"挂起": "suspend", "激活": "resume", "作废": "void"}
_HANDS = {"转办": "hand_over", "委派": "delegate"}
_ADDS = {"前加签": "before", "后加签": "after", "并加签": "beside"}
_OTHERS = {"减签": "remove_signer", "抄送": "copy", "移交": "reassign", "代理": "substitute"}

OPERATIONS = {**_ANSWERS, **_HANDS, **dict.fromkeys(_ADDS, "add_signer"), **_REASONED, **_OTHERS}
"""What may be done at an approval, by its word in the table; standing in for somebody is no operation on a case."""
RULES = {"all": "会签", "any": "或签", "in_turn": "依次审批", "vote": "票签"}


@dataclass(frozen=True)
class Line:
    """One line of the table: what it says, what happens, what must come of it."""

    section: str
    number: int
    says: str
    steps: tuple[str, ...]
    result: str

    def __str__(self) -> str:
        return f"{self.section}-{self.number:02}-{self.says}"

    @property
    def cells(self) -> set[tuple[str, bool]]:
        """What is done in it, by its word, and whether it is refused. Refused for whom stands in is the standing in."""
        refused = self.result.startswith("不许:")
        words = [_word(step) for step in self.steps]
        taken = {(word, False) for word in (words[:-1] if refused else words)}
        denied = {(word, True) for word in (words[-1], *(w for w in words if w == "代理"))} if refused else set()
        return {cell for cell in taken | denied if cell[0] in OPERATIONS}


@cache
def sections() -> dict[str, tuple[dict[str, Any], list[Line]]]:
    """The nodes of each section and its lines; the first section holds what the others do not say."""
    found: dict[str, tuple[dict[str, Any], list[Line]]] = {}
    for part in TABLE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        block = re.search(r"```yaml\n(.*?)```", body, re.DOTALL)
        assert block is not None, title
        rows = [[c.strip() for c in line.strip("|").split("|")] for line in body.splitlines() if line.startswith("|")]
        lines = [
            Line(title, n, says, tuple(s.strip() for s in steps.split(";") if s.strip()), result)
            for n, (says, steps, result) in enumerate(rows[2:], 1)
        ]
        found[title] = (yaml.safe_load(block[1]), lines)
    return found


def rule_of(section: str) -> str:
    """The word for the sign rule under which that section's lines are played."""
    every = sections()
    approval = {**every["写法"][0]["审批"], **every[section][0].get("审批", {})}["approval"]
    sign = approval.get("sign", "all")
    return RULES["vote" if isinstance(sign, dict) else sign]


def _word(step: str) -> str:
    """What a step does; `甲 请 丁 代理` ends with it."""
    parts = step.split(" ")
    return "代理" if parts[1] == "请" else parts[1].removesuffix("(旧页)")


def lines() -> Iterator[Line]:
    for _, of_section in sections().values():
        yield from of_section


def app_of(section: str, folder: Path) -> App:
    """The business with the workflow that a section describes."""
    return app_with(sections()[section][0], folder)


def app_with(own: dict[str, Any], folder: Path) -> App:
    """The business with these nodes in, or over, those that all sections have."""
    nodes: dict[str, Any] = {name: dict(node) for name, node in sections()["写法"][0].items()}
    for name, node in own.items():
        merged = {**nodes.get(name, {}), **node}
        nodes[name] = {key: value for key, value in merged.items() if value is not None}
    order = ["起草", *(n for n in nodes if n != "起草")]
    workflow = {"workflow": "申请单", "from": "申请", "nodes": {name: nodes[name] for name in order}}
    written = yaml.safe_dump(workflow, allow_unicode=True, sort_keys=False)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.yaml").write_text(f"{BUSINESS}---\n{written}", encoding="utf-8")
    return flowkit.load_app(folder)


class Desk:
    """One case of one section, and the people around it."""

    def __init__(self, kit: flowkit.FlowKit, clock: VirtualClock) -> None:
        self.kit, self.clock = kit, clock
        self.substitutions: list[tuple[str, str]] = []
        self.case = self.kit.submit("申请单", {"金额": "100", "科目": "差旅"}, by=actor("陈")).id
        self.kit.act(self.case, "提交", by=actor("陈"))
        self.first_visit = self.kit.case(self.case).visit

    def close(self) -> None:
        """Nobody stands in for anybody in the next line."""
        for id_, by in self.substitutions:
            self.kit.end_substitution(id_, by=by)

    def take(self, step: str) -> None:
        """One step of a line, in the table's own words. Raises RefusedError."""
        if step.startswith("过 "):
            self.clock.set(self.clock.now() + timedelta(hours=_hours(step[2:])))
            self.kit.advance(messages=False)
            return
        who, verb, *rest = step.split(" ")
        old = verb.endswith("(旧页)")
        verb = verb.removesuffix("(旧页)")
        typed = {n: _typed(n, v) for n, _, v in (r.partition("=") for r in rest if "=" in r)}
        named = [r for r in rest if "=" not in r]
        if verb == "请":
            now = self.clock.now()
            until = now + timedelta(days=1)
            begun = self.kit.substitute(actor(who), actor(named[0]), now, until, by=actor(who))
            self.substitutions.append((begun.id, actor(who)))
            return
        action, values = self._reassign(named) if verb == "移交" else _action(verb, named)
        self.kit.act(self.case, action, {**values, **typed}, by=actor(who), visit=self.first_visit if old else None)

    def _reassign(self, named: list[str]) -> tuple[str, dict[str, Any]]:
        """Whose task it is stands on the case: a person, or a pool that the table calls by the same word."""
        before, to, *reason = named
        holder = next((h for h in self.kit.case(self.case).owner if h.partition(":")[2] == before), actor(before))
        return "reassign", {"from": holder, "to": actor(to), **_reason(reason)}

    def seen(self, result: str) -> str:
        """How the case stands, in the words of that result."""
        case, word = self.kit.case(self.case), result.split(" ", maxsplit=1)[0]
        if word in ("通过", "未通过", "作废"):
            outcome = {"rejected": "未通过", "cancelled": "作废"}.get(case.outcome, case.outcome)
            return "通过" if case.node == "办理" else outcome or f"在 {case.node}"
        if word == "在":
            return f"在 {case.node}"
        if word == "挂起":
            marked = all("挂起" in task.flags for person in self.signers() for task in self._tasks(person, "sign"))
            return "挂起" if case.suspended is not None and marked else "没有挂起"
        if word == "催了":
            counted = {task.urged for person in self.signers() for task in self._tasks(person, "sign")}
            return f"催了 {'、'.join(map(str, sorted(counted)))} 次"
        people = {"被催": self.urged, "待阅": self.readers}.get(word, self.signers)()
        return " ".join([word if word in ("被催", "待阅") else "待签", *(people or ["无"])])

    def signers(self) -> list[str]:
        """Who finds this case to be signed on his list, each once."""
        return [person for person in PEOPLE if self._tasks(person, "sign")]

    def readers(self) -> list[str]:
        """Who finds a copy of this case on his list that he has not read."""
        return [person for person in PEOPLE if self._tasks(person, "copy")]

    def urged(self) -> list[str]:
        """Who was reminded when somebody urged last."""
        told = [e.data["to"] for e in self.kit.history(self.case) if e.kind == "notified" and e.data["title"] == "催办"]
        return [person for person in PEOPLE if told and actor(person) in told[-1]]

    def _tasks(self, person: str, kind: str) -> list[flowkit.TaskView]:
        tasks = [t for t in self.kit.tasks(by=actor(person)) if t.case == self.case and t.kind == kind]
        assert len(tasks) <= 1, f"{person} has the same task twice"
        return tasks


def told(result: str) -> str:
    """A result with its people in the order in which they are looked for."""
    word, *rest = result.split(" ")
    named = word in ("待签", "待阅", "被催") and rest != ["无"]
    return " ".join([word, *sorted(rest, key=PEOPLE.index)]) if named else result


def actor(person: str) -> str:
    return f"客户:{person}" if person == "李女士" else f"员工:{person}"


def _action(verb: str, named: list[str]) -> tuple[str, dict[str, Any]]:
    if verb in _HANDS:
        return _HANDS[verb], {"to": actor(named[0])}
    if verb in _ADDS:
        return "add_signer", {"who": [actor(n) for n in named], "where": _ADDS[verb]}
    if verb == "减签":
        return "remove_signer", {"who": actor(named[0])}
    if verb == "抄送":
        return "copy", {"to": [actor(n) for n in named]}
    if verb in _REASONED:
        return _REASONED[verb], _reason(named)
    return _ANSWERS.get(verb, verb), {"to": named[0]} if named else {}


def _reason(named: list[str]) -> dict[str, str]:
    return {"reason": named[0]} if named else {}


def _typed(name: str, value: str) -> Any:
    return [actor(v) for v in value.split(",")] if name == "自选" else value


def _hours(span: str) -> int:
    return int(span[:-1]) * {"h": 1, "d": 24}[span[-1]]


def play(line: Line, desk: Desk) -> None:
    """Take the steps of a line. Raises AssertionError where the result is another."""
    *before, last = line.steps or ("",)
    for step in before:
        desk.take(step)
    if line.result.startswith("不许:"):
        _refused(desk, last, line.result.removeprefix("不许:"))
        return
    if last:
        desk.take(last)
    for result in (part.strip() for part in line.result.split(";")):
        assert desk.seen(result) == told(result)


def _refused(desk: Desk, step: str, why: str) -> None:
    before = desk.kit.case(desk.case)
    try:
        desk.take(step)
    except RefusedError as refused:
        assert why in str(refused), f"refused, but because: {refused}"
        assert desk.kit.case(desk.case) == before, "it was refused, and something has changed"
        return
    raise AssertionError(f"it was not refused; now {desk.seen('待签')}")
