"""Moments, deadlines and states as pages say them: in the app's zone, in the words of a language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from flowkit.engine.definition import Workflow
from flowkit.web.languages import Language

NEAR = timedelta(minutes=15)
"A deadline is near this long before it."

ENDS = {"done": "完成", "rejected": "未通过", "cancelled": "已取消", "closed": "已关闭"}


@dataclass(frozen=True, slots=True)
class Due:
    """How a deadline is told: `tone` is "", warn or bad; `iso` for programs."""

    text: str
    tone: str
    iso: str
    at: str


@dataclass(frozen=True, slots=True)
class State:
    """Where a case is: `icon` fills as it comes along, `tone` only where it is out of the ordinary."""

    icon: str
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """Words for one reader at one moment."""

    zone: tzinfo
    now: datetime
    language: Language

    def moment(self, moment: datetime) -> str:
        """`9:42` of today, else with its day, with the year where it is another."""
        here, today = moment.astimezone(self.zone), self.now.astimezone(self.zone)
        clock = f"{here.hour}:{here.minute:02}"
        if here.date() == today.date():
            return clock
        return f"{self.day(here)} {clock}"

    def day(self, moment: datetime) -> str:
        here, today = moment.astimezone(self.zone), self.now.astimezone(self.zone)
        if self.language.code == "en":
            return f"{here.day} {here:%b}" + (f" {here.year}" if here.year != today.year else "")
        return (f"{here.year} 年 " if here.year != today.year else "") + f"{here.month} 月 {here.day} 日"

    def full(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def span(self, length: timedelta) -> str:
        """`6 分`, `1 小时 35 分`, `3 天`: as exact as helps."""
        minutes, text = max(0, int(length.total_seconds()) // 60), self.language.text
        if minutes < 60:
            return text("{n} 分", n=max(1, minutes))
        hours, minutes = divmod(minutes, 60)
        if hours < 24:
            return text("{n} 小时", n=hours) + (" " + text("{n} 分", n=minutes) if minutes else "")
        days, hours = divmod(hours, 24)
        return text("{n} 天", n=days) + (" " + text("{n} 小时", n=hours) if hours and days < 3 else "")

    def due(self, due: datetime | None, since: datetime | None = None, late: datetime | None = None) -> Due | None:
        """When it is far the moment, when it is near what is left, when it is over by how much; `late` since when it is."""
        if late is not None:
            due = late
        if due is None:
            return None
        left, text, iso = due - self.now, self.language.text, due.isoformat()
        at = self.moment(due)
        if left <= timedelta(0):
            return Due(text("超时 {span}", span=self.span(-left)), "bad", iso, at)
        if left <= NEAR or (since is not None and left <= (due - since) / 4 and left < timedelta(days=1)):
            return Due(text("剩 {span}", span=self.span(left)), "warn", iso, at)
        return Due(text("{at} 到期", at=at), "", iso, at)

    def state(
        self, workflow: Workflow | None, node: str, title: str, *, outcome: str = "", stands: bool = False
    ) -> State:
        """The chip of a case, by how far its node lies along the workflow as its author wrote it."""
        title = self.language.called(title)
        if outcome:
            tone = {"done": "ok", "rejected": "bad"}.get(outcome, "")
            return State("ok" if outcome == "done" else "stop", title, tone)
        if stands:
            return State("hold", title)
        if workflow is None or node not in workflow.nodes:
            return State("s0", title)
        kept = [name for name, each in workflow.nodes.items() if each.kind != "end"]
        step = kept.index(node) * 4 // max(1, len(kept)) if node in kept else 3
        return State("hold" if workflow.nodes[node].pauses else f"s{step}", title)
