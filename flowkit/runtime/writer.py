"""The one thread of a process that writes. It takes up to 32 waiting commands, judges them one after another over one view,
writes one statement a table, commits once and then acknowledges each.

It knows no command's meaning. Whatever goes wrong with one command is told to its caller and hurts no other.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import datetime
from typing import TypeVar

from flowkit.clock import Clock
from flowkit.engine.facts import Need
from flowkit.errors import ClosedError, StoreError
from flowkit.runtime.failing import failed
from flowkit.runtime.failpoints import reach
from flowkit.runtime.judging import Judge
from flowkit.runtime.staff import COUNTER, Snapshot, changed
from flowkit.runtime.steps import Step
from flowkit.runtime.view import View, Wants, join, lacking
from flowkit.runtime.work import Chore, Outcome, Work, signal_work
from flowkit.store.connection import Connection
from flowkit.store.database import Database
from flowkit.store.writing import Rows, write

T = TypeVar("T")

BATCH = 32
ROUNDS = 100
"How often a batch may ask for more facts before what still lacks some is given up."

Verdict = Outcome | Exception


class Writer:
    """`after_commit` is called with what was written, after each commit, in this thread: it must not wait.

    `spent` tells how many statements the last batch of commands took: reads, writes.
    """

    def __init__(
        self,
        database: Database,
        judge: Judge,
        clock: Clock,
        people: Snapshot,
        after_commit: Callable[[Rows], None],
    ) -> None:
        self._database, self._judge, self._clock, self._after_commit = database, judge, clock, after_commit
        self.people = people
        self.spent = (0, 0)
        self._signals: deque[Work | Chore] = deque()
        self._newcomers: deque[Work | Chore] = deque()
        self._arrived = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._live, name="flowkit-writer", daemon=True)
        self._thread.start()

    # --- from any thread ----------------------------------------------------------------------------------------------

    def put(self, works: Iterable[Work | Chore], *, first: bool = False) -> None:
        """Accept work; `first` before newcomers. Raises ClosedError after `close`."""
        with self._arrived:
            if self._closing:
                raise ClosedError("this FlowKit was closed; nothing was accepted")
            (self._signals if first else self._newcomers).extend(works)
            self._arrived.notify()

    def perform(self, run: Callable[[Connection], T]) -> T:
        """Run something in a transaction of its own and wait for it. Not to be called from the writer's thread."""
        chore = Chore(run)
        self.put([chore])
        done: Future[T] = chore.done
        return done.result()

    def close(self) -> None:
        """Refuse newcomers, finish what was accepted."""
        with self._arrived:
            self._closing = True
            self._arrived.notify()
        self._thread.join()

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        while (taken := self._take()) is not None:
            try:
                self._carry_out(taken)
            except BaseException as failure:  # noqa: BLE001 - a caller must never wait for a thread that has died
                for item in taken:
                    if not item.done.done():
                        item.done.set_exception(failure)

    def _take(self) -> list[Work | Chore] | None:
        """What is to be done together: one chore, or commands up to a batch. None: nothing more will come."""
        with self._arrived:
            while not (self._signals or self._newcomers):
                if self._closing:
                    return None
                self._arrived.wait()
            taken: list[Work | Chore] = []
            for line in (self._signals, self._newcomers):
                while line and len(taken) < BATCH:
                    if isinstance(line[0], Chore):
                        return taken or [line.popleft()]
                    taken.append(line.popleft())
            return taken

    def _carry_out(self, taken: list[Work | Chore]) -> None:
        works = [item for item in taken if isinstance(item, Work)]
        for item in taken:
            if isinstance(item, Chore):
                self._run_chore(item)
        if not works:
            return
        try:
            self._commit(works)
        except StoreError as failure:
            if len(works) == 1:
                self._put_off(works[0], failure)
                works[0].done.set_exception(failure)
                return
            # One of them makes the shared write fail; alone it fails alone.
            for work in works:
                self._carry_out([work])

    def _put_off(self, work: Work, failure: StoreError) -> None:
        """A timer or signal that failed before it could be judged: it must not come first again and again."""
        if work.source is None:
            return
        connection, statements = self._database.connection(), self._database.statements
        step = failed(
            self._judge.app, work, failure, View(connection, statements), self.people.newest, self._clock.now()
        )
        try:
            connection.begin()
            write(connection, statements, step.rows, reach)
            connection.commit()
        except StoreError:
            connection.rollback()  # The database takes nothing now: the row stands as it was.

    def _run_chore(self, chore: Chore) -> None:
        connection = self._database.connection()
        try:
            connection.begin()
            result = chore.run(connection)
            reach("before-commit")
            connection.commit()
        except Exception as failure:  # noqa: BLE001 - it is told to whoever asked
            connection.rollback()
            chore.done.set_exception(failure)
            return
        reach("after-commit")
        chore.done.set_result(result)

    def _commit(self, works: list[Work]) -> None:
        connection, statements = self._database.connection(), self._database.statements
        before = connection.reads, connection.writes
        connection.begin()
        try:
            now = self._clock.now()
            batch = _Batch(self._judge, View(connection, statements), self.people, now)
            batch.open(works, connection)
            reach("after-opening")
            batch.judge(works)
            reach("after-decide")
            if batch.writes:
                reach("before-write")
                write(connection, statements, batch.rows, reach)
                reach("before-commit")
                connection.commit()
                reach("after-commit")
            else:
                connection.rollback()
        except BaseException:
            connection.rollback()
            raise
        self.people.newest = batch.staff
        self.spent = connection.reads - before[0], connection.writes - before[1]
        self._signals.extend(follow for work, _ in batch.verdicts for follow in work.follow_ups)
        reach("before-ack")
        for work, verdict in batch.verdicts:
            if isinstance(verdict, Exception):
                work.done.set_exception(verdict)
            else:
                work.done.set_result(verdict)
        if batch.writes:
            self._after_commit(batch.rows)


