"""What a step takes of what people have sent: from then on it belongs to that case, and is erased with whom it is about.

The bytes of an upload are sealed under a key of their own, which is kept as a personal value is. So taking an upload writes one
row among those of personal values, and never touches its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowkit.engine.case import Case, Event, Secret
from flowkit.engine.facts import Need
from flowkit.errors import RefusedError
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
    """Bind what these events name to the case, as far as it belongs to none. Raises Need for a key that is lacking."""
    if not view.uploads:
        return
    about: dict[str, str] = {}
    for secret in secrets:
        about |= dict.fromkeys(uploads_in(secret.value), secret.subject)
    for event in events:
        about |= {id_: "" for id_ in uploads_in(event.data) if id_ not in about}
    for id_, person in about.items():
        # What was not judged is none of this command's: it came from where it had been taken before.
        upload = view.uploads.get(id_)
        if upload is None or upload["case"]:
            continue
        changes.uploads[id_] = {**upload, "case": case.id}
        whose = person or (case.applicant if upload["by"].startswith(VISITOR) else "")
        _rekey(case.id, id_, whose, view, rows, changes)


def _rekey(case: str, id_: str, person: str, view: View, rows: Rows, changes: Changes) -> None:
    """Put the key of an upload under that person's ("": as it is), and under the one it was under if that is somebody else."""
    lacking = [
        want for want in (("personal", id_), ("person", person)) if want[1] and not _at_hand(*want, view, changes)
    ]
    if lacking:
        raise Need(*lacking)
    kept, was = view.personal[id_], view.subjects.get(id_, nobody(id_))
    subject = person or was
    if subject != was and was != nobody(id_):
        kept = {"under": was, "sealed": seal(_key_of(was, view, rows, changes), id_, kept)}
    rows.personal.append((id_, subject, seal(_key_of(subject, view, rows, changes), id_, {"value": kept}), case))


def _at_hand(kind: str, want: str, view: View, changes: Changes) -> bool:
    return want in (view.personal if kind == "personal" else view.persons | changes.persons)


def _key_of(person: str, view: View, rows: Rows, changes: Changes) -> str:
    key = changes.persons.get(person) or view.persons[person]
    if key is None:
        key = changes.persons[person] = new_key()
        rows.person_keys.append((person, key))
    return key


def nobody(id_: str) -> str:
    """Under whose key an upload's is that is about nobody in particular: its own."""
    return f"upload:{id_}"


def opened(kept: Any, id_: str, view: View) -> str | None:
    """The key of an upload's bytes; None when it was erased with a person."""
    while isinstance(kept, dict):
        view.fetch({"person": {kept["under"]}})
        key = view.persons[kept["under"]]
        kept = None if key is None else unseal(key, id_, kept["sealed"])
    return kept if kept is None else str(kept)


def unknown_upload() -> RefusedError:
    """There is no such file, or none that the asking person may see: in the same words."""
    return RefusedError("unknown-upload", "没有这个文件,或者您看不到它")
