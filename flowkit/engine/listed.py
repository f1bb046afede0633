"""What lists hold of a case besides where it is: which of its fields, and the bands of its scorecards. Knows no list, no database."""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.engine.definition import Workflow
from flowkit.fields.definition import Field

COMPARED = frozenset(
    {"text", "choice", "reference", "person", "role", "switch", "plate", "email", "phone", "address", "date"}
)
"""Types whose values are compared as texts; the others are numbers, moments, or several values."""


def listed_fields(workflow: Workflow) -> Mapping[str, Field]:
    """The fields that lists hold: the workflow's own, choices and references. A personal value stands in none."""
    own = workflow.own_fields.fields
    return {
        name: field
        for name, field in workflow.fields.items()
        if not field.personal and (name in own or field.choices is not None or field.entity is not None)
    }


def listed_bands(workflow: Workflow) -> tuple[str, ...]:
    """The names under which lists hold what totals mean: `urgency.band`. No field has a dot in its name."""
    return tuple(f"{card}.band" for card in workflow.cards)
