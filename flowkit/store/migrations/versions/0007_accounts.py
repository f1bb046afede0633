"""Accounts and sessions of those who come by the pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "actor", "password")),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    op.create_index("accounts_actor", "accounts", ["actor"])
    op.create_table(
        "sessions",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("digest", "actor")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("begun", "seen")),
        sa.PrimaryKeyConstraint("digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("sessions_actor", "sessions", ["actor"])
    op.create_index("sessions_seen", "sessions", ["seen"])


def downgrade() -> None:
    op.drop_table("sessions")
    op.drop_table("accounts")
