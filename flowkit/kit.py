"""FlowKit: one app on one database. The face of flowkit for programs; everything it does is done by the runtime."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar, Unpack

from flowkit.app.app import App
from flowkit.clock import Clock, SystemClock
from flowkit.connect.connector import Connector
from flowkit.connect.http import Caller as HttpCaller
from flowkit.connect.incoming import Received
from flowkit.engine.case import Command
from flowkit.engine.view import World
from flowkit.errors import RefusedError
from flowkit.insight.explain import Explanation, explain
from flowkit.insight.table import table
from flowkit.insight.words import Words
from flowkit.notify.channel import Channel
from flowkit.notify.opening import open_channel, unset
from flowkit.runtime.asking import Asking, Caller
from flowkit.runtime.callers import refuse_actor, refuse_key, refuse_sender
from flowkit.runtime.definitions import Definitions
from flowkit.runtime.delivery import Delivery
from flowkit.runtime.due import Due
from flowkit.runtime.failpoints import reach
from flowkit.runtime.filing import Filing
from flowkit.runtime.gate import Gate
from flowkit.runtime.handing import Handing
from flowkit.runtime.inbox import Signal
from flowkit.runtime.judging import SYSTEM, Judge, unknown_case
from flowkit.runtime.lists import CaseRow, Filters, Lists, Page
from flowkit.runtime.names import Names
from flowkit.runtime.opening import catch_what_is_nobodys, open_app
from flowkit.runtime.outbox import AT_ONCE_A_TARGET, Outbox
from flowkit.runtime.reader import Reader
from flowkit.runtime.receiving import Receiving
from flowkit.runtime.records import import_records
from flowkit.runtime.recounting import Recounting
from flowkit.runtime.refusals import Refusals
from flowkit.runtime.rowtext import digest, moment
from flowkit.runtime.staff import Snapshot
from flowkit.runtime.substituting import Substituting
from flowkit.runtime.verify import given_up, stuck, verify
from flowkit.runtime.views import (
    Advanced,
    CaseView,
    CaughtView,
    EffectView,
    EventView,
    Fault,
    FileView,
    MigrationView,
    ReassignedView,
    RefusalView,
    SignatureView,
    SubstitutionView,
    TaskView,
)
from flowkit.runtime.wake import Waker
from flowkit.runtime.work import Work, new_case_id
from flowkit.runtime.writer import Writer
from flowkit.store.database import Database
from flowkit.store.writing import Rows

T = TypeVar("T")

STATES = ("pending", "done", "dead", "dropped")
"What becomes of a message, call or page."

MOST_FOLLOW_UPS = 100
"How much of what a command brings about in other cases its caller waits for; the rest goes on in the background."

__all__ = [
    "Advanced",
    "CaseRow",
    "CaseView",
    "EventView",
    "Explanation",
    "Fault",
    "FileView",
    "FlowKit",
    "MigrationView",
    "Page",
    "RefusalView",
    "SignatureView",
    "SubstitutionView",
    "TaskView",
]


class FlowKit:
    """An app at work on a database such as `sqlite:///work.db`. May be used from many threads; a context manager.

    clock     where the present moment comes from; a VirtualClock for tests and replay
    channels  ways of sending by name; they take the place of the app's own of that name
    caller    what asks outside systems; a scenario brings its own, which answers what it says
    at_once   how many messages and calls may be under way at once: else a few to each channel and connector, so that one
              that hangs takes no other's place; one at a time they go in order, each time alike
    notices   what an operator should know about the database

    A database belongs to the app that was first opened on it: StoreError for another. `renamed_from` is what this app was
    called before, to be said once. An app that no longer fits what open cases began under is refused (StrandedError) unless
    `allow_stranded`: then these cases are listed and stand still until the app fits again or `migrate` moves them.
    """

    def __init__(
        self,
        app: App,
        database: str,
        *,
        clock: Clock | None = None,
        channels: Mapping[str, Channel] | None = None,
        caller: Caller | None = None,
        at_once: int | None = None,
        renamed_from: str | None = None,
        allow_stranded: bool = False,
    ) -> None:
        self.app = app
        self.clock: Clock = clock or SystemClock()
        self._database = Database(database, reach)
        self.notices: tuple[str, ...] = (self._database.notice,) if self._database.notice else ()
        for name, definition in app.channels.items():
            missing = unset(definition, os.environ)
            self.notices += tuple(f"通道“{name}”缺少环境变量 {variable}" for variable in missing)
        self._definitions = definitions = Definitions(app, self._database)
        self._judge = judge = Judge(app, definitions.of)
        self._waker: Waker | None = None
        self._advancing = threading.Lock()
        self._gate = Gate()
        self._people = Snapshot(app, self._database.statements)
        self._writer = Writer(self._database, judge, self.clock, self._people, self._committed)
        zone = app.settings.timezone
        own = {name: open_channel(definition, os.environ, zone) for name, definition in app.channels.items()}
        ways = {**own, **(channels or {})}
        delivery = Delivery(app, self._database, ways)
        asking = Asking(app.connectors, self._database, caller or HttpCaller(os.environ, self.clock), self.clock)
        self._filing = Filing(app, self._database, self.clock)
        self._outbox = Outbox(
            self._database,
            self._writer,
            self.clock,
            delivery,
            asking,
            self._filing,
            at_once or AT_ONCE_A_TARGET * (len(ways) + len(app.connectors) + 1),
            self._wake,
            asking.longest_try,
        )
        self._receiving = Receiving(self._database, self._writer, judge, self.clock)
        self._reader = Reader(app, self._database, definitions, judge, self.clock, self._people)
        self._refusals = Refusals(app, self._database, self._writer, self.clock)
        self._lists = Lists(app, self._database, self._reader)
        self._substituting = Substituting(app, self._database, self._writer, self._people, self.clock)
        self._handing = Handing(self._database, self._writer, self._reader)
        self._recounting = Recounting(app, self._database, self._writer, self.clock)
        self._due = Due(self._database, self._writer, self.clock, self._reader, app.settings.timezone)
        try:
            open_app(
                app,
                definitions,
                self._database,
                self._writer,
                self.clock.now(),
                renamed_from,
                allow_stranded=allow_stranded,
            )
            catch_what_is_nobodys(app, self._database, self._writer)
            self._recounting.opened()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- commands ----------------------------------------------------------------------------------------------------

    def submit(
        self,
        workflow: str,
        data: Mapping[str, Any],
        by: str,
        key: str | None = None,
        applicant: str | None = None,
    ) -> CaseView:
        """Begin a case. `data` is the form as typed; `applicant` for whom it is, else `by`.

        With `key` it happens once: the same actor and key give the first result again. Raises RefusedError, which names
        every problem; then nothing has changed.
        """
        command = {"workflow": workflow, "values": dict(data), **({"applicant": applicant} if applicant else {})}
        return self._do("submit", new_case_id(self.clock.now()), by, command, key)

    def act(
        self,
        case: str,
        action: str,
        data: Mapping[str, Any] | None = None,
        *,
        by: str,
        key: str | None = None,
        visit: int | None = None,
    ) -> CaseView:
        """Take an action on a case. With `visit` it is refused as stale once the case has left that visit."""
        return self._do("act", case, by, {"action": action, "values": dict(data or {}), "visit": visit}, key)

    def retry(self, case: str, by: str) -> CaseView:
        """Try again what a machine gave up on."""
        return self._do("retry", case, by, {}, None)

    def migrate(self, workflow: str, *, by: str, from_version: str = "") -> list[MigrationView]:
        """Let the open cases of a workflow that began under other versions go on under the present one, each by itself.

        By the catcher's people, those cases that they see. Says for each whether it went over or why not; `from_version`
        takes only those of versions that begin so. Raises RefusedError for an unknown workflow or actor, and for others.
        """
        refuse_actor(by)
        if workflow not in self.app.workflows:
            raise RefusedError("unknown-workflow", f"没有流程“{workflow}”", details={"workflow": workflow})
        with self._asked(by, "migrate"):
            self._reader.caretaker(by)
            rows = self._database.connection().read(self._database.statements.open_cases, workflow)
            present = self.app.workflows[workflow].version
            seen = self._reader.seen({case for case, _, _ in rows}, by)
            moved = [(c, n) for c, n, v in rows if v != present and v.startswith(from_version) and c in seen]
            works = [Work(Command("migrate", case, by)) for case, _ in moved]
            self._writer.put(works)
            return [_migrated(*who, work.done.exception()) for who, work in zip(moved, works, strict=True)]

    def withdraw(self, case: str, outcome: str, by: str = "system:records") -> CaseView:
        """End a case because it ended elsewhere, as records that are replayed tell. By `system:` only."""
        return self._do("withdraw", case, by, {"outcome": outcome}, None, internal=True)

    def signal(
        self, case: str, name: str, data: Mapping[str, Any] | None = None, *, by: str, key: str | None = None
    ) -> CaseView:
        """Something happened outside. Once this returns it is kept, listened to now or when a node listens.

        With `key` it counts once. `data` is what JSON can hold. Raises RefusedError for an unknown case or sender.
        """
        refuse_sender(by)
        refuse_key(key)
        with self._asked(None if by.startswith(SYSTEM) else by, "signal", case):
            self._receiving.take_in(Signal(case, name, dict(data or {}), by, key or secrets.token_hex(16)))
            return self._reader.plain(case, None if by.startswith(SYSTEM) else by)

    def receive(self, connector: str, event: str, body: bytes, headers: Mapping[str, str]) -> CaseView:
        """An event that an outside system sent, as it came: the raw body and its headers.

        It is believed when it is signed by a secret of the connector and not older than five minutes; one that came before
        counts once. Raises RefusedError (`bad-signature`, `stale-event`, `unknown-event`, `invalid`, `unknown-case`, ...).
        """
        with self._gate:
            known = self._connector(connector)
            return self._reader.plain(self._receiving.receive(known, event, body, headers, os.environ), None)

    def believed(self, received: Received) -> CaseView:
        """An event of an outside system that needs no proof, because whoever brings it stands in for the system."""
        with self._gate:
            return self._reader.plain(self._receiving.believed(self._connector(received.connector), received), None)

    def import_records(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Bring in records as typed: a new key makes a record, a known one is overwritten field by field. All or none."""
        statements = self._database.statements
        with self._gate:
            return self._writer.perform(
                lambda inside: import_records(self.app, entity, rows, inside, statements, reach)
            )

    # --- people ------------------------------------------------------------------------------------------------------

    def substitute(
        self,
        person: str,
        substitute: str,
        since: datetime,
        until: datetime,
        workflows: Sequence[str] | None = None,
        *,
        by: str,
    ) -> SubstitutionView:
        """Let `substitute` do the tasks of `person` from `since` up to `until`, in all workflows or in these.

        By the person himself, or by whose role `may: [substitute]`. A moment without a zone is meant in the app's. Raises
        RefusedError (`not-yours`, `unknown-actor`, `unknown-workflow`, `invalid`).
        """
        refuse_actor(by)
        with self._asked(by, "substitute"):
            return self._substituting.begin(person, substitute, since, until, workflows, by)

    def end_substitution(self, id: str, by: str) -> SubstitutionView:
        """End one before its time. Raises RefusedError (`unknown-substitution`, `ended`, `not-yours`)."""
        refuse_actor(by)
        with self._asked(by, "end_substitution"):
            return self._substituting.end(id, by)

    def substitutions(self, by: str) -> list[SubstitutionView]:
        """Those that have not ended in which that person stands in or is stood in for, and those that he may end."""
        refuse_actor(by)
        with self._asked(by, "substitutions"):
            return self._substituting.listed(by, self._reader.staff())

    def reassign_all(self, person: str, to: str, by: str, reason: str) -> list[ReassignedView]:
        """Hand every open task of a person to somebody else, ENTITY:KEY, or to a role: one command and line a case.

        By whose role `may: [reassign]`, or the person himself. Tells of each case what became of it; raises RefusedError
        (`unknown-actor`, `invalid`) when none could be.
        """
        refuse_actor(by)
        with self._asked(by, "reassign_all"):
            return self._handing.all_of(person, to, by, reason)

    # --- looking: with `by` as that person sees it, without as the program that holds us, which sees every case -------------

    def case(self, id: str, by: str | None = None) -> CaseView:
        """A case by id; with `by` also what that person may do now. RefusedError `unknown-case`."""
        if by is not None:
            refuse_actor(by)
        with self._asked(by, "case", id):
            return self._reader.case(id, by)

    def find(self, id_or_number: str, by: str | None = None) -> CaseView | None:
        """A case by id or by the number that people read; None when there is none."""
        with self._asked(by, "find", id_or_number):
            found = self._reader.find(id_or_number, by)
        if found is None and by is not None:
            self._refusals.note(by, "find", "unknown-case", id_or_number)
        return found

    def case_by_number(self, number: str, by: str | None = None) -> CaseView:
        """A case by the number that people read. RefusedError `unknown-case`, or `ambiguous` when several share it."""
        found = self.find(number, by)
        if found is None:
            raise unknown_case(number, by)
        return found

    def tasks(self, by: str) -> list[TaskView]:
        """What waits for that person, most urgent first."""
        refuse_actor(by)
        with self._asked(by, "tasks"):
            return self._reader.tasks(by)

    def caught(self, by: str | None = None) -> list[CaughtView]:
        """What fell to the app's catcher: cases nobody else was found for, and those at which a machine gave up."""
        with self._asked(by, "caught"):
            found = self._reader.caught()
            seen = self._reader.seen({each.case for each in found}, by)
            return [each for each in found if each.case in seen]

    def cases(
        self,
        by: str | None,
        *,
        order: str = "-created",
        limit: int = 50,
        after: str | None = None,
        **filters: Unpack[Filters],
    ) -> Page:
        """The cases that this person sees, a page at a time: newest first, else `created` or `due`.

        `after` is `next` of the page before; what came in meanwhile shifts nothing. RefusedError for what cannot be asked.
        """
        with self._asked(by, "cases"):
            return self._lists.page(by, order, limit, after, filters)

    def count(self, by: str | None, **filters: Unpack[Filters]) -> int:
        """How many cases `cases` would list in all."""
        with self._asked(by, "count"):
            return self._lists.count(by, filters)

    def export(self, into: BinaryIO, by: str | None, *, order: str = "-created", **filters: Unpack[Filters]) -> int:
        """Write what `cases` lists as CSV for a spreadsheet, page by page; says how many cases."""
        words, rows = Words(Names(), self.app.settings.timezone), 0

        def pages() -> Iterator[Sequence[CaseRow]]:
            nonlocal rows
            for page in self._lists.pages(by, order, filters):
                rows += len(page.items)
                yield page.items

        with self._asked(by, "export"):
            into.writelines(table(pages(), self._lists.columns(by, filters.get("workflow")), words))
        return rows

    def history(self, id: str, by: str | None = None) -> list[EventView]:
        """Everything that happened to a case, oldest first. Personal values stand as references."""
        with self._asked(by, "history", id):
            return self._reader.history(id, by)

    def look(self, id: str, ask: Callable[[World], T]) -> T:
        """What `ask` makes of a case as expressions see it now; asked again when facts were lacking, so it changes nothing."""
        with self._gate:
            return self._reader.look(id, ask)

    def explain(self, id: str, by: str | None = None) -> Explanation:
        """Why a case went where it went, told from its history alone; only names and titles are those of now."""
        with self._asked(by, "explain", id):
            return explain(self._reader.events(id, by), self.app.settings.timezone, self._reader.names(id, by))

    def names(self, id: str, by: str | None = None) -> Names:
        """What people call the fields, places, deadlines and persons of a case. RefusedError `unknown-case`."""
        with self._asked(by, "names", id):
            return self._reader.names(id, by)

    def people(self, actors: Iterable[str], by: str | None = None) -> Mapping[str, str]:
        """What those of these actors are called whose names are known, by actor; outsiders know staff and themselves."""
        with self._asked(by, "people"):
            return self._reader.people(actors, by)

    def outbox(self, state: str = "dead", by: str | None = None) -> list[EffectView]:
        """Messages, calls and pages in that state, one of STATES; those given up by default."""
        with self._asked(by, "outbox"):
            found = self._outbox.listed(state)
            seen = self._reader.seen({effect.case for effect in found}, by)
            return [effect for effect in found if effect.case in seen]

    def refusals(self, by: str | None = None) -> list[RefusalView]:
        """Who tried what and was refused, newest first, at most a thousand: to the catcher's people what they may know."""
        with self._asked(by, "refusals"):
            return self._reader.refused(self._refusals.listed(), by)

    def stuck(self, by: str | None = None) -> list[EffectView]:
        """Timers and signals that nobody tries any more: they failed too often, were refused, or no node listened."""
        with self._asked(by, "stuck"):
            found = list(stuck(self._database))
            seen = self._reader.seen({effect.case for effect in found}, by)
            return [effect for effect in found if effect.case in seen]

    def resend(self, key: str | None = None) -> int:
        """Try what was given up again, from the beginning: the one with that key, or all; says how many."""
        with self._gate:
            return self._outbox.resend(key)

    def files(self, case: str, by: str | None = None) -> list[FileView]:
        """The pages filed for a case, oldest first. RefusedError `unknown-case`."""
        with self._asked(by, "files", case):
            self._reader.must_see(case, by)
            return self._filing.files(case)

    def file(self, id: str, by: str | None = None) -> bytes | None:
        """The bytes of a filed page; None when it was erased with the person it is about, or never was.

        RefusedError `masked` where it holds personal values that this person sees masked.
        """
        with self._gate:
            about = self._filing.about(id)
        with self._asked(by, "file", about[0] if about else ""):
            if about is None or not self._reader.may_read(about[0], by, personal=about[1]):
                return None
            return self._filing.content(id)

    @property
    def under_way(self) -> bool:
        """Whether a message, call or page was begun and has not ended yet."""
        return self._outbox.under_way

    def next_due(self, *, calls: bool = False) -> datetime | None:
        """When the next timer is due, with `calls` also the next try or answer of one; None when nothing stands."""
        statements = self._database.statements
        asked = [statements.next_timer, *([statements.next_inbox, statements.next_call] if calls else [])]
        with self._gate:
            connection = self._database.connection()
            due = [row[0] for each in asked for row in connection.read(each) if row[0] is not None]
        return moment(min(due)) if due else None

    def verify(self) -> list[Fault]:
        """What is not as it must be: a broken chain, a case that is not what its history tells, wrong tasks or timers."""
        with self._gate:
            return list(verify(self._database))

    def stranded(self) -> list[Fault]:
        """Versions of workflows with open cases that no longer fit the app, so that nothing can be done with these."""
        with self._gate:
            return [
                Fault("", "version", f"{count} open cases of {workflow} cannot go on: {why}")
                for workflow, count, why in self._definitions.misfits()
            ]

    def given_up(self) -> list[Fault]:
        """Timers, signals and messages that were tried in vain and lie there for people to look at."""
        with self._gate:
            return list(given_up(self._database))

    @property
    def spent(self) -> tuple[int, int]:
        """How many statements the last command's transaction took: reads, writes. One `execute` or `executemany` each."""
        return self._writer.spent

    # --- time --------------------------------------------------------------------------------------------------------

    def advance(self, *, messages: bool = True, calls: bool = False, wait_for: bool = True) -> Advanced:
        """Carry out everything that is due now: signals, timers, messages, calls, and what these bring about.

        Without `messages` what must happen outside waits, a replay tells nobody; with `calls` it still asks, as a story
        does. Without `wait_for` it is only begun: a system that hangs then holds up nobody, and what became of it is
        told by a later call.
        """
        done = Advanced()
        with self._gate, self._advancing:
            self._recounting.look()
            while True:
                round_ = self._due.signals().plus(self._due.timers())
                if messages or calls:
                    round_ = round_.plus(self._outbox.perform(wait_for=wait_for, only_calls=not messages))
                done = done.plus(round_)
                if round_.nothing:
                    return done

    def start_background(self) -> None:
        """Let a thread do what `advance` does, each second and whenever something was committed."""
        with self._gate:
            if self._waker is None:
                self._waker = Waker(lambda: self.advance(wait_for=False))
                self._waker.wake()

    def close(self) -> None:
        """Refuse newcomers, finish what was accepted, stop the threads. Not to be called by a channel or a clock."""
        if self._waker is not None:
            self._waker.stop()
        if self._gate.close():
            self._outbox.close()
            self._writer.close()
            self._database.close()

    # --- inside ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _asked(self, by: str | None, tried: str, case: str = "") -> Iterator[None]:
        """Inside the gate; a refusal is noted."""
        with self._gate, self._refusals.noted(by, tried, case):
            yield

    def _connector(self, name: str) -> Connector:
        if name not in self.app.connectors:
            raise RefusedError("unknown-connector", f"没有“{name}”这个系统")
        return self.app.connectors[name]

    def _do(
        self, kind: Any, case: str, by: str, data: dict[str, Any], key: str | None, *, internal: bool = False
    ) -> CaseView:
        if not internal:
            refuse_actor(by)
            refuse_actor(data.get("applicant") or by)
        refuse_key(key)
        command, viewer = Command(kind, case, by, data, secrets.token_hex(16)), None if internal else by
        # A new case's id is chance: what tells one submission from another is what was typed.
        asked = digest([kind, None if kind == "submit" else case, data], self._database.secret)
        work = Work(command, key, asked)
        tried = f"{kind} {data.get('action') or data.get('workflow') or ''}".rstrip()
        with self._asked(viewer, tried, "" if kind == "submit" else case):
            self._writer.put([work])
            outcome = work.done.result()
            if _await_follow_ups(work):
                return self._reader.plain(outcome.case_id, viewer)
            if outcome.case is None:
                return self._reader.at(outcome.case_id, outcome.sequence, viewer)
            return self._reader.shown(outcome.case, viewer)

    def _committed(self, rows: Rows) -> None:
        if rows.outbox or rows.inbox or rows.timers:
            self._wake()

    def _wake(self) -> None:
        if self._waker is not None:
            self._waker.wake()


def _migrated(case: str, number: str, failure: BaseException | None) -> MigrationView:
    return MigrationView(case, number, failure is None, "" if failure is None else str(failure))


def _await_follow_ups(work: Work) -> int:
    """Wait until what a command put into the inbox as due now has been tried, and what that put there; says how many.

    Their failures are their own affair: they leave incidents where they happened.
    """
    line, tried = list(work.follow_ups), 0
    while line and tried < MOST_FOLLOW_UPS:
        follow = line.pop(0)
        follow.done.exception()
        line += follow.follow_ups
        tried += 1
    return tried
