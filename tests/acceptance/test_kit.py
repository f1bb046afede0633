"""A FlowKit keeps its promises to callers: what is accepted stays, what is refused changes nothing, each thing once."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowkit import ClosedError, FlowKit, RefusedError, VirtualClock
from flowkit.app.app import App
from flowkit.engine import decide as engine
from flowkit.notify.channel import DeliveryError, Message
from flowkit.runtime import judging
from flowkit.runtime.delivery import WAITS as SEND_WAITS
from flowkit.runtime.outbox import Settled
from flowkit.store.connection import Statement
from tests.shop import NINE, PHONE, SHOP, shop


class Recorder:
    """A channel that keeps what it was given, and fails as long as it is told to."""

    name = "console"

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.failing = False

    def send(self, message: Message) -> None:
        if self.failing:
            raise DeliveryError("the line is dead")
        self.sent.append(message)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


@pytest.fixture
def channel() -> Recorder:
    return Recorder()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'work.db'}"


@pytest.fixture
def kit(app: App, url: str, clock: VirtualClock, channel: Recorder) -> Iterator[FlowKit]:
    with FlowKit(app, url, clock=clock, channels={"console": channel}) as opened:
        yield opened
        if not opened._gate.closed:
            assert opened.verify() == []


def report(kit: FlowKit, **more: Any) -> Any:
    return kit.submit("工单", {"故障": "异响", "电话": PHONE, "车": "A1"}, **{"by": "客户:li", **more})


def dump(url: str) -> list[str]:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        # Who was refused what is written down beside, when there is time for it.
        return [line for line in raw.iterdump() if not line.startswith('INSERT INTO "refusals"')]


# --- commands -----------------------------------------------------------------------------------------------------------


def test_forty_submits_at_once_are_shared_out_evenly(kit: FlowKit) -> None:
    """Ten idle people get four each: each command of a batch sees what those before it have changed."""
    ready = threading.Barrier(40)

    def one(number: int) -> Any:
        ready.wait()
        return report(kit, key=str(number))

    with ThreadPoolExecutor(40) as pool:
        cases = list(pool.map(one, range(40)))
    assert sorted(Counter(case.owner for case in cases).values()) == [4] * 10
    assert sorted(case.number for case in cases) == [f"20260302-{n:03}" for n in range(1, 41)]


def test_without_the_overlay_they_would_not_be(kit: FlowKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: when a batch does not see its own changes of load, somebody gets more than four."""
    monkeypatch.setattr("flowkit.runtime.steps._tasks", _forgetting_loads)
    test_case = test_forty_submits_at_once_are_shared_out_evenly
    with pytest.raises(AssertionError):
        test_case(kit)


def _forgetting_loads(old: Any, new: Any, rows: Any, changes: Any) -> None:
    from flowkit.runtime.steps import task_slots

    for slot, task in enumerate(task_slots(new)):
        rows.tasks.append((new.id, slot, task.visit, task.kind, task.holder))


def test_a_whole_repair(kit: FlowKit, channel: Recorder) -> None:
    """From the report to the record's history, each step with its rows, within the statements that were promised."""
    spent = []
    case = report(kit)
    spent.append(kit.spent)
    (worker,) = case.owner
    assert (case.node, case.number, case.values["电话"]) == ("待接单", "20260302-001", "138****0001")
    assert [(t.number, t.kind, t.actions) for t in kit.tasks(worker)] == [
        ("20260302-001", "owner", (("接单", "接单"), ("退单", "退单")))
    ]
    for action, data in (("接单", {}), ("完工", {"收费": "120"})):
        case = kit.act(case.id, action, data, by=worker, key=action)
        spent.append(kit.spent)
    assert (case.outcome, case.values["完工"]["收费"]) == ("done", "120.00")
    assert kit.tasks(worker) == []
    assert kit.next_due() is None
    assert all(reads <= 4 and writes <= 8 for reads, writes in spent), spent
    assert kit.case(kit.find("20260302-001").id) == case
    record = next(e for e in kit.history(case.id) if e.kind == "recorded")
    assert record.data["set"] == {"里程": 11}


