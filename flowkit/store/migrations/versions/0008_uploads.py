"""What people sent, and its bytes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("uploader", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_table(
        "upload_parts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "part"),
    )
    unused = sa.text("case_id = ''")
    op.add_column("personal", sa.Column("case_id", sa.Text(), nullable=True))
    op.create_index("personal_unused", "personal", ["ref"], sqlite_where=unused, postgresql_where=unused)


def downgrade() -> None:
    op.drop_index("personal_unused", "personal")
    op.drop_column("personal", "case_id")
    op.drop_table("upload_parts")
    op.drop_table("uploads")
