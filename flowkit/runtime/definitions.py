"""Which definition judges a case: the one it began under, however the app's files have changed since."""

from __future__ import annotations

from flowkit.app.app import App
from flowkit.app.load import link_pinned
from flowkit.engine.definition import Workflow
from flowkit.errors import DefinitionError, StoreError
from flowkit.store.database import Database


class Definitions:
    """Workflows by version; those that are no longer the app's are linked again from their stored text, once."""

    def __init__(self, app: App, database: Database) -> None:
        self._app, self._database = app, database
        self._pinned: dict[str, Workflow] = {}

    def of(self, name: str, version: str) -> Workflow:
        """Raises StoreError when the version is not known or no longer fits what is live now."""
        present = self._app.workflows.get(name)
        if present is not None and present.version == version:
            return present
        found = self._pinned.get(version)
        if found is None:
            rows = self._database.connection().read(self._database.statements.closure, version)
            if not rows:
                raise StoreError(f"version {version[:12]} of workflow {name} is not in the database")
            try:
                found = self._pinned[version] = link_pinned(self._app, rows[0][0])
            except DefinitionError as failure:
                raise StoreError(
                    f"version {version[:12]} of workflow {name} no longer fits the app: {failure}"
                ) from failure
        return found
