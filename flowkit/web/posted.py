"""What a form of ours sent, as the fields' raw values. Nothing is judged here: the engine reads what people typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.datastructures import FormData, UploadFile

from flowkit.errors import Problem, RefusedError
from flowkit.fields.definition import Field

MOST_ROWS = 200
_PREFIX = "f-"

ONLY_SHOWN = ("_more", "_drop", "_show", "_find", "_give")
"Buttons of a form that change what it shows and send nothing."

DRAWN = "signature.png"
"What a signature is called that was drawn, and no name typed with it."

Keep = Callable[[UploadFile, Sequence[str]], Mapping[str, Any]]
"""Keeps a file that came along, of the kinds that the field takes; gives what stands for it in a value."""

Kept = Callable[[str], "Mapping[str, Any] | None"]
"""A file that was kept before, by the id that the page has kept for it."""


class Posted:
    """Reads one form. `keep` and `kept` take care of its files; `problems` are those of files that are not taken."""

    def __init__(self, form: FormData, keep: Keep, kept: Kept) -> None:
        self._form, self._keep, self._kept = form, keep, kept
        self.problems: list[Problem] = []

    def values(self, fields: Iterable[Field], within: str = "") -> dict[str, Any]:
        """Raw values by field; a field whose control was not on the page is not among them."""
        found: dict[str, Any] = {}
        for made in fields:
            path = f"{within}{made.name}"
            value = self._value(made, path)
            if value is not None:
                found[made.name] = value
        return found

    def _value(self, made: Field, path: str) -> Any:
        name = _PREFIX + path
        kind = made.type.name
        if kind == "rows":
            return self._rows(made, path)
        if kind == "media":
            return self._media(path, made.accept)
        if kind == "switch":
            return None if f"{name}.there" not in self._form else name in self._form
        if kind == "signature":
            return self._signature(path)
        if kind in ("choices", "list"):
            return self._several(made, name)
        if kind == "location":
            return self._location(name)
        given = self._form.get(name)
        if not isinstance(given, str):
            return None
        # Lines come from browsers as \r\n.
        return given.replace("\r\n", "\n")

    def _several(self, made: Field, name: str) -> Any:
        texts = [text for text in self._form.getlist(name) if isinstance(text, str)]
        of = made.item or made
        if of.choices is None and of.entity is None and of.type.name not in ("person", "role"):
            texts = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
        found = [text for text in texts if text]
        # Nothing ticked where there is something to tick is an answer too.
        return found if found or f"{name}.there" in self._form or name in self._form else None

    def _location(self, name: str) -> Any:
        text, system = self._form.get(name), self._form.get(f"{name}.system")
        if not isinstance(text, str) or not text.strip():
            return None
        match = re.fullmatch(r"\s*([+-]?[\d.]+)\s*[,，]\s*([+-]?[\d.]+)\s*", text)
        if match is None or not isinstance(system, str) or not system:
            return text
        if self._form.get(f"{name}.at") not in (None, "", text):
            # The system is that of the position which the page showed. What is typed over it is in the app's own.
            return text
        accuracy = self._form.get(f"{name}.accuracy")
        point = {"latitude": match[1], "longitude": match[2], "system": system}
        return {**point, "accuracy": accuracy} if isinstance(accuracy, str) and accuracy else point

    def _media(self, path: str, accept: Sequence[str]) -> Any:
        name = _PREFIX + path
        dropped = set(self._form.getlist(f"{name}.drop"))
        kept = [
            self._kept(id_) for id_ in self._form.getlist(f"{name}.kept") if isinstance(id_, str) and id_ not in dropped
        ]
        fresh = [
            self._taken(path, file, accept)
            for file in self._form.getlist(name)
            if isinstance(file, UploadFile) and file.filename
        ]
        return [file for file in (*kept, *fresh) if file is not None] or None

    def _taken(self, path: str, file: UploadFile, accept: Sequence[str]) -> Mapping[str, Any] | None:
        """What stands for a file; None for one that is not taken, and says so at its field."""
        try:
            return self._keep(file, accept)
        except RefusedError as error:
            self.problems.append(Problem(path, error.code, error.message))
            return None

    def _signature(self, path: str) -> Any:
        name = _PREFIX + path
        typed, drawn = self._form.get(name), self._form.get(f"{name}.drawn")
        fresh = isinstance(drawn, UploadFile) and drawn.filename
        held = self._taken(path, drawn, ("image",)) if fresh else self._kept_signature(name)  # type: ignore[arg-type]
        if held is not None:
            return {**held, "name": typed if isinstance(typed, str) and typed else DRAWN}
        return typed if isinstance(typed, str) else None

    def _kept_signature(self, name: str) -> Mapping[str, Any] | None:
        """The one that was drawn before the form was shown again, unless it is to be drawn anew."""
        kept = self._form.get(f"{name}.kept")
        return self._kept(kept) if isinstance(kept, str) and kept != self._form.get(f"{name}.drop") else None

    def _rows(self, made: Field, path: str) -> Any:
        count = self._form.get(f"{_PREFIX}{path}.rows")
        if not isinstance(count, str) or not (count.isdecimal() and len(count) < 10):
            return None
        dropped = self._form.get("_drop")
        numbers = range(1, min(int(count), MOST_ROWS) + 1)
        left = [f"{path}.{number}" for number in numbers if dropped != f"{path}.{number}"]
        rows = list[dict[str, Any]]()
        for each in left:
            before = len(self.problems)
            row = self.values((made.of or {}).values(), f"{each}.")
            refused = self.problems[before:]
            if not self._sending or refused or any(v not in (None, "", []) for v in row.values()):
                rows.append(row)
                # Rows that are left out move those behind them up: a problem goes along with its row.
                at = f"{path}.{len(rows)}"
                self.problems[before:] = [replace(p, field=at + p.field.removeprefix(each)) for p in refused]
        if self._form.get("_more") == path:
            rows.append({})
        return rows

    @property
    def _sending(self) -> bool:
        """Whether this is meant to be done, not only to be shown with a row more or less."""
        return not any(name in self._form for name in ONLY_SHOWN)
