"""A database is opened, migrated and spoken to as promised."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from flowkit.errors import ClosedError, StoreError
from flowkit.store import migration, schema
from flowkit.store.database import Database
from flowkit.store.dialect import wal_reset_notice
from flowkit.store.gathering import BRANCHES, gather
from flowkit.store.writing import Rows, write


def nothing(name: str) -> None:
    pass


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'work.db'}", nothing)
    yield opened
    opened.close()


def case_row(id_: str, **other: Any) -> tuple[Any, ...]:
    columns = {c.name: None for c in schema.CASES.columns}
    texts = dict.fromkeys(
        ("workflow", "version", "number", "node", "applicant", "owner", "outcome", "head", "body"), ""
    )
    return tuple(
        {**columns, **texts, "id": id_, "visit": 0, "created": 0, "incident": 0, "sequence": 1, **other}.values()
    )


def test_the_migrations_make_the_tables_that_the_statements_know(database: Database) -> None:
    """Comparing the migrated database with the tables in code finds no difference."""
    with database.dialect.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), schema.METADATA)
    assert differences == []


def test_the_newest_migration_is_the_one_the_fast_path_knows() -> None:
    """A database at this revision is opened without loading Alembic, so the constant must be the newest one."""
    config = Config()
    config.set_main_option("script_location", str(migration.FOLDER))
    assert ScriptDirectory.from_config(config).get_current_head() == migration.HEAD


def test_opening_again_migrates_nothing(tmp_path: Path) -> None:
    """The second opening finds everything there."""
    reached: list[str] = []
    for _ in range(2):
        Database(f"sqlite:///{tmp_path / 'work.db'}", reached.append).close()
    assert reached == ["migration", "before-migration-commit", "migrated"]


def test_a_migration_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    """All of a migration is there or none of it; the next opening does it whole."""

    def break_off(name: str) -> None:
        if name == "before-migration-commit":
            raise RuntimeError(name)

    url = f"sqlite:///{tmp_path / 'work.db'}"
    with pytest.raises(RuntimeError):
        Database(url, break_off)
    assert sqlite3.connect(tmp_path / "work.db").execute("SELECT name FROM sqlite_master").fetchall() == []
    Database(url, nothing).close()


def test_eight_threads_open_one_new_database(tmp_path: Path) -> None:
    """Whoever comes second waits and finds it migrated."""
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            Database(f"sqlite:///{tmp_path / 'work.db'}", nothing).close()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_database_of_a_newer_flowkit_is_refused(database: Database, tmp_path: Path) -> None:
    """What this program does not understand it does not touch."""
    with sqlite3.connect(tmp_path / "work.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="another version of flowkit"):
        Database(f"sqlite:///{tmp_path / 'work.db'}", nothing)


@pytest.mark.parametrize("url", ["work.db", "oracle://x", "sqlite:////nowhere/at/all.db", "sqlite:///"])
def test_a_database_that_cannot_be_is_a_store_error(url: str) -> None:
    """Only `sqlite:///` without a file is fine: a database that goes with the object."""
    if url == "sqlite:///":
        Database(url, nothing).close()
        return
    with pytest.raises(StoreError):
        Database(url, nothing)


def test_commits_are_synced_in_full(database: Database) -> None:
    """Acknowledged means on the disk: WAL with synchronous FULL (2)."""
    driver = database.connection()._driver
    assert driver.execute("PRAGMA synchronous").fetchone() == (2,)
    assert driver.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    ("version", "warned"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
    ],
)
def test_builds_that_can_lose_commits_are_named(version: tuple[int, ...], warned: bool) -> None:
    """The WAL-reset fault is in 3.7.0 to 3.51.2 except where it was repaired."""
    assert (wal_reset_notice(version) is not None) is warned


def test_all_wants_of_a_round_are_one_statement(database: Database) -> None:
    """Whatever kinds are wanted, gathering reads once, and finds each row by an index."""
    connection, statements = database.connection(), database.statements
    connection.begin()
    rows = Rows(
        cases=[case_row("c1", number="N1", series="s", serial=7, applicant="客户:li")],
        tasks=[("c1", 0, 1, "owner", "w1"), ("c1", 1, 1, "helper", "w1")],
        keys=[("li", "k", "digest", "result")],
        records=[("车", "A1", "{}", "", 0, "", 0, 1)],
        record_lines=[("车", "A1", "履历", "1"), ("车", "A1", "履历", "2")],
        person_keys=[("客户:li", "key")],
        personal=[
            ("ref", "客户:li", "cipher", None),
            ("erased", "客户:gone", "cipher", None),
            ("u1", "客户:li", "cipher", ""),
        ],
        counters=[("people", 3)],
        case_index=[("c1", "车", "A1", None, None, None, 1), ("c1", "故障", "响", None, None, None, 1)],
        inbox=[("in", "c1", "signal", "{}", 0, 0, "")],
        watch_hits=[("门", "E1", "c1", "2026-03-02T01:00:00+00:00")],
        plans=[("半月保", "E1", "", 3, 0, 0, 0, "", 0, "", None)],
    )
    write(connection, statements, rows, nothing)
    connection.write(statements.insert(schema.UPLOADS), [("u1", "客户:li", 0, 3, "{}")])
    connection.commit()
    wants = {
        "case": ["c1", "c2"],
        "key": [["li", "k"], ["li", "other"]],
        "record": [["车", "A1"], ["车", "B2"]],
        "line": [["车", "A1", "履历"]],
        "load": ["w1", "w2"],
        "personal": ["ref", "erased"],
        "person": ["客户:li"],
        "applicant": ["c1"],
        "pointed": [["c1", "车"], ["c1", "客户"], ["c2", "车"]],
        "counter": ["people", "none"],
        "serial": ["s", "t"],
        "inbox": ["in", "out"],
        "hits": [["门", "E1"], ["门", "E2"]],
        "plan": [["半月保", "E1"], ["半月保", "E2"]],
        "named": ["c1", "N1", "c2"],
        "upload": ["u1", "u2"],
    }
    assert set(wants) == set(BRANCHES)
    before = connection.reads
    found = gather(connection, statements.gather, wants)
    assert connection.reads == before + 1
    assert sorted(found) == sorted(
        [
            ("case", "c1", "", "", "", 1),
            ("key", "li", "k", "digest", "result", 0),
            ("record", "车", "A1", "{}", "", 1),
            ("record", "车", "A1", "{}", "", 1),
            ("line", "车", "A1", "履历", "1", 1),
            ("line", "车", "A1", "履历", "2", 2),
            ("load", "w1", "", "", "", 1),
            ("load", "w2", "", "", "", 0),
            ("personal", "ref", "客户:li", "cipher", "key", 0),
            ("person", "客户:li", "key", "", "", 0),
            ("person", "客户:li", "key", "", "", 0),
            ("counter", "people", "", "", "", 3),
            ("upload", "u1", "客户:li", "", "{}", 0),
            ("serial", "s", "", "", "", 7),
            ("serial", "t", "", "", "", 0),
            ("inbox", "in", "", "", "", 0),
            ("hits", "门", "E1", "c1", "2026-03-02T01:00:00+00:00", 0),
            ("plan", "半月保", "E1", "", "", 3),
            ("named", "c1", "c1", "", "", 0),
            ("named", "N1", "c1", "", "", 0),
        ]
    )
    plan = connection._cursor.execute(
        f"EXPLAIN QUERY PLAN {statements.gather(tuple(BRANCHES)).text}", ["[]"] * len(wants)
    )
    tables = set(schema.METADATA.tables)
    assert not [line[3] for line in plan if line[3].startswith("SCAN") and line[3].split()[1] in tables]


def test_a_numbers_series_never_gives_one_twice(database: Database) -> None:
    """Two cases with one number of one series cannot both be written, and a later step of a case keeps its own."""
    connection, statements = database.connection(), database.statements
    connection.begin()
    write(connection, statements, Rows(cases=[case_row("c1", series="s", serial=1)]), nothing)
    write(connection, statements, Rows(cases=[case_row("c1", sequence=2)]), nothing)
    assert gather(connection, statements.gather, {"serial": ["s"]}) == [("serial", "s", "", "", "", 1)]
    with pytest.raises(StoreError):
        write(connection, statements, Rows(cases=[case_row("c2", series="s", serial=1)]), nothing)
    connection.rollback()


def test_other_peoples_exceptions_stop_here(database: Database) -> None:
    """A row that cannot be written is a StoreError, and the transaction can be rolled back."""
    connection = database.connection()
    connection.begin()
    with pytest.raises(StoreError, match="writing failed"):
        connection.write(database.statements.insert(schema.HISTORY), [("c1", 1, None, "")])
    connection.rollback()


def test_each_thread_has_its_own_connection(database: Database) -> None:
    """A reader in another thread does not see what is not committed."""
    connection, statements = database.connection(), database.statements
    connection.begin()
    write(connection, statements, Rows(counters=[("people", 1)]), nothing)
    seen: list[object] = []
    reader = threading.Thread(target=lambda: seen.append(database.connection().read(statements.counter, "people")))
    reader.start()
    reader.join()
    connection.commit()
    assert seen == [[]]
    assert connection.read(statements.counter, "people") == [(1,)]


def test_a_closed_database_gives_no_connection(database: Database) -> None:
    """After closing it says so instead of failing somewhere."""
    database.close()
    with pytest.raises(ClosedError):
        database.connection()


def test_plans_that_are_due_are_found_without_looking_at_the_others(database: Database) -> None:
    """However many records have work by the calendar, a look is a search in an index by schedule and moment."""
    connection = database.connection()
    for name, wanted in (("plans_due", "(schedule=? AND begin<?)"), ("next_plan", "(schedule=?)")):
        statement = getattr(database.statements, name)
        given = [1 if each == "now" else '["半月保"]' for each in statement.names]
        steps = [row[-1] for row in connection._cursor.execute(f"EXPLAIN QUERY PLAN {statement.text}", given)]
        (found,) = [step for step in steps if "plans" in step]
        assert f"plans_begin {wanted}" in found, steps
