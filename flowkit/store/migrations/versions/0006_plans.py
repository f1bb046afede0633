"""What is due by schedules, record by record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plans",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("schedule", "record", "basis")),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("begin", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("schedule", "record"),
    )
    op.create_index("plans_begin", "plans", ["schedule", "begin"])
    op.create_index("plans_due", "plans", ["schedule", "due"])


def downgrade() -> None:
    op.drop_table("plans")