def test_the_same_key_gives_the_first_result_again(kit: FlowKit) -> None:
    """Also after the case has moved on; another actor's key is another key; other content under it is refused."""
    first = report(kit, key="k")
    kit.act(first.id, "接单", by=first.owner[0], key="k")
    assert report(kit, key="k") == first
    assert kit.act(first.id, "接单", by=first.owner[0], key="k").node == "处理中"
    assert [e.kind for e in kit.history(first.id)].count("acted") == 1
    assert report(kit, key="k", by="客户:wu").id != first.id
    with pytest.raises(RefusedError) as refused:
        kit.submit("工单", {"故障": "另一个"}, by="客户:li", key="k")
    assert refused.value.code == "key-reused"


def test_one_key_at_once_from_many_threads_is_one_case(kit: FlowKit) -> None:
    """Whichever comes first makes it, the others get it."""
    ready = threading.Barrier(16)

    def one(_: int) -> str:
        ready.wait()
        return str(report(kit, key="k").id)

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(one, range(16)))) == 1


@pytest.mark.parametrize(
    ("code", "command"),
    [
        ("invalid", lambda kit, case: kit.submit("工单", {}, by="客户:li", key="n")),
        ("invalid", lambda kit, case: kit.submit("工单", {"故障": "x", "车": "Z9"}, by="客户:li", key="n")),
        ("unknown-workflow", lambda kit, case: kit.submit("没有", {}, by="客户:li", key="n")),
        ("unknown-actor", lambda kit, case: kit.submit("工单", {"故障": "x"}, by="客户:nobody", key="n")),
        ("unknown-actor", lambda kit, case: kit.submit("工单", {"故障": "x"}, by="system:timer", key="n")),
        ("unknown-actor", lambda kit, case: kit.submit("工单", {"故障": "x"}, by="员工:w1", applicant="x:y", key="n")),
        ("not-yours", lambda kit, case: kit.submit("工单", {"故障": "x"}, by="客户:li", applicant="x:y", key="n")),
        ("unknown-actor", lambda kit, case: kit.submit("工单", {"故障": "x"}, by="客户:li", applicant="system:timer")),
        ("invalid", lambda kit, case: kit.submit("工单", {"故障": "x"}, by="客户:li", key="")),
        ("unknown-case", lambda kit, case: kit.act("c123", "接单", by="员工:w1", key="n")),
        ("unknown-action", lambda kit, case: kit.act(case.id, "飞", by=case.owner[0], key="n")),
        ("not-yours", lambda kit, case: kit.act(case.id, "接单", by="客户:li", key="n")),
        ("stale", lambda kit, case: kit.act(case.id, "接单", by=case.owner[0], key="n", visit=99)),
        ("unknown-case", lambda kit, case: kit.signal("c123", "配件到", by="connector:erp", key="n")),
        ("unknown-actor", lambda kit, case: kit.signal(case.id, "配件到", by="somebody", key="n")),
        ("unknown-entity", lambda kit, case: kit.import_records("船", [])),
    ],
)
def test_what_is_refused_writes_nothing(
    kit: FlowKit, url: str, code: str, command: Callable[[FlowKit, Any], object]
) -> None:
    """No row differs, the key is not stored, and the reason has a stable code."""
    case = report(kit)
    before = dump(url)
    with pytest.raises(RefusedError) as refused:
        command(kit, case)
    assert refused.value.code == code
    assert dump(url) == before


