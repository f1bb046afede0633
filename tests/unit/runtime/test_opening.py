"""Opening an app on a database takes nothing that is another's, and says what it cannot go on with."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from flowkit import FlowKit, StoreError, VirtualClock
from flowkit.app.app import App
from tests.shop import NINE, SHOP, shop


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'work.db'}"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


def other(tmp_path: Path, name: str = "洗车行") -> App:
    return shop(tmp_path / name, text=SHOP.replace("app: 修车铺", f"app: {name}"))


def rows(url: str, table: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        return raw.execute(f"SELECT * FROM {table}").fetchall()


# --- whose database it is ---------------------------------------------------------------------------------------------


def test_the_database_of_another_app_is_refused(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """What is expected and found is told with the way out; the messages that wait there stay as they are."""
    with FlowKit(shop(tmp_path / "app"), url, clock=clock) as kit:
        kit.submit("工单", {"故障": "异响"}, by="客户:li")
    before = rows(url, "outbox")
    with pytest.raises(
        StoreError, match='expected a database of the app "洗车行", found that of the app "修车铺".*renamed'
    ):
        FlowKit(other(tmp_path), url, clock=clock)
    assert before
    assert rows(url, "outbox") == before
    assert not [row for row in rows(url, "definitions") if "洗车行" in str(row)]


def test_a_renamed_app_says_once_what_it_was_called(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """Afterwards the database is the new name's, and saying it again does no harm; a wrong former name is refused."""
    with FlowKit(shop(tmp_path / "app"), url, clock=clock) as kit:
        case = kit.submit("工单", {"故障": "异响"}, by="客户:li")
    renamed = other(tmp_path)
    with pytest.raises(StoreError, match="修车铺"):
        FlowKit(renamed, url, clock=clock, renamed_from="理发店")
    for former in ("修车铺", "修车铺", None):
        with FlowKit(renamed, url, clock=clock, renamed_from=former) as kit:
            assert kit.case(case.id).node == "待接单"
    with pytest.raises(StoreError, match="洗车行"):
        FlowKit(shop(tmp_path / "app"), url, clock=clock)


def test_a_database_without_a_name_gets_that_of_the_app_opened_first(
    tmp_path: Path, url: str, clock: VirtualClock
) -> None:
    """A database from before names were kept is taken as it is, and from then on is that app's."""
    FlowKit(shop(tmp_path / "app"), url, clock=clock).close()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute("DELETE FROM meta WHERE name = 'app'")
    FlowKit(shop(tmp_path / "app"), url, clock=clock).close()
    with pytest.raises(StoreError):
        FlowKit(other(tmp_path), url, clock=clock)
