"""Which records the app's files gave and took away again; open cases by their version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("records", sa.Column("given", sa.Text(), nullable=False, server_default=""))
    for name in ("imported", "gone"):
        op.add_column("records", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    # What no file has given can only have been imported.
    op.execute("UPDATE records SET imported = 1 WHERE source = ''")
    # Compared anew at the next opening: rows may have been taken away before anybody asked.
    op.execute("DELETE FROM meta WHERE name LIKE 'rows:%'")
    op.create_index("cases_open", "cases", ["workflow", "version"], sqlite_where=sa.text("ended IS NULL"))


def downgrade() -> None:
    op.drop_index("cases_open", "cases")
    for name in ("given", "imported", "gone"):
        op.drop_column("records", name)
