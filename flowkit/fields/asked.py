"""A field as somebody is asked for it at this moment: what the form's conditions say, given what was typed so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowkit.fields.definition import Field


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of a form that is being filled in.

    path  its name with those it stands in, rows counted from 1: `lines.2.quantity`
    value what was typed, else the value by default or computed; None where there is none
    offered
          whether what it can be is listed, whatever its type
    rows  of a field of rows, the fields of each row there is so far
    """

    field: Field
    path: str
    visible: bool = True
    readonly: bool = False
    required: bool = False
    value: Any = None
    offered: bool = False
    rows: tuple[tuple[Asked, ...], ...] = ()
