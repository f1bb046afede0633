"""Which definition judges a case: the one it began under, however the app's files have changed since."""

from __future__ import annotations

from collections.abc import Iterator

from flowkit.app.app import App
from flowkit.app.files import PINNED
from flowkit.app.load import link_pinned
from flowkit.diagnostics import Diagnostic, Findings, Place
from flowkit.engine.definition import Workflow
from flowkit.errors import DefinitionError, StoreError
from flowkit.runtime.rowtext import digest
from flowkit.store.database import Database
from flowkit.version import VERSION

MOST_TOLD = 3
"How many of the mistakes of a version that does not fit are told one by one."


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

    def in_use(self) -> list[tuple[str, str, int]]:
        """The versions with open cases: workflow, version, how many cases."""
        rows = self._database.connection().read(self._database.statements.versions_in_use)
        return [(name, version, count) for name, version, count in rows]

    def misfits(self) -> Iterator[tuple[str, int, str]]:
        """The versions with open cases that cannot go on: workflow, how many cases, why."""
        for name, version, count in self.in_use():
            try:
                self.of(name, version)
            except StoreError as failure:
                yield name, count, str(failure)

    def stranded(self) -> tuple[Diagnostic, ...]:
        """The same for the author who changed the app: what each version lacks, and what to do."""
        findings = Findings()
        for name, version, count in self.in_use():
            try:
                self.of(name, version)
            except StoreError as failure:
                cases = "1 open case" if count == 1 else f"{count} open cases"
                message = f'{cases} of "{name}" (version {version[:12]}) could not go on: {_lacking(failure)}'
                help = (
                    f'bring back what is missing until they have ended, or move them: flowkit migrate APP "{name}" '
                    "--by ACTOR; --allow-stranded opens the database all the same"
                )
                findings.error("stranded", self._place(name), message, help)
        return tuple(findings)

    def _place(self, workflow: str) -> Place:
        documents = self._app.source.documents
        found = documents["workflow"].get(workflow) or next(iter(documents["app"].values()))
        return found.place

    def mark(self) -> str:
        """What must have changed before the versions in use can have come to fit the app, or not to, since last asked."""
        source = self._app.source
        live = [
            [noun, n, d.text] for noun, all_ in source.documents.items() for n, d in all_.items() if noun not in PINNED
        ]
        tables = [[source.inside(file), name, text] for (file, name), text in sorted(source.tables.items())]
        return digest(
            [VERSION, live, tables, sorted(version for _, version, _ in self.in_use())], self._database.secret
        )


def _lacking(failure: StoreError) -> str:
    """The mistakes of that version in the app as it is; their places are those of its own text."""
    cause = failure.__cause__
    if not isinstance(cause, DefinitionError):
        return str(failure)
    messages = list(dict.fromkeys(d.message for d in cause.diagnostics if d.severity == "error"))
    more = f" and {len(messages) - MOST_TOLD} more" if len(messages) > MOST_TOLD else ""
    return "; ".join(messages[:MOST_TOLD]) + more
