"""What a program asks of an app at work: cases, lists, histories, and how it all stands. Nothing here changes anything.

With `by` as that person sees it, without as the program that holds us, which sees every case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import BinaryIO, TypeVar, Unpack

from flowkit.engine.view import World
from flowkit.insight.explain import Explanation, explain
from flowkit.insight.table import table
from flowkit.insight.words import Words
from flowkit.runtime.callers import refuse_actor
from flowkit.runtime.judging import unknown_case
from flowkit.runtime.lists import CaseRow, Filters, Page
from flowkit.runtime.names import Names
from flowkit.runtime.parts import Parts
from flowkit.runtime.rowtext import moment
from flowkit.runtime.verify import given_up, stuck, verify
from flowkit.runtime.views import (
    CaseView,
    CaughtView,
    EffectView,
    EventView,
    Fault,
    FileView,
    PlanView,
    RefusalView,
    SubstitutionView,
    TaskView,
)

T = TypeVar("T")
OfCase = TypeVar("OfCase", CaughtView, EffectView)


class Looking:
    """The half of `FlowKit` that reads. A refusal is noted there too: looking where one may not is a trespass."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self.app, self.clock = parts, parts.app, parts.clock
        self._gate, self._database, self._definitions = parts.gate, parts.database, parts.definitions
        self._looks, self._reader, self._lists, self._to_do = parts.looks, parts.reader, parts.lists, parts.to_do
        self._substituting, self._filing, self._refusals = parts.substituting, parts.filing, parts.refusals
        self._uploads = parts.uploads
        self._outbox, self._writer, self._coming = parts.outbox, parts.writer, parts.coming

    # --- cases and people --------------------------------------------------------------------------------------------

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

    def tasks(self, by: str, *, limit: int | None = None, late: bool = False) -> list[TaskView]:
        """What waits for that person, most urgent first: at most a thousand, or so many. `late`: only what is late."""
        refuse_actor(by)
        with self._asked(by, "tasks"):
            return self._to_do.tasks(by, limit, late=late)

    def count_tasks(self, by: str, *, late: bool = False) -> int:
        """How much waits for that person, up to a thousand: cheap enough for every page."""
        refuse_actor(by)
        with self._asked(by, "count_tasks"):
            return self._to_do.count(by, late=late)

    def caught(self, by: str | None = None) -> list[CaughtView]:
        """What fell to the app's catcher: cases nobody else was found for, and those at which a machine gave up."""
        with self._asked(by, "caught"):
            return self._seen(self._to_do.caught(), by)

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

    def count(self, by: str | None, *, most: int | None = None, **filters: Unpack[Filters]) -> int:
        """How many cases `cases` would list in all; with `most` no more than that are counted, which is sooner done."""
        with self._asked(by, "count"):
            return self._lists.count(by, filters, most)

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

    def explain(self, id: str, by: str | None = None, look: Callable[[str], str] = str) -> Explanation:
        """Why a case went where it went, told from its history alone; only names and titles are those of now.

        `look` gives titles and sentences, which have `{names}` to be filled in, in another language than Chinese.
        """
        with self._asked(by, "explain", id):
            names = replace(self._reader.names(id, by), look=look)
            return explain(self._reader.events(id, by), self.app.settings.timezone, names)

    def names(self, id: str, by: str | None = None) -> Names:
        """What people call the fields, places, deadlines and persons of a case. RefusedError `unknown-case`."""
        with self._asked(by, "names", id):
            return self._reader.names(id, by)

    def people(self, actors: Iterable[str], by: str | None = None) -> Mapping[str, str]:
        """What those of these actors are called whose names are known, by actor; outsiders know staff and themselves."""
        with self._asked(by, "people"):
            return self._reader.people(actors, by)

    def substitutions(self, by: str) -> list[SubstitutionView]:
        """Those that have not ended in which that person stands in or is stood in for, and those that he may end."""
        refuse_actor(by)
        with self._asked(by, "substitutions"):
            return self._substituting.listed(by, self._looks.staff())

    def files(self, case: str, by: str | None = None) -> list[FileView]:
        """The pages filed for a case, oldest first. RefusedError `unknown-case`."""
        with self._asked(by, "files", case):
            self._looks.must_see(case, by)
            return self._filing.files(case)

    def file(self, id: str, by: str | None = None) -> bytes | None:
        """The bytes of a filed page; None when it was erased with the person it is about, or never was.

        RefusedError `masked` where it holds personal values that this person sees masked.
        """
        with self._gate:
            about = self._filing.about(id)
        with self._asked(by, "file", about[0] if about else ""):
            if about is None or not self._looks.may_read(about[0], by, personal=about[1]):
                return None
            return self._filing.content(id)

    # --- how it stands -----------------------------------------------------------------------------------------------

    def outbox(self, state: str = "dead", by: str | None = None) -> list[EffectView]:
        """Messages, calls and pages in that state, one of STATES; those given up by default."""
        with self._asked(by, "outbox"):
            return self._seen(self._outbox.listed(state), by)

    def refusals(self, by: str | None = None) -> list[RefusalView]:
        """Who tried what and was refused, newest first, at most a thousand: to the catcher's people what they may know."""
        with self._asked(by, "refusals"):
            return self._looks.refused(self._refusals.listed(), by)

    def stuck(self, by: str | None = None) -> list[EffectView]:
        """Timers and signals that nobody tries any more: they failed too often, were refused, or no node listened."""
        with self._asked(by, "stuck"):
            return self._seen(list(stuck(self._database)), by)

    def coming(self, until: datetime, by: str | None = None, *, schedule: str | None = None) -> list[PlanView]:
        """What schedules have due up to that moment, begun or not, the earliest first.

        Who does not see all cases is told of those that have begun and that he sees. A moment without a zone is the app's.
        """
        if until.tzinfo is None:
            until = until.replace(tzinfo=self.app.settings.timezone)
        with self._asked(by, "coming"):
            return self._coming.listed(until.astimezone(UTC), schedule, by)

    @property
    def under_way(self) -> bool:
        """Whether a message, call or page was begun and has not ended yet."""
        return self._outbox.under_way

    def next_due(self, *, calls: bool = False) -> datetime | None:
        """When the next timer or plan of a schedule is due, with `calls` also the next try or answer of one; None when nothing stands."""
        statements = self._database.statements
        asked = [statements.next_timer, *([statements.next_inbox, statements.next_call] if calls else [])]
        with self._gate:
            connection = self._database.connection()
            rows = [row for each in asked for row in connection.read(each)]
            rows += connection.read(statements.next_plan, self._parts.planning.running)
        due = [row[0] for row in rows if row[0] is not None]
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

    # --- inside ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _asked(self, by: str | None, tried: str, case: str = "") -> Iterator[None]:
        """Inside the gate; a refusal is noted."""
        with self._gate, self._refusals.noted(by, tried, case):
            yield

    def _seen(self, found: Sequence[OfCase], by: str | None) -> list[OfCase]:
        """Those of cases that this person may see."""
        seen = self._looks.seen({each.case for each in found}, by)
        return [each for each in found if each.case in seen]
