"""Hits of watches, and pages that were filed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "watch_hits",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("watch", "key", "case_id", "at")),
        sa.PrimaryKeyConstraint("watch", "key", "case_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "files",
        *(sa.Column(n, sa.Text(), nullable=False) for n in ("id", "case_id", "name", "title", "kind", "sha256")),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("files_case", "files", ["case_id"])


def downgrade() -> None:
    op.drop_table("files")
    op.drop_table("watch_hits")
