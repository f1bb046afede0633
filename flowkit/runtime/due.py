"""What time brings: timers and signals that are due become commands. The rows decide; whoever wakes us only wakes us."""

from __future__ import annotations

import secrets
from concurrent.futures import Future, wait
from datetime import tzinfo

from flowkit.clock import Clock
from flowkit.engine.case import KEPT, Case
from flowkit.engine.command import Command
from flowkit.engine.scheduling import Plan
from flowkit.runtime.judging import PLANNED
from flowkit.runtime.names import Names
from flowkit.runtime.reader import Reader
from flowkit.runtime.rowtext import micros, moment
from flowkit.runtime.views import Advanced
from flowkit.runtime.work import Outcome, PlanRow, TimerRow, Work, new_case_id, signal_work
from flowkit.runtime.writer import Writer
from flowkit.store.database import Database

TIMER = "system:timer"


class Due:
    """Finds due rows without the right to write and hands them to the writer, which judges each again in its transaction."""

    def __init__(
        self, database: Database, writer: Writer, clock: Clock, reader: Reader, zone: tzinfo, running: str
    ) -> None:
        self._database, self._writer, self._clock = database, writer, clock
        self._reader, self._zone, self._running = reader, zone, running

    def timers(self) -> Advanced:
        """Carry out timers that are due now, at most a hundred, the oldest first."""
        rows = self._database.connection().read(self._database.statements.timers_due, micros(self._clock.now()))
        works = [
            Work(
                Command("timeout", case, TIMER, {"deadline": name, "visit": visit, "n": n}),
                source=TimerRow(attempts, moment(due)),
            )
            for case, _, visit, name, n, due, attempts in rows
        ]
        done, lines = self._carry_out(works, first=False)
        return Advanced(timers=done, lines=lines)

    def plans(self) -> Advanced:
        """Begin what schedules have due now, at most a hundred, the oldest first."""
        now = self._clock.now()
        asked, given = self._database.statements.plans_due, {"now": micros(now), "running": self._running}
        rows = self._database.connection().read(asked, *(given[name] for name in asked.names))
        works = []
        for schedule, record, n, last, due, begin, case, attempts in rows:
            plan = Plan(n, moment(last), moment(due), moment(begin), case)
            source = PlanRow(schedule, record, plan, attempts)
            works.append(Work(Command("submit", new_case_id(now), PLANNED, {}, secrets.token_hex(16)), source=source))
        _, lines = self._carry_out(works, first=False)
        return Advanced(plans=sum(work.done.exception() is None for work in works), lines=lines)

    def signals(self) -> Advanced:
        """Carry out signals that are due now, at most a hundred."""
        rows = self._database.connection().read(self._database.statements.inbox_due, micros(self._clock.now()))
        works = [signal_work(key, case, kind, body, attempts) for key, case, kind, body, attempts in rows]
        done, lines = self._carry_out(works, first=True)
        return Advanced(signals=done, lines=lines)

    def _carry_out(self, works: list[Work], *, first: bool) -> tuple[int, tuple[str, ...]]:
        """How many were carried out, and a line for each of these and for each that failed."""
        self._writer.put(works, first=first)
        done: list[Future[Outcome]] = [work.done for work in works]
        wait(done)
        # What somebody else had done before is not told again.
        cases = {work: case for work in works if (case := _moved(work)) is not None}
        names = dict(zip(cases, self._reader.names_for(list(cases.values())), strict=True))
        lines = []
        for work in works:
            if work in cases:
                lines.append(self._told(work, cases[work], names[work]))
            elif work.done.exception() is not None:
                lines.append(_failed(work))
        return len(cases), tuple(lines)

    def _told(self, work: Work, case: Case, names: Names) -> str:
        """A line about what was carried out and where the case is now."""
        outcome = f"已结束 {case.outcome}" if case.ended else f"{names.node(case.node)}({names.holders(case.owner)})"
        return f"{case.number} {self._what(work, case, names)}: {outcome}"

    def _what(self, work: Work, case: Case, names: Names) -> str:
        data = work.command.data
        if isinstance(work.source, PlanRow) and case.scheduled is not None:
            return f"按计划“{case.scheduled['title']}”开单"
        if work.command.kind == "recount":
            return "日历有变,期限重新计算"
        if not isinstance(work.source, TimerRow):
            return f"收到“{data.get('name') or work.command.kind}”"
        if data["deadline"].startswith(KEPT):
            return f"没有节点接收 {data['deadline'].removeprefix(KEPT)},已列出"
        node = next((n for n, visit in case.latest.items() if visit == data["visit"]), "")
        entered = case.entered if case.visit == data["visit"] and not data["n"] else None
        again = f"(第 {data['n'] + 1} 次)" if data["n"] else ""
        return f"到期“{names.deadline(node, data['deadline'], work.source.due, entered, self._zone)}”{again}"


def _moved(work: Work) -> Case | None:
    """The case that was moved; None where it failed, or had been moved by somebody else."""
    outcome = work.done.result() if work.done.exception() is None else None
    return outcome.case if outcome is not None and outcome.fresh else None


def _failed(work: Work) -> str:
    command, error = work.command, work.done.exception()
    if isinstance(work.source, PlanRow):
        return f"计划“{work.source.schedule}” {work.source.record}: 没有开成 {error}"
    what = f"到期 {command.data['deadline']}" if isinstance(work.source, TimerRow) else command.data.get("name")
    return f"{command.case} {what or command.kind}: 失败 {type(error).__name__}: {error}"
