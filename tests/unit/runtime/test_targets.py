"""Whatever one target does, or has too much of, the others get what is theirs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowkit import FlowKit, VirtualClock
from flowkit.errors import StoreError
from flowkit.notify.channel import Channel, Message
from flowkit.store.connection import Connection, Statement
from tests.shop import NINE, PHONE, SHOP, shop

TWO_WAYS = SHOP.replace(
    "{console: {preset: console}}", "{console: {preset: console}, other: {preset: console}}"
).replace(
    "{to: 处理中}",
    "{to: 处理中, notify: [{to: applicant, channels: console, text: 快}, {to: applicant, channels: other, text: 快}]}",
    1,
)
MANY = 110
"""More than are looked at in one go."""


class Hanging:
    name = "console"

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def send(self, message: Message) -> None:
        self.go_on.wait(60)


class Recorder:
    name = "other"

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, message: Message) -> None:
        self.sent.append(message)


@pytest.fixture
def hanging() -> Hanging:
    return Hanging()


@pytest.fixture
def other() -> Recorder:
    return Recorder()


@pytest.fixture
def kit(tmp_path: Path, hanging: Hanging, other: Recorder) -> Iterator[FlowKit]:
    app = shop(tmp_path / "app", text=TWO_WAYS)
    channels: dict[str, Channel] = {"console": hanging, "other": other}
    with FlowKit(app, "sqlite://", clock=VirtualClock(NINE), channels=channels) as kit:
        yield kit
        hanging.go_on.set()


def accept(kit: FlowKit) -> None:
    case = kit.submit("工单", {"故障": "异响", "电话": PHONE}, by="客户:li")
    kit.act(case.id, "接单", by=case.owner[0])


def test_however_much_waits_for_one_that_hangs_the_others_are_found(kit: FlowKit, other: Recorder) -> None:
    """What is due for a target that takes no more does not hide what is due behind it."""
    for _ in range(MANY):
        accept(kit)
    for _ in range(10 * MANY):
        kit.advance(wait_for=False)
        if len({message.case for message in other.sent}) == MANY:
            break
        threading.Event().wait(0.01)
    assert len({message.case for message in other.sent}) == MANY
    assert not [effect for effect in kit.outbox("done") if effect.target.endswith("[console]")]


def hanging_by(tmp_path: Path, targets: int, at_once: int | None = None) -> tuple[FlowKit, list[Hanging], Recorder]:
    """A shop that tells each acceptance by so many channels that hang, and by one that does not."""
    names = [f"h{n}" for n in range(targets)]
    ways = ", ".join(f"{name}: {{preset: console}}" for name in [*names, "other"])
    told = ", ".join(f"{{to: applicant, channels: {name}, text: 快}}" for name in [*names, "other"])
    text = SHOP.replace("{console: {preset: console}}", f"{{{ways}}}")
    text = text.replace("{to: 处理中}", f"{{to: 处理中, notify: [{told}]}}", 1)
    hang, other = [Hanging() for _ in names], Recorder()
    channels: dict[str, Channel] = {**dict(zip(names, hang, strict=True)), "other": other}
    app = shop(tmp_path / "app", text=text)
    return FlowKit(app, "sqlite://", clock=VirtualClock(NINE), channels=channels, at_once=at_once), hang, other


def held(kit: FlowKit, channel: str) -> int:
    """How many effects of a channel are claimed."""
    claimed = Statement("SELECT count(*) FROM outbox WHERE lease > 1 AND kind = ?", ("kind",), (0,))
    return int(kit._database.connection().read(claimed, channel)[0][0])


def test_however_many_hang_none_takes_the_place_of_another(tmp_path: Path) -> None:
    """Nine targets that hang, with more for each than it has places: what goes to the tenth leaves all the same."""
    kit, hanging, other = hanging_by(tmp_path, 9)
    with kit:
        try:
            for _ in range(8):
                accept(kit)
            for _ in range(1000):
                kit.advance(wait_for=False)
                if len({message.case for message in other.sent}) == 8:
                    break
                threading.Event().wait(0.01)
            assert len({message.case for message in other.sent}) == 8
        finally:
            for each in hanging:
                each.go_on.set()


def test_what_has_no_place_yet_is_nobodys(tmp_path: Path) -> None:
    """Only what begins at once is claimed: what stood in line would be taken for lost when its lease had run out."""
    kit, hanging, _ = hanging_by(tmp_path, 1, at_once=2)
    with kit:
        try:
            for _ in range(4):
                accept(kit)
            for _ in range(1000):
                kit.advance(wait_for=False)
                # What goes to the other way takes a place for a moment; meanwhile fewer hang.
                if held(kit, "h0") >= 2:
                    break
                threading.Event().wait(0.01)
            for _ in range(5):
                kit.advance(wait_for=False)
            assert held(kit, "h0") == 2
        finally:
            for each in hanging:
                each.go_on.set()


def test_a_claim_that_was_not_written_takes_no_place(
    kit: FlowKit, hanging: Hanging, other: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full for a while costs tries, and no target is lost to it."""
    hanging.go_on.set()
    for _ in range(5):
        accept(kit)

    def full(self: Connection) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "commit", full)
        for _ in range(10):
            with pytest.raises(StoreError):
                kit.advance()
    for _ in range(10):
        kit.advance()
    assert len({message.case for message in other.sent}) == 5
    assert kit.outbox("pending") == []
