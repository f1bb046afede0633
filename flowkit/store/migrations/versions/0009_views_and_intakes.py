"""By what records are found besides their key; lanes of boards; what totals mean, for lists."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BATCH = 500


def upgrade() -> None:
    op.create_table(
        "record_index",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("entity", "key", "name")),
        sa.Column("text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("entity", "key", "name"),
        sqlite_with_rowid=False,
    )
    op.create_index("record_index_text", "record_index", ["entity", "name", "text"])
    due = sa.text("coalesce(due, 4611686018427387904)")
    op.create_index("cases_lane", "cases", ["workflow", "node", due, "id"])
    op.create_index("cases_unit_due", "cases", ["workflow", "unit", due, "id", "node"])
    still_open = sa.text("ended IS NULL")
    op.create_index(
        "cases_urgent", "cases", ["workflow", due, "id"], sqlite_where=still_open, postgresql_where=still_open
    )
    _bands(op.get_bind())


def _bands(bind: sa.Connection) -> None:
    """What the totals of scorecards mean, so far told by the cases alone."""
    last = ""
    insert = sa.text("INSERT INTO case_index (case_id, name, text) VALUES (:case, :name, :band)")
    page = sa.text("SELECT id, body FROM cases WHERE id > :last ORDER BY id LIMIT :most")
    while rows := bind.execute(page, {"last": last, "most": BATCH}).all():
        found = [
            {"case": id_, "name": f"{name}.band", "band": value["band"]}
            for id_, body in rows
            for name, value in json.loads(body).get("values", {}).items()
            if isinstance(value, dict) and value.keys() == {"total", "band", "points"} and value["band"] is not None
        ]
        if found:
            bind.execute(insert, found)
        last = rows[-1][0]


def downgrade() -> None:
    op.execute("DELETE FROM case_index WHERE name LIKE '%.band'")
    op.drop_index("cases_unit_due", "cases")
    op.drop_index("cases_urgent", "cases")
    op.drop_index("cases_lane", "cases")
    op.drop_table("record_index")
