"""Whose case each is, in the index that lists read; pages that hold personal values; who was refused what."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("cases_unit", "cases", ["unit", "id"])
    op.create_index("cases_workflow", "cases", ["workflow", "id"])
    # What was filed before may hold any value.
    op.add_column("files", sa.Column("personal", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "refusals",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("actor", "tried", "code")),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("refusals_day", "refusals", ["day", "actor"])
    op.create_index("refusals_case", "refusals", ["case_id"])
    _tie()


def _tie() -> None:
    """The cases there are, under everybody who has to do with them."""
    rows = op.get_bind().execute(sa.text("SELECT id, applicant, ended, body FROM cases")).all()
    index = sa.table("case_index", sa.column("case_id"), sa.column("name"), sa.column("text"))
    for case, applicant, ended, body in rows:
        known = json.loads(body)
        beside = known.get("collaboration", {})
        tied = {applicant, *known["holders"].values()}
        tied |= {*beside.get("readers", ()), *beside.get("copies", {})}
        if ended is None:
            tied |= {*known["owner"], *known.get("pool", ()), *known["helpers"]}
            tied |= {known["incident"]["holder"]} if known["incident"] else set()
        op.bulk_insert(index, [{"case_id": case, "name": f"@{who}", "text": ""} for who in sorted(tied - {""})])


def downgrade() -> None:
    op.get_bind().execute(sa.text("DELETE FROM case_index WHERE name LIKE '@%'"))
    op.drop_table("refusals")
    op.drop_column("files", "personal")
    for name in ("cases_workflow", "cases_unit"):
        op.drop_index(name, "cases")
