"""What a step takes of what people have sent: from then on it belongs to that case, and is erased with whom it is about.

The bytes of an upload are sealed under a key of their own. That key stands in the open beside it, or sealed under the key of a
person, and then of another: so taking an upload touches its row, and never its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowkit.engine.case import Case, Event, Secret
from flowkit.engine.facts import Need
from flowkit.errors import RefusedError
from flowkit.runtime.rowtext import dump
from flowkit.runtime.view import Changes, View
from flowkit.store.shelf import new_key, seal, unseal
from flowkit.store.writing import Rows
from flowkit.values.files import UPLOAD_ID

VISITOR = "visitor:"
"How whoever has no identity yet begins; what follows is a digest of what he is known by."
MOST_NAMED = 1000
"How many uploads are looked for in what was typed."
DEEPEST = 10


def uploads_in(value: Any) -> set[str]:
    """The ids of uploads that a value names, stored or as typed."""
    found: set[str] = set()
    for id_ in _named(value, 0):
        if len(found) == MOST_NAMED:
            break
        found.add(id_)
    return found


def names_upload(value: Any, upload: str) -> bool:
    """Whether a value names that upload."""
    return any(id_ == upload for id_ in _named(value, 0))


def _named(value: Any, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        return
    if isinstance(value, Mapping):
        named = value.get("upload")
        if isinstance(named, str) and UPLOAD_ID.fullmatch(named):
            yield named
        for member in value.values():
            yield from _named(member, depth + 1)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _named(member, depth + 1)


def take_uploads(
    case: Case, events: Sequence[Event], secrets: Sequence[Secret], view: View, rows: Rows, changes: Changes
) -> None:
    """Bind what these events name to the case, as far as it belongs to none. Raises Need for a person whose key is lacking."""
    if not view.uploads:
        return
    about: dict[str, str] = {}
    for secret in secrets:
        about |= dict.fromkeys(uploads_in(secret.value), secret.subject)
    for event in events:
        about |= {id_: "" for id_ in uploads_in(event.data) if id_ not in about}
    for id_, subject in about.items():
        # What was not judged is none of this command's: it came from where it had been taken before.
        upload = view.uploads.get(id_)
        if upload is None or upload["case"]:
            continue
        whose = subject or (case.applicant if upload["by"].startswith(VISITOR) else "")
        upload = {**upload, "case": case.id, "kept": under(upload["kept"], whose, id_, view, rows, changes)}
        changes.uploads[id_] = upload
        rows.bind_uploads.append((case.id, body_of(upload), id_))


def body_of(upload: Mapping[str, Any]) -> str:
    """What stands in the row besides its columns."""
    return dump({name: value for name, value in upload.items() if name not in ("by", "case")})


def under(kept: Any, person: str, id_: str, view: View, rows: Rows, changes: Changes) -> Any:
    """The key of an upload sealed under that person's, whoever else's it is under; "" is nobody."""
    if not person or _is_under(kept, person):
        return kept
    if person not in view.persons and person not in changes.persons:
        raise Need(("person", person))
    key = changes.persons.get(person) or view.persons[person]
    if key is None:
        key = changes.persons[person] = new_key()
        rows.person_keys.append((person, key))
    return {"under": person, "sealed": seal(key, id_, kept)}


def _is_under(kept: Any, person: str) -> bool:
    return isinstance(kept, dict) and kept["under"] == person


def opened(kept: Any, id_: str, view: View) -> str | None:
    """The key of an upload's bytes; None when it was erased with a person."""
    while isinstance(kept, dict):
        view.fetch({"person": {kept["under"]}})
        key = view.persons[kept["under"]]
        if key is None:
            return None
        kept = unseal(key, id_, kept["sealed"])
    return str(kept)


def unknown_upload() -> RefusedError:
    """There is no such file, or none that the asking person may see: in the same words."""
    return RefusedError("unknown-upload", "没有这个文件,或者您看不到它")
