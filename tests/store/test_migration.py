"""A database from before is brought up to date with all that was in it: what was told apart is told apart as before."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

from flowkit import FlowKit, RefusedError, VirtualClock
from flowkit.store import migration
from flowkit.store.database import Database
from tests.shop import NINE, shop


def plain(value: Any) -> str:
    """A digest as it was made before there was a secret."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def as_before(file: Path, revision: str) -> None:
    """The database of that file taken back to an older revision."""
    database = Database(f"sqlite:///{file}", lambda name: None)
    config = Config()
    config.set_main_option("script_location", str(migration.FOLDER))
    config.attributes["reach"] = lambda name: None
    with database.dialect.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    database.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


def test_digests_from_before_go_under_the_secret(tmp_path: Path, file: Path) -> None:
    """A key used before is known, and refused for other content; rows that did not change are not brought in again."""
    app, clock = shop(tmp_path / "app"), VirtualClock(NINE)
    given = {"故障": "异响"}
    with FlowKit(app, f"sqlite:///{file}", clock=clock) as kit:
        case = kit.submit("工单", given, by="客户:li", key="k")
        kit.import_records("车", [{"牌": "A9"}])
    before = plain(["submit", None, {"workflow": "工单", "values": given}])
    as_before(file, "0003")
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE keys SET digest = ?", (before,))
        raw.execute("UPDATE records SET source = ? WHERE key = 'A1'", (plain(app.rows["车"]["A1"]),))
        raw.execute("UPDATE records SET body = replace(body, '10', '77') WHERE key = 'A1'")
        raw.execute("UPDATE records SET source = 'x' WHERE key = 'wu'")
    with FlowKit(app, f"sqlite:///{file}", clock=clock) as kit:
        assert kit.submit("工单", given, by="客户:li", key="k").id == case.id
        with pytest.raises(RefusedError) as refused:
            kit.submit("工单", {"故障": "漏油"}, by="客户:li", key="k")
        assert refused.value.code == "key-reused"
    with sqlite3.connect(file) as raw:
        stored = dict(raw.execute("SELECT key, body FROM records WHERE entity = '车'"))
        assert json.loads(stored["A1"])["里程"] == 77
        assert dict(raw.execute("SELECT key, imported FROM records WHERE entity = '车'")) == {"A1": 0, "A9": 1}
        assert before not in "\n".join(raw.iterdump())


def test_no_digest_tells_what_it_is_of(tmp_path: Path, file: Path) -> None:
    """Who guesses what was typed, or a row of a file, finds no trace of it; and each database has a secret of its own."""
    app, secrets = shop(tmp_path / "app"), set()
    for name in ("work.db", "other.db"):
        with FlowKit(app, f"sqlite:///{tmp_path / name}", clock=VirtualClock(NINE)) as kit:
            case = kit.submit("工单", {"故障": "异响"}, by="客户:li", key="k")
            kit.signal(case.id, "配件到", {"件": "门机"}, by="客户:li", key="s")
            secrets.add(kit._database.secret)
    guesses = [
        plain(["submit", None, {"workflow": "工单", "values": {"故障": "异响"}}]),
        plain([case.id, "配件到", {"件": "门机"}]),
        *(plain(dict(row)) for rows in app.rows.values() for row in rows.values()),
    ]
    with sqlite3.connect(tmp_path / "other.db") as raw:
        content = "\n".join(raw.iterdump())
    assert not [guess for guess in guesses if guess in content]
    assert [len(secret) for secret in secrets] == [32, 32]


def test_who_was_deleted_before_is_gone_after(tmp_path: Path, file: Path) -> None:
    """Rows that were taken from a file while nobody asked count no more once the database knows of it."""
    clock = VirtualClock(NINE)
    fewer = shop(tmp_path / "fewer", technicians=1)
    with FlowKit(shop(tmp_path / "app", technicians=2), f"sqlite:///{file}", clock=clock):
        pass
    as_before(file, "0003")
    with FlowKit(fewer, f"sqlite:///{file}", clock=clock) as kit:
        assert kit.tasks("员工:w0") == []
        with pytest.raises(RefusedError):
            kit.tasks("员工:w1")


def test_what_is_open_is_known_of_cases_from_before(tmp_path: Path, file: Path) -> None:
    """Lists of open and of ended cases hold the same ones, and what lists hold is marked as steps of today mark it."""
    app, clock = shop(tmp_path / "app"), VirtualClock(NINE)
    marked = "SELECT case_id, name, text, open FROM case_index ORDER BY 1, 2"
    with FlowKit(app, f"sqlite:///{file}", clock=clock) as kit:
        still, over = (kit.submit("工单", {"故障": "异响", "车": "A1"}, by="客户:li").id for _ in range(2))
        worker = kit.look(over, lambda world: world.case.owner[0])
        kit.act(over, "接单", by=worker)
        kit.act(over, "完工", {"收费": "9"}, by=worker)
    with sqlite3.connect(file) as raw:
        before = raw.execute(marked).fetchall()
        assert {(case, mark) for case, _, text, mark in before if text is not None} == {(still, 1), (over, None)}
    as_before(file, "0011")
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE cases SET due = 7 WHERE id = ?", (over,))
    with FlowKit(app, f"sqlite:///{file}", clock=clock) as kit:
        assert [row.id for row in kit.cases("客户:li", open=True).items] == [still]
        assert [row.id for row in kit.cases("客户:li", open=False).items] == [over]
    with sqlite3.connect(file) as raw:
        assert raw.execute(marked).fetchall() == before
        assert raw.execute("SELECT due FROM cases WHERE id = ?", (over,)).fetchone() == (None,)


def test_what_is_late_is_known_of_cases_from_before(tmp_path: Path, file: Path) -> None:
    """Lists find the same late cases, and the index holds what steps of today write."""
    app, clock = shop(tmp_path / "app"), VirtualClock(NINE)
    marked = "SELECT case_id, text, open FROM case_index WHERE name = 'case.late' AND text IS NOT NULL"
    with FlowKit(app, f"sqlite:///{file}", clock=clock) as kit:
        late = kit.submit("工单", {"故障": "异响"}, by="客户:li").id
        clock.move(timedelta(minutes=40))
        kit.advance()
        kit.submit("工单", {"故障": "异响"}, by="客户:li")
        assert [row.id for row in kit.cases(None, late=True).items] == [late]
    sorted_by = "SELECT id, due FROM cases ORDER BY id"
    with sqlite3.connect(file) as raw:
        before, order = raw.execute(marked).fetchall(), raw.execute(sorted_by).fetchall()
        assert before == [(late, "1", 1)]
    as_before(file, "0012")
    with sqlite3.connect(file) as raw:
        assert raw.execute(marked).fetchall() == []
        raw.execute("UPDATE cases SET due = due + 1 WHERE id = ?", (late,))
    with FlowKit(app, f"sqlite:///{file}", clock=clock) as kit:
        assert [row.id for row in kit.cases(None, late=True).items] == [late]
    with sqlite3.connect(file) as raw:
        assert raw.execute(marked).fetchall() == before
        assert raw.execute(sorted_by).fetchall() == order
