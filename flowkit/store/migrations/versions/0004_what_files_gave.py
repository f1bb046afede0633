"""Which records the app's files gave and took away again; open cases by their version; digests under a secret."""

from __future__ import annotations

import hashlib
import hmac
import secrets

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
    secret = secrets.token_bytes(32)
    op.bulk_insert(META, [{"name": "secret", "value": secret.hex()}])
    seal(secret, "keys", "actor", "digest")
    seal(secret, "records", "entity", "source")


META = sa.table("meta", sa.column("name"), sa.column("value"))


def seal(secret: bytes, table: str, first: str, column: str) -> None:
    """Every digest under the secret, so that what was told apart before is told apart as before; some thousands at a time."""
    bind = op.get_bind()
    rows = sa.table(table, *(sa.column(name) for name in (first, "key", column)))
    a, k, d = (rows.c[name] for name in (first, "key", column))
    last = ("", "")
    while found := bind.execute(
        sa.select(a, k, d).where(sa.tuple_(a, k) > last, d != "").order_by(a, k).limit(5000)
    ).all():
        last = tuple(found[-1][:2])
        sealed = [
            {"of": of, "at": at, "is_now": hmac.new(secret, plain.encode(), hashlib.sha256).hexdigest()}
            for of, at, plain in found
        ]
        bind.execute(
            rows.update()
            .where(a == sa.bindparam("of"), k == sa.bindparam("at"))
            .values({column: sa.bindparam("is_now")}),
            sealed,
        )


def downgrade() -> None:
    op.execute("DELETE FROM meta WHERE name = 'secret'")
    op.drop_index("cases_open", "cases")
    for name in ("given", "imported", "gone"):
        op.drop_column("records", name)
