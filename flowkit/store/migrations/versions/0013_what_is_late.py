"""What is late is found by lists, where each such case stands under a name of its own in the index, and goes before what is not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cases = sa.text("""SELECT id, body FROM cases WHERE ended IS NULL AND body LIKE '%"late":%'""")
    late = {case: since for case, body in op.get_bind().execute(cases) if (since := json.loads(body).get("late"))}
    names = ("case_id", "name", "text", "open")
    index = sa.table("case_index", *(sa.column(name) for name in names))
    op.bulk_insert(index, [dict(zip(names, (case, "case.late", "1", 1), strict=True)) for case in late])
    sorted_by = sa.text("UPDATE cases SET due = :due WHERE id = :case")
    for case, since in late.items():
        op.get_bind().execute(sorted_by, {"case": case, "due": min(map(_micros, since.values()))})


def _micros(moment: str) -> int:
    return (datetime.fromisoformat(moment) - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


def downgrade() -> None:
    op.execute("DELETE FROM case_index WHERE name = 'case.late'")
