"""Files that people send: taken in before they belong to a case, given out to who may see where they stand, thrown away unused.

What a file is, `flowkit.uploads` tells; that a case takes one, `taking` writes down with the step.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flowkit.app.app import App
from flowkit.clock import Clock
from flowkit.errors import RefusedError
from flowkit.runtime.callers import refuse_actor
from flowkit.runtime.looks import Look, Looks
from flowkit.runtime.rowtext import dump, micros
from flowkit.runtime.taking import VISITOR, nobody, opened, unknown_upload
from flowkit.runtime.view import View
from flowkit.runtime.work import ALPHABET
from flowkit.runtime.writer import Writer
from flowkit.store import schema
from flowkit.store.connection import Connection, Row
from flowkit.store.database import Database
from flowkit.store.shelf import new_key, seal, seal_bytes, unseal_bytes
from flowkit.uploads.inspecting import MEGABYTE, Inspected, inspect
from flowkit.values.files import UPLOAD_ID
from flowkit.values.numbers import exact, store_number

UNUSED_FOR = timedelta(days=7)
"How long what no case has taken is kept."
MOST_UNUSED, MOST_UNUSED_BYTES = 50, 300 * MEGABYTE
"How much somebody may have sent that no case has taken yet."
MOST_OF_VISITORS, MOST_BYTES_OF_VISITORS = 5000, 4096 * MEGABYTE
"The same of all visitors together: whoever has no identity can come under many names."
AT_ONCE = 2
"How many files are looked into at once; who comes then waits."
WAITS = 20
"Seconds."
SWEEP_EVERY = timedelta(hours=1)

_TOKEN = re.compile(r"visitor:[A-Za-z0-9_-]{20,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class UploadView:
    """Something that was sent and is kept. `kind`: image, video, audio or file; `size` in bytes; `sha256` in hexadecimal.

    width, height  pixels of a picture, upright; None for all else
    seconds        how long a video or sound plays; None where it does not say
    """

    id: str
    name: str
    kind: str
    mime: str
    size: int
    width: int | None
    height: int | None
    seconds: Decimal | None
    sha256: str


@dataclass(frozen=True, slots=True)
class UploadContent:
    """The bytes of something that was sent, of which kind they are, and under which name they may be given out."""

    content: bytes
    mime: str
    name: str


class Uploads:
    """Takes files in, gives them out, throws unused ones away."""

    def __init__(self, app: App, database: Database, writer: Writer, clock: Clock, looks: Looks) -> None:
        self._app, self._database, self._writer, self._clock, self._looks = app, database, writer, clock, looks
        self._looked_into = threading.BoundedSemaphore(AT_ONCE)
        self._swept: datetime | None = None

    # --- taken in -----------------------------------------------------------------------------------------------------

    def take_in(self, content: bytes, name: str, by: str, accept: Collection[str]) -> UploadView:
        """Keep what somebody sent; RefusedError where it cannot be, in words that say what to do."""
        uploader = self.uploader(by)
        number = secrets.randbits(160)
        id_ = "u" + "".join(ALPHABET[number >> shift & 31] for shift in range(155, -1, -5))
        subject = self._subject(uploader) or nobody(id_)
        self._refuse_too_many(self._database.connection(), uploader, len(content))
        if not self._looked_into.acquire(timeout=WAITS):
            raise RefusedError("busy", "现在上传的人太多,请过一会儿再试")
        try:
            found = inspect(bytes(content), name, accept)
        finally:
            self._looked_into.release()
        key, parts = new_key(), {"content": found.content, "thumbnail": found.thumbnail}
        sealed = [(id_, part, seal_bytes(key, f"{id_}/{part}", held)) for part, held in parts.items() if held]
        self._writer.perform(lambda inside: self._keep(inside, id_, uploader, subject, key, found, sealed))
        shape = (found.width, found.height, found.seconds)
        return UploadView(id_, found.name, found.kind, found.mime, len(found.content), *shape, found.sha256)

    def _subject(self, uploader: str) -> str:
        """With whom it is erased, whatever becomes of it: the customer who sent it; "": with nobody so far.

        RefusedError `unknown-actor` for who is nobody.
        """
        if uploader.startswith(VISITOR):
            return ""

        def ask(look: Look) -> str:
            self._looks.must_be_known(look, uploader)
            return "" if uploader in look.staff.people.records else uploader

        return self._looks.looking(ask)

    def uploader(self, by: str) -> str:
        """Whose an upload is: a person, or a visitor by a digest of what only his browser knows."""
        entities = (self._app.staff_entity, self._app.customer_entity)
        if not by.startswith(VISITOR) or VISITOR[:-1] in entities:
            refuse_actor(by)
            return by
        if not _TOKEN.fullmatch(by):
            raise RefusedError("unknown-actor", "没有说是谁上传的")
        return VISITOR + hashlib.sha256(by.encode()).hexdigest()

    def _keep(
        self,
        inside: Connection,
        id_: str,
        uploader: str,
        subject: str,
        key: str,
        found: Inspected,
        sealed: Sequence[Row],
    ) -> None:
        size, statements, view = len(found.content), self._database.statements, View(inside, self._database.statements)
        self._refuse_too_many(inside, uploader, size)
        view.fetch({"person": {subject}})
        persons_key = view.persons[subject] or new_key()
        if view.persons[subject] is None:
            inside.write(statements.insert_new(schema.PERSON_KEYS), [(subject, persons_key)])
        inside.write(statements.insert(schema.PERSONAL), [(id_, subject, seal(persons_key, id_, {"value": key}), "")])
        row = (id_, uploader, micros(self._clock.now()), size, dump({**_told(found), "size": size}))
        inside.write(statements.insert(schema.UPLOADS), [row])
        inside.write(statements.insert(schema.UPLOAD_PARTS), sealed)

    def _refuse_too_many(self, connection: Connection, uploader: str, size: int) -> None:
        ((count, held),) = connection.read(self._database.statements.unused_of, uploader)
        if count >= MOST_UNUSED or held + size > MOST_UNUSED_BYTES:
            said = f"您已上传 {count} 个文件({held // MEGABYTE} MB)还没有提交,请先提交表单,或删去一些再上传"
            raise RefusedError("too-many-uploads", said)
        if uploader.startswith(VISITOR):
            ((count, held),) = connection.read(self._database.statements.unused_like, f"{VISITOR}%")
            if count >= MOST_OF_VISITORS or held + size > MOST_BYTES_OF_VISITORS:
                raise RefusedError("busy", "现在上传的人太多,请过一会儿再试")

    # --- given out ----------------------------------------------------------------------------------------------------

    def own(self, id_: str, by: str, part: str) -> UploadContent:
        """What somebody has sent and no case has taken. RefusedError `unknown-upload` for all else."""
        rows = self._rows(id_)
        if not rows or rows[0][:2] != (self.uploader(by), ""):
            raise unknown_upload()
        return self._content(id_, json.loads(rows[0][2]), part)

    def discard(self, id_: str, by: str) -> None:
        """Throw such a one away. RefusedError `unknown-upload` for all else."""
        uploader = self.uploader(by)

        def drop(inside: Connection) -> None:
            if not (rows := self._rows(id_, inside)) or rows[0][:2] != (uploader, ""):
                raise unknown_upload()
            self._drop(inside, [id_])

        self._writer.perform(drop)

    def content(self, id_: str, part: str) -> UploadContent:
        """What a case has taken under that id, whoever may see it. RefusedError `unknown-upload`, `erased`."""
        rows = self._rows(id_)
        if not rows or not rows[0][1]:
            raise unknown_upload()
        return self._content(id_, json.loads(rows[0][2]), part)

    def _rows(self, id_: str, inside: Connection | None = None) -> list[Any]:
        if not UPLOAD_ID.fullmatch(id_):
            return []
        return (inside or self._database.connection()).read(self._database.statements.upload, id_)

    def _content(self, id_: str, body: dict[str, Any], part: str) -> UploadContent:
        connection, statements = self._database.connection(), self._database.statements
        view = View(connection, statements)
        view.fetch({"personal": {id_}})
        key = opened(view.personal[id_], id_, view)
        if key is None:
            raise RefusedError("erased", "这个文件已随本人的信息一起删除")
        rows = connection.read(statements.upload_part, id_, part)
        if not rows:
            raise unknown_upload()
        mime = body["mime"] if part == "content" else "image/jpeg"
        return UploadContent(unseal_bytes(key, f"{id_}/{part}", rows[0][0]), mime, body["name"])

    # --- thrown away --------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Throw away what no case has taken in time; looks once an hour."""
        now = self._clock.now()
        if self._swept is not None and abs(now - self._swept) < SWEEP_EVERY:
            return
        self._swept, before = now, micros(now - UNUSED_FOR)
        asked = self._database.statements.unused_since

        def drop(inside: Connection) -> None:
            self._drop(inside, [id_ for (id_,) in inside.read(asked, before)])

        while self._database.connection().read(asked, before):
            self._writer.perform(drop)

    def _drop(self, inside: Connection, ids: list[str]) -> None:
        if not ids:
            return
        statements, rows = self._database.statements, [(id_,) for id_ in ids]
        for statement in (statements.drop_upload_parts, statements.drop_upload, statements.drop_personal):
            inside.write(statement, rows)
        inside.write(statements.drop_person, [(nobody(id_),) for id_ in ids])


def _told(found: Inspected) -> dict[str, Any]:
    """What was measured, in stored form; what does not apply is left out."""
    told = {n: getattr(found, n) for n in ("name", "kind", "mime", "width", "height", "sha256")}
    told["seconds"] = store_number(exact(found.seconds, "")) if found.seconds is not None else None
    return {name: value for name, value in told.items() if value is not None}
