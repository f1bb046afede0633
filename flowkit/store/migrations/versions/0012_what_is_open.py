"""What has not ended is found however much has: lanes of a unit, and what lists hold, told apart by that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DUE = sa.text("coalesce(due, 4611686018427387904)")
STILL_OPEN = sa.text("ended IS NULL")
MARK = "UPDATE case_index SET open = 1 WHERE case_id IN (SELECT id FROM cases WHERE ended IS NULL)"


def upgrade() -> None:
    # What has ended is due no more: lists of it go by that.
    op.execute("UPDATE cases SET due = NULL WHERE ended IS NOT NULL AND due IS NOT NULL")
    for name in ("cases_lane", "cases_urgent", "cases_unit_due"):
        op.drop_index(name, "cases")
    op.create_index("cases_lane", "cases", ["workflow", "node", DUE, "id", "due", "ended"])
    op.create_index("cases_unit_lane", "cases", ["workflow", "unit", "node", DUE, "id", "due", "ended"])
    _of_open("cases_urgent", ["workflow", DUE, "id", "due", "ended"])
    _of_open("cases_unit_urgent", ["workflow", "unit", DUE, "id", "node", "due", "ended"])
    op.drop_index("case_index_text", "case_index")
    op.add_column("case_index", sa.Column("open", sa.Integer(), nullable=True))
    op.execute(MARK)
    op.create_index("case_index_text", "case_index", ["name", "text", "open"])


def downgrade() -> None:
    op.drop_index("case_index_text", "case_index")
    op.drop_column("case_index", "open")
    op.create_index("case_index_text", "case_index", ["name", "text"])
    for name in ("cases_lane", "cases_urgent", "cases_unit_lane", "cases_unit_urgent"):
        op.drop_index(name, "cases")
    op.create_index("cases_lane", "cases", ["workflow", "node", DUE, "id"])
    op.create_index("cases_unit_due", "cases", ["workflow", "unit", DUE, "id", "node"])
    _of_open("cases_urgent", ["workflow", DUE, "id"])


def _of_open(name: str, columns: list[str | sa.TextClause]) -> None:
    op.create_index(name, "cases", columns, sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN)
