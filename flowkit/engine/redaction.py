"""What of a case's values somebody gets to see: fields hidden from his roles are left out, with their columns in rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowkit.engine.viewer import Viewer
from flowkit.fields.definition import Field

Fields = Sequence[Mapping[str, Field]]
"""What is known of the fields: those of the version that judges the case and those of now. Hidden in one is hidden."""


def visible(values: Mapping[str, Any], fields: Fields, viewer: Viewer) -> dict[str, Any]:
    """Values in stored form without those that are hidden from whoever looks; of others than fields nothing is hidden."""
    if viewer.actor is None:
        return dict(values)
    out: dict[str, Any] = {}
    for name, value in values.items():
        known = [each[name] for each in fields if name in each]
        if not any(viewer.hides(field) for field in known):
            out[name] = _inside(value, known, viewer)
    return out


def _inside(value: Any, known: Sequence[Field], viewer: Viewer) -> Any:
    columns = [field.of for field in known if field.of]
    if not columns or not isinstance(value, (list, tuple)):
        return value
    return [visible(row, columns, viewer) if isinstance(row, Mapping) else row for row in value]


def open_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without personal values: where many cases are shown at once, none of them is."""
    return {name: value for name, value in values.items() if not (isinstance(value, Mapping) and "personal" in value)}
