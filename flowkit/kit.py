"""FlowKit: one app on one database. The face of flowkit for programs; everything it does is done by the runtime."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from flowkit.app.app import App
from flowkit.clock import Clock, SystemClock
from flowkit.connect.connector import Connector
from flowkit.connect.incoming import Received
from flowkit.engine.command import Command
from flowkit.engine.party import SYSTEM
from flowkit.errors import RefusedError
from flowkit.insight.explain import Explanation
from flowkit.notify.channel import Channel
from flowkit.offering import Offering
from flowkit.runtime.asking import Caller
from flowkit.runtime.board_views import BoardView, Card, FilterInfo, Lane, Listing, ViewInfo
from flowkit.runtime.callers import refuse_actor, refuse_key, refuse_sender
from flowkit.runtime.failpoints import reach
from flowkit.runtime.inbox import Signal
from flowkit.runtime.intake_views import CallerView, IntakeForm, IntakeInfo
from flowkit.runtime.lists import CaseRow, Page
from flowkit.runtime.parts import Parts
from flowkit.runtime.receiving import Outside
from flowkit.runtime.records import import_records
from flowkit.runtime.rowtext import digest
from flowkit.runtime.uploads import UploadContent, UploadView
from flowkit.runtime.views import (
    Advanced,
    CaseView,
    EventView,
    Fault,
    FileView,
    MigrationView,
    PlanView,
    ReassignedView,
    RefusalView,
    SignatureView,
    SubstitutionView,
    TaskView,
)
from flowkit.runtime.work import Work, await_follow_ups, new_case_id

STATES = ("pending", "standing", "done", "dead", "dropped")
"What becomes of a message, call or page."

__all__ = [
    "Advanced",
    "BoardView",
    "CallerView",
    "Card",
    "CaseRow",
    "CaseView",
    "EventView",
    "Explanation",
    "Fault",
    "FileView",
    "FilterInfo",
    "FlowKit",
    "IntakeForm",
    "IntakeInfo",
    "Lane",
    "Listing",
    "MigrationView",
    "Page",
    "PlanView",
    "RefusalView",
    "SignatureView",
    "SubstitutionView",
    "TaskView",
    "UploadContent",
    "UploadView",
    "ViewInfo",
]


class FlowKit(Offering):
    """An app at work on a database such as `sqlite:///work.db`. May be used from many threads; a context manager.

    clock     where the present moment comes from; a VirtualClock for tests and replay
    channels  ways of sending by name; they take the place of the app's own of that name
    caller    what asks outside systems; a scenario brings its own, which answers what it says
    at_once   how many messages and calls may be under way at once: else a few to each channel and connector, so that one
              that hangs takes no other's place; one at a time they go in order, each time alike
    schedules which of the app's schedules begin cases here; None: all
    outside   the secrets and the clock by which events of outside systems are believed; None: the environment, and `clock`
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
        schedules: Collection[str] | None = None,
        outside: Outside | None = None,
        renamed_from: str | None = None,
        allow_stranded: bool = False,
    ) -> None:
        parts = Parts(app, database, clock or SystemClock(), channels or {}, caller, at_once, schedules, outside)
        super().__init__(parts)
        self.notices: tuple[str, ...] = parts.notices
        self._receiving, self._handing, self._due = parts.receiving, parts.handing, parts.due
        self._advancing = threading.Lock()
        try:
            parts.open(renamed_from, allow_stranded=allow_stranded)
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
        visitor: str | None = None,
    ) -> CaseView:
        """Begin a case. `data` is the form as typed; `applicant` for whom it is, else `by`.

        What `visitor` has sent (`upload`) before he had an identity counts as sent by `by`.

        With `key` it happens once: the same actor and key give the first result again. Raises RefusedError, which names
        every problem; then nothing has changed.
        """
        command: dict[str, Any] = {
            "workflow": workflow,
            "values": dict(data),
            **({"applicant": applicant} if applicant else {}),
        }
        if visitor:
            command["visitor"] = self._uploads.uploader(visitor)
        return self._do("submit", new_case_id(self.clock.now()), by, command, key)

    def take_in(
        self,
        name: str,
        data: Mapping[str, Any],
        *,
        by: str | None,
        record: str | None = None,
        key: str | None = None,
        visitor: str | None = None,
    ) -> CaseView:
        """Begin a case through a door, in the name of the customer who is recognised by what was typed.

        One who comes for the first time is made. At a desk `by` is who sits there; None is somebody outside, a customer
        somebody who has said who he is. `record` is whose door it is; `key` and `visitor` as with `submit`. Raises RefusedError
        (`unknown-intake`, `unknown-record`, and those of `submit`, which name the fields); then nothing has changed.
        """
        if by is not None:
            refuse_actor(by)
        refuse_key(key)
        with self._asked(by, f"intake {name}"):
            sent_by = self._uploads.uploader(visitor) if visitor else ""
            asked = self._intakes.submission(name, data, by, record, self._parts.arrived, sent_by)
        return self.submit(asked.workflow, asked.values, asked.by, key, asked.applicant, visitor)

    def act(
        self,
        case: str,
        action: str,
        data: Mapping[str, Any] | None = None,
        *,
        by: str,
        key: str | None = None,
        visit: int | None = None,
        visitor: str | None = None,
    ) -> CaseView:
        """Take an action on a case. With `visit` it is refused as stale once the case has left that visit.

        `visitor` as with `submit`.
        """
        command: dict[str, Any] = {"action": action, "values": dict(data or {}), "visit": visit}
        if visitor:
            command["visitor"] = self._uploads.uploader(visitor)
        return self._do("act", case, by, command, key)

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
            self._looks.caretaker(by)
            rows = self._database.connection().read(self._database.statements.open_cases, workflow)
            present = self.app.workflows[workflow].version
            seen = self._looks.seen({case for case, _, _ in rows}, by)
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
        counts once. Raises RefusedError (`bad-signature`, `stale-event`, `unknown-event`, `invalid`, `unknown-case`, ...),
        and MissingSecretError while the variable that holds the secret is not set.
        """
        with self._gate:
            known = self._connector(connector)
            return self._reader.plain(self._receiving.receive(known, event, body, headers), None)

    def believed(self, received: Received) -> CaseView:
        """An event of an outside system that needs no proof, because whoever brings it stands in for the system."""
        with self._gate:
            return self._reader.plain(self._receiving.believed(self._connector(received.connector), received), None)

    def import_records(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Bring in records as typed: a new key makes a record, a known one is overwritten field by field. All or none."""
        statements = self._database.statements
        with self._gate:
            imported = self._writer.perform(
                lambda inside: import_records(self.app, entity, rows, inside, statements, reach, self._database.secret)
            )
            self._parts.imported(entity, rows)
            return imported

    # --- files -------------------------------------------------------------------------------------------------------

    def upload(self, content: bytes, name: str, by: str, *, accept: Collection[str] = ()) -> UploadView:
        """Keep a file that somebody sends, to be put into a `media` or `signature` field as `{"upload": id}`.

        `by` is a person, or `visitor:` and what only the browser of whoever has no identity yet knows (20 characters or
        more, by chance). `accept` are the kinds that are taken (those of the field); all by default. Pictures are drawn
        anew: upright, at most 2560 pixels, without anything but pixels. What no case has taken after 7 days is thrown away.

        Raises RefusedError in words for people: `empty`, `too-large`, `unknown-kind`, `accept`, `false-name`, `unreadable`,
        `too-many-pixels`, `too-many-uploads`, `busy`, `unknown-actor`; NoPicturesError without the extra `web`.
        """
        with self._gate:
            return self._uploads.take_in(content, name, by, accept)

    def discard_upload(self, id: str, by: str) -> None:
        """Throw away what somebody has sent and no case has taken. RefusedError `unknown-upload`."""
        with self._gate:
            self._uploads.discard(id, by)

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

    def reassign_all(self, person: str, to: str, by: str, reason: str) -> list[ReassignedView]:
        """Hand every open task of a person to somebody else, ENTITY:KEY, or to a role: one command and line a case.

        By whose role `may: [reassign]`, or the person himself. Tells of each case what became of it; raises RefusedError
        (`unknown-actor`, `invalid`) when none could be.
        """
        refuse_actor(by)
        with self._asked(by, "reassign_all"):
            return self._handing.all_of(person, to, by, reason)

    # --- carrying out ------------------------------------------------------------------------------------------------

    def advance(
        self,
        *,
        messages: bool = True,
        calls: bool = False,
        wait_for: bool = True,
        tell: Callable[[str], object] | None = None,
    ) -> Advanced:
        """Carry out everything that is due now: signals, timers, messages, calls, and what these bring about.

        Without `messages` what must happen outside waits, a replay tells nobody; with `calls` it still asks, as a story
        does. Without `wait_for` it is only begun: a system that hangs then holds up nobody, and what became of it is
        told by a later call. `tell` is called with each line as it comes, and none is kept: much may be due at once.
        """
        done = Advanced()
        with self._gate, self._advancing:
            self._parts.recounting.look()
            self._uploads.sweep()
            while True:
                self._parts.planning.look()
                # A page of plans a round: what else is due does not wait until all are counted.
                counting = self._parts.planning.recount()
                round_ = self._due.signals().plus(self._due.timers()).plus(self._due.plans())
                if messages or calls:
                    round_ = round_.plus(self._outbox.perform(wait_for=wait_for, only_calls=not messages))
                if tell is not None:
                    for line in round_.lines:
                        tell(line)
                    done = done.plus(replace(round_, lines=()))
                else:
                    done = done.plus(round_)
                if round_.nothing and not counting:
                    return done

    def link_with(self, link: Callable[[str, str], str]) -> None:
        """Let messages from here say `case.link` so that it can be opened: `link` is given whom it is for and the case's id."""
        self._parts.delivery.link = link

    def resend(self, key: str | None = None) -> int:
        """Try what was given up again, from the beginning: the one with that key, or all; says how many."""
        with self._gate:
            return self._outbox.resend(key)

    def start_background(self) -> None:
        """Let a thread do what `advance` does, each second and whenever something was committed."""
        with self._gate:
            self._parts.tick(lambda: self.advance(wait_for=False, tell=len))

    def close(self) -> None:
        """Refuse newcomers, finish what was accepted, stop the threads. Not to be called by a channel or a clock."""
        self._parts.close()

    # --- inside ------------------------------------------------------------------------------------------------------

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
            if await_follow_ups(work):
                return self._reader.plain(outcome.case_id, viewer)
            if outcome.case is None:
                return self._reader.at(outcome.case_id, outcome.sequence, viewer)
            return self._reader.shown(outcome.case, viewer)


def _migrated(case: str, number: str, failure: BaseException | None) -> MigrationView:
    return MigrationView(case, number, failure is None, "" if failure is None else str(failure))
