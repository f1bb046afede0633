"""Finds what stands on the other side until a visit is over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    standing = sa.text("state = 'standing'")
    op.create_index("outbox_standing", "outbox", ["case_id"], sqlite_where=standing, postgresql_where=standing)


def downgrade() -> None:
    op.drop_index("outbox_standing", "outbox")
