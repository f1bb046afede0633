"""Who stands in for whom, and since when a record of people is what it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("records", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("records_revision", "records", ["entity", "revision"])
    op.create_table(
        "substitutions",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "person", "substitute", "body")),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("substitutions_revision", "substitutions", ["revision"])


def downgrade() -> None:
    op.drop_table("substitutions")
    op.drop_index("records_revision")
    op.drop_column("records", "revision")
