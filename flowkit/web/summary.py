"""A case in two lines: what people call it on a list, when no view says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowkit.engine.definition import Workflow
from flowkit.fields.definition import Field
from flowkit.kit import FlowKit

NAMING = ("reference", "choice", "address", "plate", "text")
"Kinds of fields that tell cases apart, the likeliest first."


@dataclass(frozen=True, slots=True)
class Summary:
    title: str
    lines: tuple[str, ...] = ()
    flag: str = ""


def summary(kit: FlowKit, workflow: Workflow | None, values: Mapping[str, Any], number: str) -> Summary:
    """The first records a case points to name it; a choice and a text tell more; a card's band that calls for haste is its flag."""
    if workflow is None:
        return Summary(number)
    fields = workflow.fields
    pointed = {(f.entity, str(values[n])) for n, f in fields.items() if f.entity and isinstance(values.get(n), str)}
    labels = kit.labels(pointed)  # type: ignore[arg-type]
    told = [words for n, f in fields.items() if (words := _words(f, values.get(n), labels))]
    named = [words for n, f in fields.items() if f.entity and (words := _words(f, values.get(n), labels))]
    rest = [words for words in told if words not in named]
    title = " · ".join(named[:2]) or (rest.pop(0) if rest else number)
    return Summary(title, tuple(rest[:2]), _flag(workflow, values))


def _words(field: Field, value: Any, labels: Mapping[tuple[str, str], str]) -> str:
    if not isinstance(value, str) or field.type.name not in NAMING or field.personal:
        return ""
    words = labels.get((field.entity, value), value) if field.entity else value
    return words if len(words) <= 40 else words[:39] + "…"


def _flag(workflow: Workflow, values: Mapping[str, Any]) -> str:
    """The most a scorecard can say of a case, if that is what it said."""
    for card in workflow.scorecards:
        held = values.get(card.name)
        if isinstance(held, Mapping) and card.bands and held.get("band") == card.bands[0].name:
            hit = max((held.get("points") or {}).items(), key=lambda each: each[1], default=("", 0))[0]
            return f"{hit} {card.bands[0].title}".strip()
    return ""
