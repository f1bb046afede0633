"""What became of recorded tickets, one by one and in sum, as data, as lines for people and as JSON. Replays nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from flowkit.errors import Problem
from flowkit.testing.refusals import problem_words

Status = Literal["accepted", "refused", "duplicate"]

SHOWN = 60
"""Up to so many tickets are told one by one as text; JSON always holds all."""

MOST_FREQUENT = 20
"""So many people or groups are told of by name; the rest are counted together."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorecard said. `total` is a number as text."""

    card: str
    title: str
    total: str
    band: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """A timer that called somebody else in (`escalate`) or changed the owner (`reassign`)."""

    at: datetime
    node: str
    kind: Literal["escalated", "reassigned"]
    to: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"at": self.at.isoformat(), "node": self.node, "kind": self.kind, "to": list(self.to)}


@dataclass(frozen=True, slots=True)
class Ticket:
    """One row and what became of it. `asked` is who would have been asked first, at node `node`.

    `escalations` are those before `closed`; `first_line` is the row that a duplicate repeats.
    """

    line: int
    status: Status
    at: datetime | None = None
    closed: datetime | None = None
    key: str = ""
    number: str = ""
    problems: tuple[Problem, ...] = ()
    first_line: int | None = None
    scores: tuple[Score, ...] = ()
    node: str = ""
    asked: tuple[str, ...] = ()
    why: str = ""
    escalations: tuple[Escalation, ...] = ()
    incident: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "status": self.status,
            "at": self.at.isoformat() if self.at else None,
            "closed": self.closed.isoformat() if self.closed else None,
            "key": self.key,
            "number": self.number,
            "problems": [p.as_json() for p in self.problems],
            "first_line": self.first_line,
            "scores": [{"card": s.card, "title": s.title, "total": s.total, "band": s.band} for s in self.scores],
            "node": self.node,
            "asked": list(self.asked),
            "why": self.why,
            "escalations": [e.as_json() for e in self.escalations],
            "incident": self.incident,
        }


