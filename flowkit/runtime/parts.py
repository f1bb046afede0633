"""The parts that carry out an app on one database, put together: who is handed what is said here and nowhere else.

Knows of each part only what it needs to begin with, and the order in which they end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from flowkit.app.app import App
from flowkit.clock import Clock
from flowkit.connect.http import Caller as HttpCaller
from flowkit.notify.channel import Channel, Finishing
from flowkit.notify.opening import open_channel, unset
from flowkit.runtime.accounts import Accounts
from flowkit.runtime.asking import Asking, Caller
from flowkit.runtime.boards import Boards
from flowkit.runtime.calling import Calling
from flowkit.runtime.coming import Coming
from flowkit.runtime.customers import Customers
from flowkit.runtime.definitions import Definitions
from flowkit.runtime.delivery import Delivery
from flowkit.runtime.due import Due
from flowkit.runtime.failpoints import reach
from flowkit.runtime.filing import Filing
from flowkit.runtime.forms import Forms
from flowkit.runtime.gate import Gate
from flowkit.runtime.handing import Handing
from flowkit.runtime.intakes import Intakes
from flowkit.runtime.judging import Judge
from flowkit.runtime.lists import Lists
from flowkit.runtime.looks import Looks
from flowkit.runtime.on_file import OnFile
from flowkit.runtime.opening import catch_what_is_nobodys, open_app
from flowkit.runtime.outbox import AT_ONCE_A_TARGET, Outbox
from flowkit.runtime.planning import Planning
from flowkit.runtime.reader import Reader
from flowkit.runtime.receiving import Outside, Receiving
from flowkit.runtime.record_index import RecordIndex
from flowkit.runtime.recounting import Recounting
from flowkit.runtime.refusals import Refusals
from flowkit.runtime.staff import Snapshot
from flowkit.runtime.substituting import Substituting
from flowkit.runtime.todo import ToDo
from flowkit.runtime.under_way import UnderWay
from flowkit.runtime.uploads import Uploads
from flowkit.runtime.wake import Waker
from flowkit.runtime.writer import Writer
from flowkit.store.database import Database
from flowkit.store.writing import Rows


class Parts:
    """Each part under its name. They are used from inside `gate`; `close` waits for who is inside.

    `notices` is what an operator should know before anything is done.
    """

    def __init__(
        self,
        app: App,
        database: str,
        clock: Clock,
        channels: Mapping[str, Channel],
        caller: Caller | None,
        at_once: int | None,
        schedules: Collection[str] | None,
        outside: Outside | None,
    ) -> None:
        self.app, self.clock = app, clock
        self.gate = Gate()
        self.database = database_ = Database(database, reach)
        self.notices = (*((database_.notice,) if database_.notice else ()), *_unset(app))
        self.definitions = Definitions(app, database_)
        self._waker: Waker | None = None
        judge = Judge(app, self.definitions.of, RecordIndex(app, database_.secret))
        people = Snapshot(app, database_.statements)
        self.writer = writer = Writer(database_, judge, clock, people, self._committed)
        self.planning = Planning(app, database_, writer, people, clock, schedules)
        self.looks = looks = Looks(app, database_, self.definitions, judge, clock, people)
        self.reader = Reader(app, database_, looks)
        self.to_do = ToDo(database_, looks, clock)
        self.coming = Coming(app, database_, looks, clock)
        self.on_file = OnFile(app, looks)
        self.accounts = Accounts(database_, writer, clock)
        self.lists = Lists(app, database_, looks)
        self.boards = Boards(app, database_, looks, self.lists)
        customers = Customers(app, database_, writer)
        self.intakes = Intakes(app, looks, customers)
        self.forms = Forms(app, database_, looks, self.intakes)
        self.under_way = UnderWay(app, looks, self.lists, self.intakes)
        self.calling = Calling(app, looks, customers, self.lists)
        self.refusals = Refusals(app, database_, writer, clock)
        self.receiving = Receiving(database_, writer, judge, clock, outside or Outside(os.environ, clock))
        self.substituting = Substituting(app, database_, writer, people, clock)
        self.handing = Handing(database_, writer, looks)
        self.recounting = Recounting(app, database_, writer, clock, self.planning)
        self.due = Due(database_, writer, clock, self.reader, app.settings.timezone, self.planning.running)
        self.filing = Filing(app, database_, clock)
        self.uploads = Uploads(app, database_, writer, clock, looks)
        ways = {**_own_ways(app), **channels}
        asking = Asking(app.connectors, database_, caller or HttpCaller(os.environ, clock), clock)
        self.delivery = Delivery(app, database_, ways)
        self.outbox = Outbox(
            database_,
            writer,
            clock,
            self.delivery,
            asking,
            self.filing,
            at_once or AT_ONCE_A_TARGET * (len(ways) + len(app.connectors) + 1),
            self._wake,
            asking.longest_try,
            {name for name, way in ways.items() if isinstance(way, Finishing)},
        )

    def open(self, renamed_from: str | None, *, allow_stranded: bool) -> None:
        """Make sure that app and database belong together; see `opening.open_app` for what is raised."""
        app, database, writer, now = self.app, self.database, self.writer, self.clock.now()
        open_app(app, self.definitions, database, writer, now, renamed_from, allow_stranded=allow_stranded)
        catch_what_is_nobodys(app, database, writer)
        self.planning.begin()
        self.recounting.opened()
        self.planning.look()

    def imported(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Such records were brought in: what rests on them is looked at again."""
        key = self.app.entities[entity].key
        self.planning.imported(entity, [str(row[key]) for row in rows if key in row])
        if entity in self.app.staffing.entities:
            # Who had a task may have left the role, or the house.
            self.looks.staff()
            catch_what_is_nobodys(self.app, self.database, self.writer)

    def arrived(self, entity: str, key: str) -> None:
        """There is such a record now."""
        self.planning.imported(entity, [key])

    def tick(self, advance: Callable[[], object]) -> None:
        """Let a thread call `advance` from now on, each second and whenever something was committed."""
        if self._waker is None:
            self._waker = Waker(advance)
            self._waker.wake()

    def close(self) -> None:
        """Refuse newcomers, finish what was accepted, stop the threads."""
        if self._waker is not None:
            self._waker.stop()
        if self.gate.close():
            self.outbox.close()
            self.writer.close()
            self.database.close()

    def _committed(self, rows: Rows) -> None:
        self.planning.committed(rows)
        if rows.outbox or rows.inbox or rows.timers or rows.plans:
            self._wake()

    def _wake(self) -> None:
        if self._waker is not None:
            self._waker.wake()


def _own_ways(app: App) -> dict[str, Channel]:
    zone = app.settings.timezone
    return {name: open_channel(definition, os.environ, zone) for name, definition in app.channels.items()}


def _unset(app: App) -> list[str]:
    """What the app's channels look for in the environment and do not find."""
    return [
        f"通道“{name}”缺少环境变量 {variable}"
        for name, definition in app.channels.items()
        for variable in unset(definition, os.environ)
    ]
