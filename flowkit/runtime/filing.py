"""Pages: filled in, made into PDF where that can be done, filed with their hash under the applicant's key.

What is filed may hold personal values, so it is kept like them, also under the key of each other person whose values are in
it: erasing any of them erases it, and its hash stays.
"""

from __future__ import annotations

import base64
import hashlib
import html
from typing import Any

from flowkit.app.app import App
from flowkit.clock import Clock
from flowkit.engine.redaction import references
from flowkit.prints.page import Rendered
from flowkit.prints.paper import file_page
from flowkit.runtime.outbox import Claimed, Settled
from flowkit.runtime.personal import filled_in
from flowkit.runtime.rowtext import micros, moment
from flowkit.runtime.view import View
from flowkit.runtime.views import FileView
from flowkit.store import schema
from flowkit.store.connection import Connection
from flowkit.store.database import Database
from flowkit.store.shelf import new_key, seal, unseal


class Filing:
    """Makes and files pages; gives them out again."""

    def __init__(self, app: App, database: Database, clock: Clock) -> None:
        self._app, self._database, self._clock = app, database, clock

    def perform(self, claimed: Claimed) -> Settled:
        body = claimed.body
        view = View(self._database.connection(), self._database.statements)
        view.fetch({"personal": set(references(body["content"])), "person": {body["subject"]}})
        content = filled_in(body["content"], view, html.escape if body["kind"] == "html" else str).encode()
        page = Rendered(body["kind"], content, hashlib.sha256(content).hexdigest())
        paper = file_page(page, self._app.folder, self._app.page_folder(body["name"]))
        key = view.persons[body["subject"]]
        now = micros(self._clock.now())

        def file(inside: Connection) -> None:
            statements, shelf_key = self._database.statements, key or new_key()
            if key is None:
                inside.write(statements.insert_new(schema.PERSON_KEYS), [(body["subject"], shelf_key)])
            kept = _under_others(base64.b64encode(paper.content).decode(), claimed, view)
            sealed = seal(shelf_key, claimed.key, {"value": kept, "salt": ""})
            inside.write(statements.insert_new(schema.PERSONAL), [(claimed.key, body["subject"], sealed, None)])
            row = (
                claimed.key,
                claimed.case,
                body["name"],
                body["title"],
                paper.kind,
                paper.sha256,
                len(paper.content),
                now,
                int(bool(references(body["content"]))),
            )
            inside.write(statements.insert_new(schema.FILES), [row])

        told = {
            "by": "system:print",
            "name": body["name"],
            "title": body["title"],
            "file": claimed.key,
            "sha256": paper.sha256,
            "kind": paper.kind,
            "notice": paper.notice,
        }
        return Settled("done", f"已存档 {body['title']} ({paper.kind})", reply=told, reply_kind="filed", also=file)

    def files(self, case: str) -> list[FileView]:
        """What is filed for a case, oldest first."""
        rows = self._database.connection().read(self._database.statements.files_of, case)
        return [FileView(i, n, t, k, s, size, moment(at)) for i, n, t, k, s, size, at in rows]

    def about(self, file: str) -> tuple[str, bool] | None:
        """The case that a page was filed for, and whether it holds personal values."""
        rows = self._database.connection().read(self._database.statements.file, file)
        return (rows[0][0], bool(rows[0][1])) if rows else None

    def content(self, file: str) -> bytes | None:
        """The bytes of a file; None when it was erased with a person it is about, or never was."""
        view = View(self._database.connection(), self._database.statements)
        view.fetch({"personal": {file}})
        kept = view.personal[file]
        while isinstance(kept, dict):
            view.fetch({"person": {kept["under"]}})
            key = view.persons[kept["under"]]
            kept = None if key is None else unseal(key, file, kept["sealed"])["value"]
        return None if kept is None else base64.b64decode(kept)


def _under_others(content: Any, claimed: Claimed, view: View) -> Any:
    """The content sealed once more for each person besides the page's own whose values are in it."""
    subjects = {view.subjects[ref] for ref in references(claimed.body["content"]) if ref in view.subjects}
    for person in sorted(subjects - {claimed.body["subject"]}):
        key = view.persons[person]
        assert key is not None, "a value that could be read has a key"
        content = {"under": person, "sealed": seal(key, claimed.key, {"value": content})}
    return content
