"""Which definition judges a case: the one it began under, however the app's files have changed since."""

from __future__ import annotations

from collections.abc import Iterator

from flowkit.app.app import App
from flowkit.app.load import link_pinned
from flowkit.engine.definition import Workflow
from flowkit.errors import DefinitionError, StoreError
from flowkit.store.database import Database


class Definitions:
    """Workflows by version; those that are no longer the app's are linked again from their stored text, once."""

    def __init__(self, app: App, database: Database) -> None:
        self._app, self._database = app, database
        self._pinned: dict[str, Workflow | DefinitionError] = {}

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
            found = self._pinned[version] = self._linked(rows[0][0])
        if isinstance(found, DefinitionError):
            raise StoreError(f"version {version[:12]} of workflow {name} no longer fits the app: {found}") from found
        return found

    def _linked(self, closure: str) -> Workflow | DefinitionError:
        """Linking takes long, so a failure is kept too: what does not fit this app will not fit it later."""
        try:
            return link_pinned(self._app, closure)
        except DefinitionError as failure:
            return failure

    def misfits(self) -> Iterator[tuple[str, int, str]]:
        """The versions with open cases that cannot go on: workflow, how many cases, why."""
        for name, version, count in self._database.connection().read(self._database.statements.versions_in_use):
            try:
                self.of(name, version)
            except StoreError as failure:
                yield name, count, str(failure)
