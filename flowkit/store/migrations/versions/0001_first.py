"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def text(name: str, **more: bool) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=more.get("nullable", False))


def whole(name: str, **more: bool) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=more.get("nullable", False))


def moment(name: str, **more: bool) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=more.get("nullable", False))


def upgrade() -> None:
    cases()
    derived()
    queues()
    records()
    rest()


def cases() -> None:
    op.create_table(
        "cases",
        *(text(n) for n in ("id", "workflow", "version", "number")),
        text("series", nullable=True),
        whole("serial", nullable=True),
        text("node"),
        whole("visit"),
        text("unit", nullable=True),
        text("applicant"),
        text("owner"),
        moment("created"),
        moment("due", nullable=True),
        moment("ended", nullable=True),
        text("outcome"),
        whole("incident"),
        whole("sequence"),
        text("head"),
        text("body"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("cases_number", "cases", ["number"])
    op.create_index("cases_serial", "cases", ["series", "serial"], unique=True)
    op.create_table(
        "history",
        text("case_id"),
        whole("sequence"),
        text("body"),
        text("hash"),
        sa.PrimaryKeyConstraint("case_id", "sequence"),
    )


def derived() -> None:
    op.create_table(
        "tasks",
        text("case_id"),
        whole("slot"),
        whole("visit"),
        text("kind", nullable=True),
        text("holder", nullable=True),
        sa.PrimaryKeyConstraint("case_id", "slot"),
        sqlite_with_rowid=False,
    )
    op.create_index("tasks_holder", "tasks", ["holder", "kind"])
    op.create_table(
        "timers",
        text("case_id"),
        whole("slot"),
        whole("visit"),
        text("name", nullable=True),
        whole("n"),
        moment("due", nullable=True),
        whole("attempts"),
        sa.PrimaryKeyConstraint("case_id", "slot"),
        sqlite_with_rowid=False,
    )
    op.create_index("timers_due", "timers", ["due"])
    op.create_table(
        "case_index",
        text("case_id"),
        text("name"),
        text("text", nullable=True),
        sa.Column("number", sa.Float(), nullable=True),
        moment("time", nullable=True),
        text("digest", nullable=True),
        sa.PrimaryKeyConstraint("case_id", "name"),
        sqlite_with_rowid=False,
    )
    for column in ("text", "number", "time"):
        op.create_index(f"case_index_{column}", "case_index", ["name", column])


def queues() -> None:
    op.create_table(
        "inbox",
        *(text(n) for n in ("key", "case_id", "kind", "body")),
        moment("due", nullable=True),
        whole("attempts"),
        text("error"),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("inbox_due", "inbox", ["due"])
    op.create_index("inbox_case", "inbox", ["case_id"])
    op.create_table(
        "outbox",
        whole("id"),
        text("key"),
        text("case_id"),
        whole("visit", nullable=True),
        *(text(n) for n in ("lane", "kind", "body", "state")),
        whole("attempts"),
        moment("due"),
        moment("lease"),
        whole("token"),
        text("error"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("outbox_case", "outbox", ["case_id"])
    pending = sa.text("state = 'pending'")
    op.create_index("outbox_open", "outbox", ["due"], sqlite_where=pending, postgresql_where=pending)
    op.create_index("outbox_lane", "outbox", ["lane", "id"], sqlite_where=pending, postgresql_where=pending)
    op.create_table(
        "keys",
        *(text(n) for n in ("actor", "key", "digest", "result")),
        sa.PrimaryKeyConstraint("actor", "key"),
        sqlite_with_rowid=False,
    )


def records() -> None:
    op.create_table(
        "records", *(text(n) for n in ("entity", "key", "body", "source")), sa.PrimaryKeyConstraint("entity", "key")
    )
    op.create_table(
        "record_lines",
        whole("id"),
        *(text(n) for n in ("entity", "key", "field", "body")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("record_lines_of", "record_lines", ["entity", "key", "field"])
    op.create_table("personal", *(text(n) for n in ("ref", "subject", "ciphertext")), sa.PrimaryKeyConstraint("ref"))
    op.create_index("personal_subject", "personal", ["subject"])
    op.create_table(
        "person_keys", text("subject"), text("key"), sa.PrimaryKeyConstraint("subject"), sqlite_with_rowid=False
    )


def rest() -> None:
    op.create_table("counters", text("name"), moment("value"), sa.PrimaryKeyConstraint("name"), sqlite_with_rowid=False)
    op.create_table("definitions", *(text(n) for n in ("hash", "workflow", "closure")), sa.PrimaryKeyConstraint("hash"))
    op.create_table("meta", text("name"), text("value"), sa.PrimaryKeyConstraint("name"), sqlite_with_rowid=False)