@dataclass(frozen=True, slots=True)
class Replay:
    """All rows of the ticket files. `rows` was counted when the files were read, apart from `tickets`.

    `names` is what people call actors and pools, `titles` what they call fields.
    """

    files: tuple[str, ...]
    rows: int
    tickets: tuple[Ticket, ...]
    zone: ZoneInfo
    names: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    def count(self, status: Status) -> int:
        return sum(t.status == status for t in self.tickets)

    @property
    def accepted(self) -> int:
        return self.count("accepted")

    @property
    def refused(self) -> int:
        return self.count("refused")

    @property
    def duplicates(self) -> int:
        return self.count("duplicate")

    @property
    def ok(self) -> bool:
        """Whether each row is accounted for, once."""
        return self.accepted + self.refused + self.duplicates == self.rows == len(self.tickets)

    def lines(self) -> list[str]:
        out = [f"工单文件: {', '.join(self.files)}"]
        if len(self.tickets) <= SHOWN:
            for ticket in self.tickets:
                out += ["", *self._told(ticket)]
        else:
            out.append(f"共 {len(self.tickets)} 行, 逐行结果见 --format json")
        return [*out, "", *self._sum()]

    def _told(self, ticket: Ticket) -> list[str]:
        head = [f"第 {ticket.line} 行", ticket.key, self._moment(ticket.at), ticket.number]
        first = "  ".join(part for part in head if part)
        if ticket.status == "refused":
            return [f"{first}  拒绝", *(f"  {problem_words(p, self.titles)}" for p in ticket.problems)]
        if ticket.status == "duplicate":
            return [f"{first}  重复 (与第 {ticket.first_line} 行相同)"]
        out = [f"{first}  受理"]
        out += [f"  {s.title}: {s.total} 分{f', {s.band}' if s.band else ''}" for s in ticket.scores]
        if ticket.asked:
            out.append(f"  {ticket.node}: 派给 {self._people(ticket.asked)}{f' ({ticket.why})' if ticket.why else ''}")
        elif not ticket.incident:
            out.append("  没有派给任何人")
        if ticket.incident:
            out.append(f"  流程出错: {ticket.incident}")
        if ticket.escalations:
            first_one = ticket.escalations[0]
            verb = "升级给" if first_one.kind == "escalated" else "改派给"
            out.append(
                f"  {self._moment(first_one.at)} 无人处理, 从「{first_one.node}」{verb} {self._people(first_one.to)}"
            )
        if ticket.closed:
            said = "关闭" if ticket.escalations else "关闭, 之前没有升级"
            out.append(f"  {self._moment(ticket.closed)} {said}")
        return out

    def _sum(self) -> list[str]:
        parts = f"受理 accepted {self.accepted} + 拒绝 refused {self.refused} + 重复 duplicates {self.duplicates}"
        out = [f"{parts} = 行 rows {self.rows}{'' if self.ok else ' (对不上!)'}"]
        for problems, tickets in self.by_reason().items():
            lines = ", ".join(str(t.line) for t in tickets[:5]) + (" …" if len(tickets) > 5 else "")
            out.append(f"  拒绝 {len(tickets)}: {problems} (第 {lines} 行)")
        good = [t for t in self.tickets if t.status == "accepted"]
        for card, bands in self._scores(good).items():
            out += [f"{card}:", *(f"  {what}: {n}" for what, n in bands)]
        if good:
            out.append("首先派给:")
            asked = Counter(self._people(t.asked) if t.asked else "(无人)" for t in good)
            out += [f"  {who}: {n}" for who, n in _most(asked)]
            late = [t for t in good if t.escalations]
            closed = sum(t.closed is not None for t in good)
            out.append(
                f"升级: {len(late)} 张在关闭前升级过, 共 {sum(len(t.escalations) for t in late)} 次; 有关闭时间的 {closed} 张"
            )
            to = Counter(self._people(t.escalations[0].to) for t in late)
            out += [f"  首次升级到 {who}: {n}" for who, n in _most(to)]
            failed = sum(bool(t.incident) for t in good)
            if failed:
                out.append(f"流程出错: {failed} 张")
        return out

    def by_reason(self) -> dict[str, list[Ticket]]:
        """Refused tickets by what was wrong with them, most frequent first; each ticket stands once."""
        found: dict[tuple[tuple[str, str], ...], list[Ticket]] = {}
        for ticket in self.tickets:
            if ticket.status == "refused":
                found.setdefault(tuple((p.field, p.code) for p in ticket.problems), []).append(ticket)
        named: dict[str, list[Ticket]] = {}
        for tickets in sorted(found.values(), key=lambda t: (-len(t), t[0].line)):
            same = {"; ".join(problem_words(p, self.titles) for p in ticket.problems) for ticket in tickets}
            example = "; ".join(problem_words(p, self.titles) for p in tickets[0].problems) + (
                " 等" if len(same) > 1 else ""
            )
            named.setdefault(example, []).extend(tickets)
        return named

    def _scores(self, tickets: Iterable[Ticket]) -> dict[str, list[tuple[str, int]]]:
        found: dict[str, Counter[tuple[str, str]]] = {}
        for ticket in tickets:
            for score in ticket.scores:
                found.setdefault(score.title, Counter())[score.total, score.band] += 1
        return {
            title: [
                (f"{total} 分{f' {band}' if band else ''}", n)
                for (total, band), n in sorted(count.items(), key=_by_total)
            ]
            for title, count in found.items()
        }

    def _moment(self, moment: datetime | None) -> str:
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if moment else ""

    def _people(self, holders: Iterable[str]) -> str:
        return "、".join(self.names.get(h, h) for h in holders)

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "files": list(self.files),
            "rows": self.rows,
            "accepted": self.accepted,
            "refused": self.refused,
            "duplicates": self.duplicates,
            "by_reason": [
                {"reason": reason, "count": len(tickets), "lines": [t.line for t in tickets]}
                for reason, tickets in self.by_reason().items()
            ],
            "tickets": [t.as_json() for t in self.tickets],
        }


def _by_total(item: tuple[tuple[str, str], int]) -> tuple[float, str]:
    (total, band), _ = item
    return (-float(total), band)


def _most(counted: Counter[str]) -> list[tuple[str, int]]:
    """The most frequent, equal ones by name; what is left over as one line."""
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    rest = ranked[MOST_FREQUENT:]
    return ranked[:MOST_FREQUENT] + ([(f"其余 {len(rest)} 个", sum(n for _, n in rest))] if rest else [])
