"""Why a case came back to where it was before: who sent it, by which action, and what he wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flowkit.kit import CaseView
from flowkit.runtime.names import Names
from flowkit.runtime.views import EventView


@dataclass(frozen=True, slots=True)
class SentBack:
    """`by` is an actor, `action` as its author called it, `words` what was written in its form."""

    by: str
    action: str
    words: str


def sent_back(case: CaseView, history: Sequence[EventView], names: Names) -> SentBack | None:
    """None where it has come on, or by itself."""
    entered = [number for number, event in enumerate(history) if event.kind == "entered"]
    been = {history[number].data["node"] for number in entered[:-1]}
    if case.ended or len(entered) < 2 or case.node not in been:
        return None
    step = history[entered[-2] : entered[-1]]
    acted = next((event for event in reversed(step) if event.kind == "acted"), None)
    if acted is None:
        return None
    written = []
    for event in step:
        if event.kind == "answered":
            name = event.data["name"]
            held, fields = case.values.get(name), names.answered(name)[1]
            texts = (n for n, field in fields.items() if field.type.name == "text" and not field.choices)
            written += [str(held[n]) for n in texts if isinstance(held, Mapping) and held.get(n)]
    return SentBack(acted.by, str(acted.data["title"]), "；".join(written))
