"""What time brings: timers and signals that are due become commands. The rows decide; whoever wakes us only wakes us."""

from __future__ import annotations

from concurrent.futures import Future, wait

from flowkit.clock import Clock
from flowkit.engine.case import Command
from flowkit.runtime.rowtext import micros
from flowkit.runtime.views import Advanced
from flowkit.runtime.work import Outcome, TimerRow, Work, signal_work
from flowkit.runtime.writer import Writer
from flowkit.store.database import Database

TIMER = "system:timer"


class Due:
    """Finds due rows without the right to write and hands them to the writer, which judges each again in its transaction."""

    def __init__(self, database: Database, writer: Writer, clock: Clock) -> None:
        self._database, self._writer, self._clock = database, writer, clock

    def timers(self) -> Advanced:
        """Carry out timers that are due now, at most a hundred, the oldest first."""
        rows = self._database.connection().read(self._database.statements.timers_due, micros(self._clock.now()))
        works = [
            Work(
                Command("timeout", case, TIMER, {"deadline": name, "visit": visit, "n": n}),
                source=TimerRow(slot, attempts),
            )
            for case, slot, visit, name, n, _, attempts in rows
        ]
        lines = self._carry_out(works, first=False)
        return Advanced(timers=len(lines), lines=tuple(lines))

    def signals(self) -> Advanced:
        """Carry out signals that are due now, at most a hundred."""
        rows = self._database.connection().read(self._database.statements.inbox_due, micros(self._clock.now()))
        works = [signal_work(key, case, kind, body, attempts) for key, case, kind, body, attempts in rows]
        lines = self._carry_out(works, first=True)
        return Advanced(signals=len(lines), lines=tuple(lines))

    def _carry_out(self, works: list[Work], *, first: bool) -> list[str]:
        self._writer.put(works, first=first)
        done: list[Future[Outcome]] = [work.done for work in works]
        wait(done)
        return [line for work in works if (line := _told(work))]


def _told(work: Work) -> str:
    """A line about what was carried out; "" for what somebody else had done before."""
    command, error = work.command, work.done.exception()
    what = command.data.get("deadline") or command.data.get("name") or command.kind
    if error is not None:
        return f"{command.case} {what}: 失败 {type(error).__name__}: {error}"
    outcome = work.done.result()
    if not outcome.fresh or outcome.case is None:
        return ""
    case = outcome.case
    now = f"已结束 {case.outcome}" if case.ended else f"{case.node}({'、'.join(case.owner)})"
    return f"{case.number} {what}: {now}"
