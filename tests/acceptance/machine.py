"""Anything in any order over the public face, and what must hold after each step.

The machine knows of a kit what a host knows; what must hold it reads from the database's rows (`tests.evidence`) and from a
second telling of the history. It decides by itself who may do what, so that a refusal, too, is right or wrong.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from flowkit import FlowKit, RefusedError, VirtualClock, load_app
from flowkit.app.app import App
from flowkit.kit import CaseView
from flowkit.notify.channel import DeliveryError, Message
from tests.evidence import Told, look, micros, tell, told
from tests.unit.engine.shop import REPAIRS

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
STAFF = {"员工:boss": "老板", "员工:zhang": "师傅", "员工:li": "师傅"}
CUSTOMERS = ("客户:wang", "客户:zhao")
PEOPLE = (*STAFF, *CUSTOMERS)
ACTIONS = {"待接单": ("接单", "退单"), "处理中": ("打卡", "算账", "改", "完工")}
OPERATIONS = {"handed_over", "claimed", "put_back", "commented", "followed", "unfollowed", "copied", "read"}
STARTS = {"created", "acted", "fired", "signalled", "kept", "unheard", "late", "resolved", *OPERATIONS}
STARTS |= {"suspended", "deferred", "resumed", "voided"}
"Events that begin what one command did."

PHONE = "13800000001"


@dataclass(frozen=True)
class Ground:
    """What all examples share: the app, and a database in which nothing has happened yet."""

    app: App
    empty: Path

    @classmethod
    def lay(cls, folder: Path) -> Ground:
        # Who sees what is told elsewhere: here the staff see all, so that a refusal has one reason.
        seen = REPAIRS.replace("roles: {老板: {}, 师傅: {}}", "roles: {老板: {sees: all}, 师傅: {sees: all}}")
        (folder / "app.yaml").write_text(seen, encoding="utf-8")
        app, empty = load_app(folder), folder / "empty.db"
        FlowKit(app, f"sqlite:///{empty}", clock=VirtualClock(NINE)).close()
        return cls(app, empty)


class Listener:
    """The outside: notes what was sent; now and then takes a message and fails all the same."""

    name = "console"

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.deaf = 0

    def send(self, message: Message) -> None:
        self.taken.append(message.key)
        if self.deaf:
            self.deaf -= 1
            raise DeliveryError("no answer")


@dataclass(frozen=True)
class Done:
    """A command that was acknowledged under a key, and its first result."""

    key: str
    by: str
    again: Callable[[FlowKit], CaseView]
    otherwise: Callable[[FlowKit], CaseView]
    result: tuple[str, int]


class Repairs(RuleBasedStateMachine):
    """The repair shop of `tests/unit/engine/shop.py`, on a database, in the hands of anybody."""

    ground: Ground
    cases = Bundle("cases")
    done = Bundle("done")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="flowkit-machine-")
        self.path = str(Path(self.folder.name) / "work.db")
        shutil.copy(self.ground.empty, self.path)
        self.clock = VirtualClock(NINE)
        self.listener = Listener()
        self.keys = 0
        self.histories: dict[str, list[dict[str, Any]]] = {}
        self.tally = Tally()
        self.seen = -1
        self.changed: set[str] = set()
        self.kit = self.opened()
        self.eyes = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, isolation_level=None)

    def opened(self) -> FlowKit:
        kit = FlowKit(self.ground.app, f"sqlite:///{self.path}", clock=self.clock, channels={"console": self.listener})
        # Who was refused what is written down a moment later; here whatever is written after a refusal is a fault.
        kit._refusals.note = lambda *said: None  # type: ignore[method-assign]
        return kit

    def teardown(self) -> None:
        try:
            found = look(self.eyes)
            assert not found.faults, found.faults
            assert not self.kit.verify()
        finally:
            self.eyes.close()
            self.kit.close()
            self.folder.cleanup()

    def few(self) -> bool:
        """Long lives of a few cases tell more than short ones of many."""
        return len(self.histories) < 6

    # --- what people do ----------------------------------------------------------------------------------------------

    @initialize(target=cases, begun=st.integers(0, 2))
    def first(self, begun: int) -> Any:
        """Two cases, one of them as far as it was taken: waiting, being worked on, with its distance noted."""
        data = {"车": "浙A12345", "故障": "异响", "电话": PHONE}
        one, other = (self.kit.submit("工单", data, by=by) for by in CUSTOMERS)
        for action, values in (("接单", {}), ("打卡", {"公里": 5}))[:begun]:
            self.kit.act(one.id, action, values, by=one.owner[0])
        return multiple(one.id, other.id)

    @precondition(few)
    @rule(
        target=cases,
        fault=st.sampled_from(("异响", "着火", "  ")),
        car=st.sampled_from(("浙A12345", "没有的车")),
        by=st.sampled_from((*CUSTOMERS, "员工:li", "员工:nobody")),
    )
    def submit(self, fault: str, car: str, by: str) -> Any:
        """A new case, unless the form is half filled in, points nowhere, or comes from nobody."""
        right = fault.strip() and car == "浙A12345" and by != "员工:nobody"
        data = {"车": car, "故障": fault, "电话": PHONE}
        shown = self.tried(right, lambda: self.kit.submit("工单", data, by=by))
        return shown.id if shown else multiple()

    @precondition(few)
    @rule(target=done, by=st.sampled_from(CUSTOMERS))
    def submit_under_a_key(self, by: str) -> Done:
        self.keys += 1
        key, data = f"k{self.keys}", {"车": "浙A12345", "故障": "异响"}
        shown = self.kit.submit("工单", data, by=by, key=key)
        return Done(
            key,
            by,
            lambda kit: kit.submit("工单", data, by=by, key=key),
            lambda kit: kit.submit("工单", {**data, "故障": "着火"}, by=by, key=key),
            (shown.id, shown.sequence),
        )

    @precondition(few)
    @rule(target=cases, many=st.integers(2, 5))
    def submit_at_once(self, many: int) -> Any:
        """Several at the same moment, in one batch of the writer's."""
        busy, enough, begun, writer = threading.Event(), threading.Event(), list[CaseView](), self.kit._writer
        data = {"车": "浙A12345", "故障": "异响"}

        def submit() -> None:
            begun.append(self.kit.submit("工单", data, by="客户:zhao"))

        def keep_busy(inside: object) -> None:
            busy.set()
            enough.wait(20)

        # The writer is kept busy until all of them stand before it.
        threads = [threading.Thread(target=writer.perform, args=(keep_busy,))]
        threads[0].start()
        assert busy.wait(20)
        threads += [threading.Thread(target=submit) for _ in range(many)]
        for thread in threads[1:]:
            thread.start()
        until(lambda: len(writer._newcomers) == many)
        enough.set()
        for thread in threads:
            thread.join(20)
        assert len({case.id for case in begun}) == many
        begun.sort(key=lambda case: case.number)
        return multiple(*(case.id for case in begun))

    @rule(
        case=cases,
        wanted=st.integers(0, 3),
        by=st.sampled_from(PEOPLE),
        visit=st.sampled_from((None, 0, -1, 1)),
        keyed=st.booleans(),
    )
    def anybody_acts(self, case: str, wanted: int, by: str, visit: int | None, keyed: bool) -> None:
        """By right or wrong people, on the present page or an old one."""
        now = self.told(case)
        self.act(case, now, wanted, by, 5, None if visit is None else now.visit + visit, keyed)

    @rule(case=cases, wanted=st.integers(0, 3), kilometres=st.sampled_from((1, 5, -500)), keyed=st.booleans())
    def the_owner_acts(self, case: str, wanted: int, kilometres: int, keyed: bool) -> None:
        now = self.told(case)
        self.act(case, now, wanted, self.owner(now), kilometres, now.visit, keyed)

    @rule(case=cases)
    def the_owner_goes_on(self, case: str) -> None:
        """One step further towards the end."""
        now = self.told(case)
        wanted = {"待接单": 0, "处理中": 3 if now.answered.get("打卡") == now.visit else 0}.get(now.node, 0)
        self.act(case, now, wanted, self.owner(now), 5, None, keyed=False)

    @rule(case=cases)
    def a_sum_fails(self, case: str) -> None:
        """What is accepted and cannot be worked out leaves an incident."""
        now = self.told(case)
        if now.node == "处理中":
            self.act(case, now, 1, self.owner(now), 0, None, keyed=False)

    def act(self, case: str, now: Told, wanted: int, by: str, kilometres: int, visit: int | None, keyed: bool) -> None:
        actions = ACTIONS.get(now.node, ("接单",))
        action = actions[wanted % len(actions)]
        data: dict[str, Any] = {"打卡": {"公里": kilometres}, "改": {"故障": "异响着火"}}.get(action, {})
        right = (
            not now.outcome
            and not now.suspended
            and now.node in ACTIONS
            and not now.stuck
            and visit in (None, now.visit)
            and self.holds(by, (*now.owner, *now.helpers))
            and (action != "完工" or now.answered.get("打卡") == now.visit)
        )
        key = self.key() if keyed else None
        self.tried(right, lambda: self.kit.act(case, action, data, by=by, key=key, visit=visit))
        if key and right:
            # The same again at once: it does not happen again, whatever the case has become by it.
            before = self.commits()
            self.tried(True, lambda: self.kit.act(case, action, data, by=by, key=key, visit=visit))
            assert self.commits() == before, "it happened again"

    def owner(self, now: Told) -> str:
        return next((person for person in PEOPLE if person in now.owner), "员工:boss")

    @rule(command=done)
    def again(self, command: Done) -> None:
        """The first result again, however much has happened since."""
        shown = command.again(self.kit)
        assert (shown.id, shown.sequence) == command.result, "it happened again"

    @rule(command=consumes(done))
    def other_content(self, command: Done) -> None:
        refused = self.refused(lambda: command.otherwise(self.kit))
        assert refused is not None, "other content was taken under the same key"
        assert refused.code == "key-reused"

    @rule(case=cases, key=st.sampled_from(("s1", "s2")), name=st.sampled_from(("到货", "别的")))
    def signal(self, case: str, key: str, name: str) -> None:
        """Once a key, listened to or not; other content under it is refused."""
        before = self.came_in(case, key)
        right = not before or before[0] == name
        self.tried(right, lambda: self.kit.signal(case, name, {}, by="员工:boss", key=f"{case}{key}"))
        assert len(self.came_in(case, key)) == 1

    def came_in(self, case: str, key: str) -> list[str]:
        """The names of the signals that came in under a key; what waited for a suspended case to go on is told twice."""
        counted = ("signalled", "kept", "late", "deferred")
        those = [
            e.data for e in self.kit.history(case) if e.kind in counted and e.data["key"].endswith(f"/{case}{key}")
        ]
        return [data.get("data", data)["name"] for data in those if not data["key"].startswith("resumed/")]

    @rule(case=cases, by=st.sampled_from(PEOPLE))
    def retry(self, case: str, by: str) -> None:
        """Most often there is nothing to be tried again: then it is refused."""
        now = self.told(case)
        right = bool(now.incident) and STAFF.get(by) == "老板" and not now.suspended
        self.tried(right, lambda: self.kit.retry(case, by=by))

    @rule(
        case=cases,
        what=st.sampled_from(("suspend", "resume", "resume", "hand_over", "hand_over", "claim", "release")),
        by=st.sampled_from(tuple(STAFF)),
        to=st.sampled_from((*STAFF, "员工:nobody", "客户:wang")),
    )
    def people_pass_it_on(self, case: str, what: str, by: str, to: str) -> None:
        """A task changes hands, or the case stands still and goes on."""
        now = self.told(case)
        boss, open_ = STAFF[by] == "老板", not now.outcome and not now.suspended
        mine = open_ and self.holds(by, now.owner)
        right = {
            "suspend": open_ and boss,
            "resume": bool(now.suspended) and boss,
            "hand_over": mine and to in STAFF and to not in (by, *now.handed, *now.left_out),
            "claim": mine and now.owner != (by,),
            "release": open_ and now.owner == (by,) and self.kit.look(case, lambda world: world.case.pool) != (),
        }[what]
        data = {"suspend": {"reason": "等"}, "resume": {"reason": "好"}, "hand_over": {"to": to}}.get(what, {})
        self.tried(right, lambda: self.kit.act(case, what, data, by=by))

    @rule(
        case=cases,
        what=st.sampled_from(("comment", "follow", "unfollow", "copy", "mark_read")),
        by=st.sampled_from(tuple(STAFF)),
    )
    def people_look_on(self, case: str, what: str, by: str) -> None:
        """They say something, follow, give copies and read them, whatever has become of the case."""
        now = self.told(case)
        right = {
            "comment": True,
            "follow": not now.outcome and by not in now.followers,
            "unfollow": not now.outcome and by in now.followers,
            "copy": "员工:li" not in now.copies,
            "mark_read": now.copies.get(by) is False,
        }[what]
        data = {"comment": {"text": f"请打 {PHONE}"}, "copy": {"to": "员工:li"}}.get(what, {})
        self.tried(right, lambda: self.kit.act(case, what, data, by=by))

    @rule(case=cases, rarely=st.integers(0, 5))
    def the_boss_calls_it_void(self, case: str, rarely: int) -> None:
        if rarely == 5:
            now = self.told(case)
            self.tried(not now.outcome, lambda: self.kit.act(case, "void", {"reason": "重复"}, by="员工:boss"))

    @rule(who=st.sampled_from(("zhang", "li")), on_duty=st.booleans())
    def go_on_or_off_duty(self, who: str, on_duty: bool) -> None:
        self.kit.import_records("员工", [{"工号": who, "当班": on_duty}])

    @rule(kilometres=st.sampled_from((0, 100, -1, "viel")))
    def import_records(self, kilometres: Any) -> None:
        """All rows or none."""
        rows = [{"车牌": "浙A12345", "里程": 50}, {"车牌": "浙B1", "里程": kilometres}]
        self.tried(kilometres in (0, 100), lambda: self.kit.import_records("车", rows))

    # --- what time does ----------------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from((1, 9, 10, 20, 45, 61, 3000)))
    def time_passes(self, minutes: int) -> None:
        self.clock.move(timedelta(minutes=minutes))
        self.kit.advance()
        due = "SELECT count(*) FROM timers WHERE due <= ? AND attempts = 0"
        assert self.eyes.execute(due, (micros(self.clock.now()),)).fetchone() == (0,)

    @rule(minutes=st.sampled_from((1, 30, 3000)))
    def the_clock_jumps_back(self, minutes: int) -> None:
        self.clock.move(timedelta(minutes=-minutes))
        self.kit.advance()

    @rule()
    def the_outside_fails(self) -> None:
        self.listener.deaf = 2

    @rule(rarely=st.integers(0, 3))
    def close_and_open(self, rarely: int) -> None:
        if rarely == 3:
            self.kit.close()
            self.kit = self.opened()

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        """Looked at when anything was committed; cases that no step has touched since are looked at again at the end."""
        if self.seen == (seen := self.commits()):
            return
        self.seen = seen
        self.eyes.execute("BEGIN")
        try:
            self.cases_are_as_told()
            self.each_was_weighed_by_the_load_of_its_moment()
        finally:
            self.eyes.execute("COMMIT")
        self.lists_agree_with_cases()
        self.nothing_unasked_was_sent()

    def cases_are_as_told(self) -> None:
        """State is the fold of the history; no gap; the chain is whole; tasks and timers are those derived, none on an ended
        case; nothing fired twice or early. What was told before is still told, and is only gone on with."""
        long = {case: len(events) for case, events in self.histories.items()}
        now = dict(self.eyes.execute("SELECT case_id, max(sequence) FROM history GROUP BY case_id"))
        self.changed = {case for case, sequence in now.items() if sequence != long.get(case)}
        found = look(self.eyes, self.changed)
        assert not found.faults, found.faults
        assert now.keys() >= long.keys(), "a case has vanished"
        for case, events in found.histories.items():
            assert events[: long.get(case, 0)] == self.histories.get(case, []), f"{case}: the past has changed"
        self.histories |= found.histories

    def each_was_weighed_by_the_load_of_its_moment(self) -> None:
        """Whoever was weighed by how many tasks he had, had so many: as if every command had been committed alone."""
        rows = self.eyes.execute(
            "SELECT rowid, case_id, body FROM history WHERE rowid > ? ORDER BY rowid", (self.tally.last_row,)
        ).fetchall()
        for row, case, body in rows:
            weighed = self.tally.happens(row, case, json.loads(body))
            had = {actor: self.tally.loads[actor] for actor in weighed}
            assert weighed == had, f"{case}: they were weighed as {weighed}, and had {had}"

    def lists_agree_with_cases(self) -> None:
        """Each person's list has what cases ask of him and nothing else."""
        now = {case: told(events) for case, events in self.histories.items()}
        for person in PEOPLE:
            wanted = {
                (case, kind)
                for case, what in now.items()
                for kind, holder in what.holders
                if self.holds(person, (holder,))
            }
            listed = [(task.case, task.kind) for task in self.kit.tasks(by=person)]
            assert Counter(listed) == Counter(wanted), f"{person}: {listed}, wanted {wanted}"

    def nothing_unasked_was_sent(self) -> None:
        asked = {
            f"{case}/{number}/{to}/console"
            for case, events in self.histories.items()
            for number, event in enumerate(events, 1)
            if event["kind"] == "notified"
            for to in event["data"]["to"]
        }
        unasked = set(self.listener.taken) - asked
        assert not unasked, f"nothing asks for {unasked}"

    # --- parts -------------------------------------------------------------------------------------------------------

    def key(self) -> str:
        self.keys += 1
        return f"k{self.keys}"

    def commits(self) -> int:
        """Another number whenever anything was committed in between."""
        return int(self.eyes.execute("PRAGMA data_version").fetchone()[0])

    def told(self, case: str) -> Told:
        return told({"kind": e.kind, "at": "", "by": e.by, "data": e.data} for e in self.kit.history(case))

    def holds(self, person: str, holders: tuple[str, ...]) -> bool:
        return any(holder in (person, f"role:{STAFF.get(person)}") for holder in holders)

    def tried(self, right: Any, do: Callable[[], Any]) -> Any:
        """Do it; it must succeed when it is right and be refused, changing nothing, when it is not."""
        before = self.commits()
        try:
            shown = do()
        except RefusedError as refused:
            assert not right, f"refused, and should not be: {refused.code}: {refused}"
            assert self.commits() == before, "it was refused, and something has changed"
            return None
        assert right, "it was not refused, and should be"
        return shown

    def refused(self, do: Callable[[], Any]) -> RefusedError | None:
        try:
            do()
        except RefusedError as refused:
            return refused
        return None


def until(holds: Callable[[], bool]) -> None:
    """Wait for other threads to come so far."""
    for _ in range(10_000):
        if holds():
            return
        time.sleep(0.001)
    raise AssertionError("it never came so far")


@dataclass
class Tally:
    """How many tasks each person owns, command after command in the order in which they were committed."""

    loads: Counter[str] = field(default_factory=Counter)
    last_row: int = 0
    _now: dict[str, Told] = field(default_factory=dict)
    _counted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _last: str = ""

    def happens(self, row: int, case: str, event: dict[str, Any]) -> Mapping[str, int]:
        """Count one more event. Of a dispatch: the loads it was told, while `loads` are those before its command."""
        self.last_row = row
        here = self._now.setdefault(case, Told())
        if event["kind"] in STARTS:
            # A command begins: what the one before it has left of its case counts from here.
            if self._last:
                self.loads.subtract(self._counted.get(self._last, ()))
                self._counted[self._last] = self._now[self._last].owner
                self.loads.update(self._counted[self._last])
            self._last = case
        tell(here, event)
        why = event["data"].get("why")
        if event["kind"] != "assigned" or why["kind"] != "dispatch":
            return {}
        return {one["actor"]: -one["scores"]["闲"] for one in why["candidates"] if one["scores"]}