class _Batch:
    """Commands judged one after another within one transaction."""

    def __init__(self, judge: Judge, view: View, people: Snapshot, now: datetime) -> None:
        self._judge, self._view, self._people, self._now = judge, view, people, now
        self.staff = people.newest
        self.rows = Rows()
        self.writes = False
        self.verdicts: list[tuple[Work, Verdict]] = []

    def open(self, works: list[Work], connection: Connection) -> None:
        """The one read that all of them share."""
        wants: Wants = {"counter": {COUNTER}}
        for work in works:
            join(wants, self._judge.opening(work, self._now))
        self._view.fetch(wants)
        revision = self._view.counters[COUNTER]
        self.staff = self._people.at(revision, connection, self._now)

    def judge(self, works: list[Work]) -> None:
        """Judge all. When one lacks facts those behind it are only rehearsed, to learn at once what they lack too."""
        waiting = works
        for _ in range(ROUNDS):
            wants: Wants = {}
            left: list[Work] = []
            for work in waiting:
                if not self._judge_one(work, wants, rehearse=bool(left)):
                    left.append(work)
            if not left:
                return
            self._view.fetch(self._judge.following(self._view, self.staff, wants))
            waiting = left
        for work in waiting:
            self._fail(work, RuntimeError(f"it never stopped asking for facts: {wants}"))

    def _judge_one(self, work: Work, wants: Wants, *, rehearse: bool) -> bool:
        """Whether this one is settled."""
        try:
            outcome, step = self._judge.judge(work, self._view, self.staff, self._now)
        except Need as need:
            join(wants, lacking(need))
            return False
        except Exception as error:  # noqa: BLE001 - refused or failed: its caller is told, the others go on
            if not rehearse:
                self._fail(work, error)
            return not rehearse
        if not rehearse:
            self._accept(step)
            inbox = step.rows.inbox
            work.follow_ups = [
                signal_work(k, case, kind, body, 0) for k, case, kind, body, due, *_ in inbox if due is not None
            ]
            self.verdicts.append((work, outcome))
        return not rehearse

    def _fail(self, work: Work, error: Exception) -> None:
        try:
            self._accept(failed(self._judge.app, work, error, self._view, self.staff, self._now))
        except Exception as again:  # noqa: BLE001 - the others go on
            error.add_note(f"while writing that down: {again}")
        self.verdicts.append((work, error))

    def _accept(self, step: Step) -> None:
        self._view.accept(step.changes)
        self.rows.extend(step.rows)
        self.writes = self.writes or any(getattr(step.rows, name) for name in Rows.__slots__)
        if COUNTER in step.changes.counters:
            records = [(*where, record) for where, record in step.changes.records.items()]
            revision = step.changes.counters[COUNTER]
            self.staff = changed(self._judge.app, self.staff, records, revision, self._now)