def test_one_that_crashes_hurts_no_other(kit: FlowKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among twenty at once, the one whose judging fails is told so; the others are committed."""

    def judge(workflow: Any, case: Any, command: Any, facts: Any, now: datetime) -> Any:
        if command.kind == "submit" and command.data["values"]["故障"] == "爆炸":
            raise ZeroDivisionError("boom")
        return engine.decide(workflow, case, command, facts, now)

    monkeypatch.setattr(judging, "decide", judge)
    ready = threading.Barrier(20)

    def one(number: int) -> str:
        ready.wait()
        try:
            return str(kit.submit("工单", {"故障": "爆炸" if number == 7 else "响"}, by="客户:li").node)
        except ZeroDivisionError as failure:
            return str(failure)

    with ThreadPoolExecutor(20) as pool:
        assert Counter(pool.map(one, range(20))) == {"待接单": 19, "boom": 1}


def test_a_shared_write_that_fails_is_done_one_by_one(kit: FlowKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that the database refuses fails its own command only."""
    original = judging.build

    def build(app: Any, workflow: Any, held: Any, events: Any, *rest: Any) -> Any:
        step = original(app, workflow, held, events, *rest)
        if step.case.values["故障"] == "坏":
            step.rows.history.append((None, 1, "", ""))
        return step

    monkeypatch.setattr(judging, "build", build)
    ready = threading.Barrier(12)

    def one(number: int) -> str:
        ready.wait()
        try:
            return str(kit.submit("工单", {"故障": "坏" if number % 6 == 0 else "响"}, by="客户:li").node)
        except Exception as failure:
            return type(failure).__name__

    with ThreadPoolExecutor(12) as pool:
        assert Counter(pool.map(one, range(12))) == {"待接单": 10, "StoreError": 2}


def test_after_closing_nothing_is_accepted_and_what_was_accepted_is_done(
    app: App, url: str, clock: VirtualClock
) -> None:
    """Whoever was told a case exists finds it; whoever came too late is told so."""
    kit = FlowKit(app, url, clock=clock, channels={"console": Recorder()})
    made: list[str] = []
    refused: list[int] = []
    go = threading.Barrier(9)

    def submit() -> None:
        go.wait()
        for _ in range(50):
            try:
                made.append(report(kit).id)
            except ClosedError:
                refused.append(1)
                return

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    go.wait()
    while len(made) < 10:
        pass
    kit.close()
    for thread in threads:
        thread.join()
    assert len(refused) == 8
    with pytest.raises(ClosedError):
        report(kit)
    with FlowKit(app, url, clock=clock) as again:
        assert all(again.case(id_).node == "待接单" for id_ in made)
        assert again.verify() == []


def test_a_line_about_a_message_says_which(url: str, clock: VirtualClock, tmp_path: Path) -> None:
    """By its title, else by the name of the notification; one that has neither is a message."""
    named = SHOP.replace('notify: {to: owner, text: "请接 {{ 电话 }} 的 {{ 故障 }}"}', "notify: [请接单, {text: 快}]")
    text = named + "---\nnotification: 请接单\ntext: 请接单吧\n"
    with FlowKit(shop(tmp_path / "named", text=text), url, clock=clock, channels={"console": Recorder()}) as kit:
        (worker,) = report(kit).owner
        clock.move(timedelta(minutes=11))
        sent = [line for line in kit.advance().lines if line.startswith("已发送给")]
    assert sent == [f"已发送给 {worker} [console]: {called}" for called in ("待办", "请接单", "消息")]


# --- time ---------------------------------------------------------------------------------------------------------------


def test_a_timer_fires_once_and_never_early(kit: FlowKit, clock: VirtualClock) -> None:
    """Not a microsecond before it is due, then once, however often time is asked."""
    case = report(kit)
    clock.move(timedelta(minutes=10) - timedelta(microseconds=1))
    assert kit.advance().timers == 0
    clock.move(timedelta(microseconds=1))
    assert kit.advance().timers == 1
    assert kit.advance().timers == 0
    assert kit.next_due() == NINE + timedelta(minutes=30)
    clock.move(timedelta(days=1))
    assert kit.advance().timers == 1
    assert kit.case(case.id).owner == ("role:老板",)
    assert [e.kind for e in kit.history(case.id)].count("fired") == 2


def test_repetitions_come_one_after_another(kit: FlowKit, clock: VirtualClock) -> None:
    """A reminder that repeats twice fires three times, each at its own due time."""
    case = report(kit)
    kit.act(case.id, "接单", by=case.owner[0])
    for day in range(1, 5):
        clock.move(timedelta(days=1))
        kit.advance()
        fired = [(e.data["n"], "skipped" in e.data) for e in kit.history(case.id) if e.kind == "fired"]
        assert fired == [(n, False) for n in range(min(day, 3))]


@pytest.mark.parametrize(("down", "skipped", "left"), [(1.5, 0, [1, 2]), (2.5, 1, [2]), (30, 2, [])])
def test_repetitions_missed_while_down_come_once(
    kit: FlowKit, clock: VirtualClock, channel: Recorder, down: float, skipped: int, left: list[int]
) -> None:
    """Of those overdue together one is sent and the others are counted; what is not due yet comes at its time."""
    case = report(kit)
    kit.act(case.id, "接单", by=case.owner[0])
    kit.advance()
    before = len(channel.sent)
    clock.move(timedelta(days=down))
    kit.advance()
    assert len(channel.sent) == before + 1
    (fired,) = [e for e in kit.history(case.id) if e.kind == "fired"]
    assert (fired.data["n"], fired.data.get("skipped", 0)) == (0, skipped)
    assert (f"错过的 {skipped} 次不再补" in "\n".join(kit.explain(case.id).lines)) is (skipped > 0)
    for _ in left:
        clock.move(timedelta(days=1))
        kit.advance()
    clock.move(timedelta(days=9))
    kit.advance()
    assert [e.data["n"] for e in kit.history(case.id) if e.kind == "fired"] == [0, *left]
    assert kit.next_due() is None


def test_two_at_work_on_one_database_do_nothing_twice(
    app: App, url: str, kit: FlowKit, clock: VirtualClock, channel: Recorder
) -> None:
    """Timers and messages of thirty cases, carried out by two FlowKits in four threads: each once."""
    cases = [report(kit).id for _ in range(30)]
    clock.move(timedelta(minutes=10))
    with FlowKit(app, url, clock=clock, channels={"console": channel}) as other, ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(k.advance) for k in (kit, other, kit, other)]:
            done.result()
    for case in cases:
        assert [e.kind for e in kit.history(case)].count("fired") == 1
    keys = Counter(message.key for message in channel.sent)
    assert len(keys) == 60
    assert set(keys.values()) == {1}


