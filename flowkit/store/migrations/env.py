"""Alembic's way in: runs the migrations on the connection, and inside the transaction, that `migrate` has opened."""

from __future__ import annotations

from alembic import context

from flowkit.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=False)
context.config.attributes["reach"]("migration")
context.run_migrations()
context.config.attributes["reach"]("before-migration-commit")