def test_a_timer_that_cannot_be_judged_is_told_put_off_and_at_last_listed(
    kit: FlowKit, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves an incident for people, is tried again later a few times, and never without end."""
    case = report(kit)
    tried: list[datetime] = []

    def judge(workflow: Any, case: Any, command: Any, facts: Any, now: datetime) -> Any:
        if command.kind == "timeout":
            tried.append(now)
            raise ZeroDivisionError("boom")
        return engine.decide(workflow, case, command, facts, now)

    monkeypatch.setattr(judging, "decide", judge)
    clock.move(timedelta(minutes=10))
    kit.advance()
    assert len(tried) == 1
    assert "boom" in (kit.case(case.id).incident or "")
    assert [t.kind for t in kit.tasks("员工:boss")] == ["incident"]
    for _ in range(100):
        clock.move(timedelta(hours=1))
        kit.advance()
    assert len(tried) == 12
    assert [fault.kind for fault in kit.given_up()] == ["timer", "timer"]
    assert [e.kind for e in kit.history(case.id)].count("incident") == 1


def test_background_work_begins_by_itself(app: App, url: str, channel: Recorder) -> None:
    """What a command writes down is sent without anybody calling `advance`."""
    arrived = threading.Event()

    class Ringing(Recorder):
        def send(self, message: Message) -> None:
            super().send(message)
            arrived.set()

    with FlowKit(app, url, channels={"console": Ringing()}) as kit:
        kit.start_background()
        report(kit)
        assert arrived.wait(20)


# --- signals ------------------------------------------------------------------------------------------------------------


def test_a_signal_waits_until_a_node_listens(kit: FlowKit) -> None:
    """Kept with the case, consumed on entering, counted once under its key."""
    case = report(kit)
    for _ in range(3):
        kit.signal(case.id, "配件到", {"单号": "7"}, by="connector:erp", key="s1")
    assert [e.kind for e in kit.history(case.id)].count("kept") == 1
    moved = kit.act(case.id, "接单", by=case.owner[0])
    assert [e.kind for e in kit.history(case.id)].count("consumed") == 1
    assert moved.node == "处理中"
    with pytest.raises(RefusedError, match="另一个"):
        kit.signal(case.id, "配件到", {"单号": "8"}, by="connector:erp", key="s1")


def test_a_signal_that_nobody_listens_for_is_listed_after_a_day(kit: FlowKit, clock: VirtualClock) -> None:
    """Not lost in silence and not used by surprise: people see what came, from whom, and that no node took it."""
    case = report(kit)
    kit.signal(case.id, "配件到", {"单号": "7"}, by="connector:erp", key="s1")
    clock.move(timedelta(hours=24, microseconds=-1))
    kit.advance()
    assert kit.stuck() == []
    clock.move(timedelta(microseconds=1))
    assert [line for line in kit.advance().lines if "没有节点接收 connector:erp/s1" in line]
    (listed,) = kit.stuck()
    assert (listed.key, listed.case, listed.kind, listed.target) == ("connector:erp/s1", case.id, "signal", "配件到")
    assert [(fault.kind, "24 小时" in fault.message) for fault in kit.given_up()] == [("signal", True)]
    assert "没有节点接收先前收到的“配件到”" in "\n".join(kit.explain(case.id).lines)
    kit.signal(case.id, "配件到", {"单号": "7"}, by="connector:erp", key="s1")
    kit.act(case.id, "接单", by="员工:boss")
    assert [e.kind for e in kit.history(case.id) if e.kind in ("kept", "consumed", "unheard")] == ["kept", "unheard"]
    assert len(kit.stuck()) == 1
    assert kit.verify() == []


def test_what_is_due_is_looked_up(kit: FlowKit) -> None:
    """However many deadlines and kept signals stand: the look for those that are due reads an index from its beginning."""
    for statement in (kit._database.statements.timers_due, kit._database.statements.inbox_due):
        plan = kit._database.connection().read(Statement(f"EXPLAIN QUERY PLAN {statement.text}"), 0)
        assert re.match(r"SEARCH (\w+) USING INDEX \1_due \(due<\?\)", plan[0][3])


def test_a_signal_that_was_kept_before_a_crash_is_found(kit: FlowKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was acknowledged lies in the inbox; `advance` carries out what its sender's thread could not."""
    case = report(kit)
    put = kit._writer.put
    monkeypatch.setattr(kit._writer, "put", lambda works, first=False: put(works) if not first else _crash())
    with pytest.raises(KeyboardInterrupt):
        kit.signal(case.id, "配件到", by="connector:erp")
    monkeypatch.undo()
    assert kit.advance().signals == 1
    assert [e.kind for e in kit.history(case.id)].count("kept") == 1
    assert kit.advance().signals == 0


def _crash() -> None:
    raise KeyboardInterrupt


# --- messages -----------------------------------------------------------------------------------------------------------


def test_personal_values_are_filled_in_at_delivery_only(
    kit: FlowKit, url: str, clock: VirtualClock, channel: Recorder
) -> None:
    """The message has the number, the database nowhere: not in its file, not in its log."""
    report(kit)
    kit.import_records("客户", [{"号": "li", "电话": "13655550002"}])
    clock.move(timedelta(minutes=10))
    kit.advance()
    assert PHONE in channel.sent[-1].text
    path = Path(url.removeprefix("sqlite:///"))
    stored = b"".join(p.read_bytes() for p in path.parent.glob("work.db*"))
    for canary in (PHONE, "13877770001", "13655550002"):
        assert canary.encode() not in stored


def test_when_the_key_is_destroyed_the_rest_stays_whole(
    kit: FlowKit, url: str, clock: VirtualClock, channel: Recorder
) -> None:
    """The value is gone everywhere, the chain is green, messages say so."""
    case = report(kit)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute("DELETE FROM person_keys WHERE subject = '客户:li'")
    assert kit.case(case.id).values["电话"] == "(已删除)"
    clock.move(timedelta(minutes=10))
    kit.advance()
    assert "(已删除)" in channel.sent[-1].text
    assert kit.verify() == []


def test_a_reminder_whose_visit_is_over_is_dropped(kit: FlowKit, channel: Recorder) -> None:
    """The note about the first task is pointless once the work has begun; what came of it is written down."""
    case = report(kit)
    kit.act(case.id, "接单", by=case.owner[0])
    lines = kit.advance().lines
    assert [message.text[-3:] for message in channel.sent] == ["处理中"]
    assert any("该步骤已结束" in line for line in lines)


def test_a_message_is_tried_so_often_and_then_listed(kit: FlowKit, clock: VirtualClock, channel: Recorder) -> None:
    """Never lost in silence: pending until the last try, then dead and in a list; later ones of its lane go on."""
    channel.failing = True
    case = report(kit)
    for wait in SEND_WAITS:
        assert kit.given_up() == []
        assert kit.advance().messages >= 1
        clock.move(wait)
    kit.advance()
    dead = [fault for fault in kit.given_up() if fault.kind == "message"]
    assert [fault.case for fault in dead] == [case.id]
    channel.failing = False
    clock.move(timedelta(days=2))
    kit.advance()
    assert channel.sent


def test_a_late_result_of_a_worker_thought_dead_is_refused(kit: FlowKit, clock: VirtualClock) -> None:
    """Once the lease has ended and another has claimed the message, the first one's result changes nothing."""
    report(kit)
    first = kit._writer.perform(
        lambda inside: kit._outbox._claim(inside, clock.now(), kit._database.statements.outbox_due)
    )[0]
    assert (
        kit._writer.perform(
            lambda inside: kit._outbox._claim(inside, clock.now(), kit._database.statements.outbox_due)
        )[0]
        == []
    )
    clock.move(timedelta(minutes=3))
    second = kit._writer.perform(
        lambda inside: kit._outbox._claim(inside, clock.now(), kit._database.statements.outbox_due)
    )[0]
    assert [m.key for m in first] == [m.key for m in second]
    assert "已由别处处理" in kit._outbox._settle(first[0], Settled("done", "x"))
    assert kit._outbox._settle(second[0], Settled("done", "x")) == "x"


# --- records and definitions --------------------------------------------------------------------------------------------


def test_imported_rows_lie_over_what_is_there(kit: FlowKit) -> None:
    """A field that a row does not name keeps its value; one bad row and none is taken, each problem with its row."""
    kit.import_records("车", [{"牌": "A1", "里程": "20"}, {"牌": "B2", "客户": "wu"}])
    with pytest.raises(RefusedError) as refused:
        kit.import_records("车", [{"牌": "C3"}, {"牌": "A1", "里程": "-1"}, {"里程": "1"}])
    assert [p.field for p in refused.value.problems] == ["2.里程", "3.牌"]
    case = report(kit)
    kit.act(case.id, "接单", by=case.owner[0])
    kit.act(case.id, "完工", {"收费": "1"}, by=case.owner[0])
    recorded = next(e for e in kit.history(case.id) if e.kind == "recorded")
    assert (recorded.data["old"], recorded.data["set"]) == ({"里程": 20}, {"里程": 21})


def test_a_role_that_the_app_has_not_is_not_imported(kit: FlowKit) -> None:
    """Who held it would get no work, and nobody would say why."""
    with pytest.raises(RefusedError) as refused:
        kit.import_records("员工", [{"号": "w99", "名": "新人", "角色": "师付"}])
    assert [(p.field, p.code) for p in refused.value.problems] == [("1.角色", "unknown-role")]
    assert "师傅" in str(refused.value)
    kit.import_records("员工", [{"号": "w99", "名": "新人", "角色": "师傅"}])


def test_people_are_as_of_the_command(kit: FlowKit, app: App, url: str, clock: VirtualClock) -> None:
    """Who goes off duty, by whatever process, is not asked any more."""
    rows = [{"号": f"w{i}", "当班": "false"} for i in range(1, 10)]
    with FlowKit(app, url, clock=clock) as other:
        other.import_records("员工", rows)
    assert {report(kit).owner for _ in range(5)} == {("员工:w0",)}


def test_the_files_rows_come_in_once(app: App, url: str, clock: VirtualClock, tmp_path: Path) -> None:
    """Opening again overwrites nothing that changed meanwhile, unless the file's own row has changed."""
    with FlowKit(app, url, clock=clock) as kit:
        kit.import_records("车", [{"牌": "A1", "里程": "77"}])
    with FlowKit(app, url, clock=clock) as kit:
        assert _odometer(kit) == 77
    another = "{牌: A1, 客户: li, 里程: 10}, {牌: B2, 里程: 5}"
    beside = shop(tmp_path / "beside", text=SHOP.replace("{牌: A1, 客户: li, 里程: 10}", another))
    with FlowKit(beside, url, clock=clock) as kit:
        assert _odometer(kit) == 78
    changed = shop(tmp_path / "changed", text=SHOP.replace("里程: 10", "里程: 30"))
    with FlowKit(changed, url, clock=clock) as kit:
        assert _odometer(kit) == 30


def _odometer(kit: FlowKit) -> int:
    case = report(kit)
    kit.act(case.id, "接单", by=case.owner[0])
    kit.act(case.id, "完工", {"收费": "1"}, by=case.owner[0])
    return int(next(e for e in kit.history(case.id) if e.kind == "recorded").data["old"]["里程"])


def test_a_case_stays_under_the_definition_it_began_with(
    app: App, url: str, clock: VirtualClock, tmp_path: Path
) -> None:
    """After the workflow was changed under it, an old case still has its action, a new one the new."""
    with FlowKit(app, url, clock=clock) as kit:
        old = report(kit)
    renamed = shop(tmp_path / "renamed", text=SHOP.replace("      接单: {to: 处理中}", "      收下: {to: 处理中}"))
    with FlowKit(renamed, url, clock=clock) as kit:
        assert kit.act(old.id, "接单", by=old.owner[0]).node == "处理中"
        new = report(kit)
        with pytest.raises(RefusedError):
            kit.act(new.id, "接单", by=new.owner[0])
        assert kit.act(new.id, "收下", by=new.owner[0]).node == "处理中"


# --- proof --------------------------------------------------------------------------------------------------------------

SPOILED = {
    "chain": "UPDATE history SET body = replace(body, '异响', '异味') WHERE sequence = 1",
    "gap": "DELETE FROM history WHERE sequence = 2",
    "head": "DELETE FROM history WHERE sequence = (SELECT max(sequence) FROM history)",
    "fold": "UPDATE cases SET body = replace(body, '异响', '异味')",
    "tasks": "UPDATE tasks SET holder = '员工:boss'",
    "timers": "UPDATE timers SET due = due + 1",
    "orphan": "DELETE FROM cases",
}


@pytest.mark.parametrize("kind", SPOILED)
def test_whatever_was_tampered_with_is_found(app: App, url: str, clock: VirtualClock, kind: str) -> None:
    """A flipped, missing, cut off row; a case, task or timer that is not what the history tells."""
    with FlowKit(app, url, clock=clock) as kit:
        report(kit)
        assert kit.verify() == []
        with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
            assert raw.execute(SPOILED[kind]).rowcount > 0
        assert [fault.kind for fault in kit.verify()] == [kind]


def test_the_explanation_comes_from_history_alone(app: App, url: str, clock: VirtualClock, tmp_path: Path) -> None:
    """Who was chosen and why stays as it was told, after people, rules and records have changed."""
    with FlowKit(app, url, clock=clock) as kit:
        case = report(kit)
        before = kit.explain(case.id)
        kit.import_records("员工", [{"号": f"w{i}", "当班": "false", "名": "改名"} for i in range(10)])
    changed = shop(tmp_path / "changed", text=SHOP.replace("-candidate.open_tasks", "candidate.open_tasks"))
    with FlowKit(changed, url, clock=clock) as kit:
        assert kit.explain(case.id) == before
    lines = "\n".join(before.lines)
    for words in ("w0: 合计", "闲", "2026-03-02 09:10", "负责人 员工:w", "通知 员工:w", "***"):
        assert words in lines
    assert PHONE not in lines
    assert before.as_json()[0]["kind"] == "created"


@pytest.mark.parametrize("by", [None, "", "  ", 7, "客户:" + "甲" * 200, "客户:\ud800", "客户:\0"])
def test_who_names_nobody_is_refused_in_words(kit: FlowKit, by: Any) -> None:
    """On every way in, before anything is looked up; commands beside it are none the worse."""
    case = report(kit)
    asked: list[Callable[[], Any]] = [
        lambda: report(kit, by=by),
        lambda: kit.act(case.id, "接单", by=by),
        lambda: kit.retry(case.id, by=by),
        lambda: kit.signal(case.id, "配件到", by=by),
        lambda: kit.tasks(by),
        lambda: kit.migrate("工单", by=by),
    ]
    asked += [lambda: report(kit, applicant=by), lambda: kit.case(case.id, by=by)] if by else []
    for ask in asked:
        with pytest.raises(RefusedError) as refused:
            ask()
        assert refused.value.code == "unknown-actor"
        assert refused.value.message


@pytest.mark.parametrize("key", ["", " ", 7, "k" * 201, "\ud800"])
def test_a_key_that_is_none_is_refused_in_words(kit: FlowKit, key: Any) -> None:
    """Empty, no text, or longer than 200 characters; one of 200 is fine."""
    case = report(kit, key="k" * 200)
    for ask in (lambda: report(kit, key=key), lambda: kit.signal(case.id, "配件到", by="客户:li", key=key)):
        with pytest.raises(RefusedError) as refused:
            ask()
        assert refused.value.code == "invalid"
